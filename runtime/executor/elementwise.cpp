// Operators that are steps behind others.
#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/executor/translate.hpp"

namespace rw::executor {
namespace {

using evaluator::Array;

constexpr float kLargest = std::numeric_limits<float>::max();

using Steps = std::optional<std::vector<PostOp>>;

struct UnaryRow {
  std::string_view type;
  Steps (*of)(const Site& site);
};

template <Step step>
Steps plain(const Site&) {
  return {{{step, 1, 0, {}}}};
}
template <Step step, int alpha, int beta = 0>
Steps with(const Site&) {
  return {{{step, static_cast<float>(alpha), static_cast<float>(beta), {}}}};
}

Steps clip(const Site& site) {
  for (const std::size_t slot : {1U, 2U})
    if (site.has(slot) && site.constant(slot) == nullptr) return std::nullopt;
  const float low = site.call.number_or_input("min", 1).value_or(-kLargest);
  const float high = site.call.number_or_input("max", 2).value_or(kLargest);
  if (low == 0 && high == kLargest) return {{{Step::relu, 0, 0, {}}}};
  return {{{Step::clip, low, high, {}}}};
}

Steps gelu(const Site& site) {
  return {{{site.call.text("approximate", "none") == "tanh" ? Step::gelu_tanh : Step::gelu_erf, 0, 0, {}}}};
}

constexpr UnaryRow kUnary[] = {
    {"Relu", with<Step::relu, 0>},
    {"LeakyRelu",
     [](const Site& site) -> Steps {
       return {{{Step::relu, site.call.number("alpha", 0.01F), 0, {}}}};
     }},
    {"Clip", clip},
    {"Sigmoid", plain<Step::sigmoid>},
    {"Tanh", plain<Step::tanh>},
    {"Elu",
     [](const Site& site) -> Steps {
       return {{{Step::elu, site.call.number("alpha", 1), 0, {}}}};
     }},
    {"HardSigmoid",
     [](const Site& site) -> Steps {
       return {{{Step::linear, site.call.number("alpha", 0.2F), site.call.number("beta", 0.5F), {}},
                {Step::clip, 0, 1, {}}}};
     }},
    {"HardSwish", plain<Step::hardswish>},
    {"Mish", plain<Step::mish>},
    {"Softplus", plain<Step::softplus>},
    {"Gelu", gelu},
    {"com.microsoft::Gelu", gelu},
    {"com.microsoft::QuickGelu",
     [](const Site& site) -> Steps {
       return {{{Step::swish, site.call.number("alpha", 1.702F), 0, {}}}};
     }},
    {"Swish",
     [](const Site& site) -> Steps {
       return {{{Step::swish, site.call.number("alpha", 1), 0, {}}}};
     }},
    {"Exp", plain<Step::exp>},
    {"Sqrt", plain<Step::sqrt>},
    {"Abs", plain<Step::abs>},
    {"Neg", with<Step::linear, -1>},
};

struct BinaryRow {
  std::string_view type;
  Step step;
  bool swaps;  // a op b == b op a
};

constexpr BinaryRow kBinary[] = {
    {"Add", Step::add, true},     {"Sub", Step::subtract, false}, {"Mul", Step::multiply, true},
    {"Div", Step::divide, false}, {"Max", Step::larger, true},    {"Min", Step::smaller, true},
    {"Sum", Step::add, true},
};

// x op c and c op x for one number c.
Steps by_number(Step step, float c, bool left) {
  switch (step) {
    case Step::add:
      return {{{Step::linear, 1, c, {}}}};
    case Step::subtract:
      return left ? Steps{{{Step::linear, 1, -c, {}}}} : Steps{{{Step::linear, -1, c, {}}}};
    case Step::multiply:
      return {{{Step::linear, c, 0, {}}}};
    case Step::divide:
      if (left) return {{{Step::linear, 1 / c, 0, {}}}};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

Dims aligned(const Dims& shape, std::size_t rank) {
  Dims result(rank - std::min(rank, shape.size()), 1);
  result.insert(result.end(), shape.begin(), shape.end());
  return result;
}

// Whether `shape` broadcasts to `output` without making it larger.
bool spreads(const Dims& shape, const Dims& output) {
  if (shape.size() > output.size()) return false;
  const Dims full = aligned(shape, output.size());
  for (std::size_t axis = 0; axis < full.size(); ++axis)
    if (full[axis] != 1 && full[axis] != output[axis]) return false;
  return true;
}

std::optional<Behind> binary(const Site& site, const BinaryRow& row, std::size_t slot, const Dims& output) {
  if (site.op->inputs.size() != 2 || slot > 1 || !site.has(0) || !site.has(1)) return std::nullopt;
  const std::size_t other = 1 - slot;
  if (!site.is_float(other) || site.op->inputs[0] == site.op->inputs[1]) return std::nullopt;
  const Array* constant = site.constant(other);
  if (constant != nullptr && constant->count() == 1 && constant->rank() <= output.size()) {
    if (auto steps = by_number(row.step, constant->floats()[0], slot == 0)) return Behind{std::move(*steps), {}, {}};
  }
  if ((slot == 1 && !row.swaps) || !spreads(site.shape(other), output)) return std::nullopt;
  if (site.operands[other].format && site.shape(other).size() != output.size())
    return std::nullopt;  // a view in blocks
  Behind behind;
  behind.post.push_back({row.step, 0, 0, {aligned(site.shape(other), output.size()), site.operands[other].format}});
  behind.others.push_back({site.op->inputs[other], nullptr});
  return behind;
}

// x * factor + shift for each channel.
std::optional<Behind> batch_normalization(const Site& site, std::size_t slot, const Dims& output) {
  if (slot != 0 || site.call.outputs > 1 || output.size() < 2 || site.call.integer("training_mode", 0) != 0 ||
      site.call.integer("spatial", 1) != 1)
    return std::nullopt;
  const auto channels = static_cast<std::size_t>(output[1]);
  for (std::size_t i = 1; i < 5; ++i)
    if (site.constant(i) == nullptr || site.constant(i)->count() != channels) return std::nullopt;
  std::vector<float> factor(channels), shift(channels);
  const float epsilon = site.call.number("epsilon", 1e-5F);
  for (std::size_t c = 0; c < channels; ++c) {
    factor[c] = site.constant(1)->floats()[c] / std::sqrt(site.constant(4)->floats()[c] + epsilon);
    shift[c] = site.constant(2)->floats()[c] - site.constant(3)->floats()[c] * factor[c];
  }
  Dims shape(output.size(), 1);
  shape[1] = output[1];
  Behind behind;
  behind.post = {{Step::multiply, 0, 0, {shape, nullptr}}, {Step::add, 0, 0, {shape, nullptr}}};
  behind.others = {{graph::kNone, std::make_shared<const Array>(shape, std::move(factor))},
                   {graph::kNone, std::make_shared<const Array>(shape, std::move(shift))}};
  return behind;
}

std::optional<Behind> power(const Site& site, std::size_t slot) {
  const Array* exponent = slot == 0 && site.has(1) ? site.call.inputs[1] : nullptr;
  if (exponent == nullptr || exponent->count() != 1 || exponent->to_floats()[0] != 2) return std::nullopt;
  return Behind{{{Step::power, 1, 2, {}}}, {}, {}};
}

template <typename Row, std::size_t n>
const Row* find(const Row (&rows)[n], std::string_view type) {
  const auto row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& each) { return each.type == type; });
  return row == std::end(rows) ? nullptr : row;
}

}  // namespace

bool is_elementwise(std::string_view type) {
  return find(kUnary, type) != nullptr || find(kBinary, type) != nullptr || type == "BatchNormalization" ||
         type == "Pow";
}

std::optional<Behind> steps_behind(const Site& site, std::size_t slot, const Dims& output) {
  if (output.empty() || output.size() > 5 || std::count(output.begin(), output.end(), 0) > 0) return std::nullopt;
  if (const UnaryRow* row = find(kUnary, site.call.type); row != nullptr && slot == 0) {
    auto steps = row->of(site);
    if (!steps) return std::nullopt;
    return Behind{std::move(*steps), {}, {}};
  }
  if (const BinaryRow* row = find(kBinary, site.call.type)) return binary(site, *row, slot, output);
  if (site.call.type == "BatchNormalization") return batch_normalization(site, slot, output);
  if (site.call.type == "Pow") return power(site, slot);
  return std::nullopt;
}

}  // namespace rw::executor
