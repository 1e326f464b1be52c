#include "runtime/patterns/words.hpp"

#include <array>

namespace rw::runtime {
namespace {

using enum dsl::PatternKind;
using dsl::PatternKind;

constexpr std::array<PatternKind, 1> kNumeric = {numeric};
constexpr std::array<PatternKind, 2> kNumericAndList = {numeric, list};
constexpr std::array<PatternKind, 2> kNumericAndNumber = {numeric, number};
constexpr std::array<PatternKind, 2> kNumericAndText = {numeric, text};
constexpr std::array<PatternKind, 2> kNumberAndNumeric = {number, numeric};
constexpr std::array<PatternKind, 1> kText = {text};
constexpr std::array<PatternKind, 1> kTensor = {tensor};
constexpr std::array<PatternKind, 1> kAnything = {anything};
constexpr std::array<PatternKind, 2> kOperationAndNumeric = {operation, numeric};
constexpr std::array<PatternKind, 2> kNumericAndTensor = {numeric, tensor};
constexpr std::array<PatternKind, 1> kRest = {rest};
constexpr std::array<PatternKind, 1> kList = {list};
constexpr std::array<PatternKind, 1> kNumber = {number};
constexpr std::size_t kMostJoined = 64;  // arguments of concat

constexpr std::array kFunctions = std::to_array<dsl::PatternFunctionWord>({
    {"sqrt", kNumeric, 1, 1, numeric, "the square root, element by element"},
    {"abs", kNumeric, 1, 1, numeric, "the magnitude, element by element"},
    {"min", kNumeric, 2, 2, numeric, "the smaller one, element by element"},
    {"max", kNumeric, 2, 2, numeric, "the larger one, element by element"},
    {"pow", kNumeric, 2, 2, numeric, "the first to the power of the second, element by element"},
    {"exp2", kNumeric, 1, 1, numeric, "2 to this power, element by element"},
    {"log2", kNumeric, 1, 1, numeric, "the logarithm to the base 2, element by element"},
    {"exp", kNumeric, 1, 1, numeric, "e to this power, element by element"},
    {"log", kNumeric, 1, 1, numeric, "the natural logarithm, element by element"},
    {"floor", kNumeric, 1, 1, numeric, "rounded down, element by element"},
    {"ceil", kNumeric, 1, 1, numeric, "rounded up, element by element"},
    {"round", kNumeric, 1, 1, numeric, "rounded to the nearest, halves to even, element by element"},
    {"erf", kNumeric, 1, 1, numeric, "the error function, element by element"},
    {"tanh", kNumeric, 1, 1, numeric, "the hyperbolic tangent, element by element"},
    {"transpose", kNumericAndList, 2, 2, constant, "transpose(w, perm): w with its axes in this order"},
    {"reshape", kNumericAndList, 2, 2, constant, "reshape(w, shape): the elements of w in this shape"},
    {"concat", kNumberAndNumeric, 2, kMostJoined, constant, "concat(axis, a, b, ...): one behind the other along axis"},
    {"sum", kNumericAndNumber, 2, 2, constant, "sum(w, axis): the sum along an axis, which goes"},
    {"mean", kNumericAndNumber, 2, 2, constant, "mean(w, axis): the mean along an axis, which goes"},
    {"cast", kNumericAndText, 2, 2, constant, "cast(w, type): w in another element type"},
    {"wider", kText, 2, 2, condition, "wider(t, u): every value of type u is one of type t"},
    {"has", kTensor, 1, 1, condition, "has(w): the operand is there"},
    {"known", kAnything, 1, 1, condition, "known(x): the value can be told before the network runs"},
    {"per_output", kOperationAndNumeric, 2, 2, constant,
     "per_output(y, f): f, a value an output channel, laid along the weight of linear operator y"},
    {"per_input", kOperationAndNumeric, 2, 2, constant,
     "per_input(y, f): f, a value an input channel, laid along the weight of linear operator y"},
    {"channels", kNumericAndTensor, 2, 2, constant, "channels(f, y): f as one value for each channel of y"},
    {"length", kRest, 1, 1, number, "length(l): how many items a list has, or operands a name with ..."},
    {"product", kList, 1, 1, number, "product(l): the items of a list multiplied"},
    {"indices", kNumber, 1, 1, list, "indices(n): 0 to n - 1"},
    {"sorted", kList, 1, 1, list, "sorted(l): the items from the smallest to the largest"},
    {"stats", kTensor, 1, 1, condition, "stats(x): x has statistics"},
    {"reads", kTensor, 1, 1, number, "reads(x): how many operators read x"},
});

constexpr std::array kFields = std::to_array<dsl::PatternFieldWord>({
    {"rank", false, number, "how many axes it has"},
    {"shape", false, list, "its sizes, from the first axis to the last"},
    {"dtype", false, text, "its element type: float32, int64"},
    {"channels", false, number, "how many channels it has"},
    {"min", false, number, "its smallest value", true},
    {"max", false, number, "its largest value", true},
    {"mean", false, number, "the mean of its values", true},
    {"mean_square", false, number, "the mean of the squares of its values", true},
    {"name", true, text, "the name of the operator"},
    {"op", true, text, "what operator it is: Conv"},
    {"opset", true, number, "the operator set of the model that it is from"},
});

}  // namespace

std::span<const dsl::PatternFunctionWord> pattern_functions() { return kFunctions; }
std::span<const dsl::PatternFieldWord> pattern_fields() { return kFields; }

}  // namespace rw::runtime
