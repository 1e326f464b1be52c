// Operators that take each element for itself, worked by hand or from tables of the functions.
#include <cmath>
#include <limits>

#include "tests/support_test/operator.hpp"

namespace rw::test {
namespace {

struct UnaryCase {
  const char* type;
  float x, y;
  NetAttributes attributes = {};
};

}  // namespace

TEST_CASE("functions of one element", "[evaluate][elementwise]") {
  const std::vector<UnaryCase> cases = {
      {"Relu", -2, 0},
      {"Relu", 3, 3},
      {"LeakyRelu", -2, -0.02F},
      {"LeakyRelu", -2, -0.5F, {{"alpha", 0.25}}},
      {"Abs", -2, 2},
      {"Neg", 2, -2},
      {"Identity", -7, -7},
      {"Dropout", -7, -7},
      {"Sigmoid", 1, 0.731058579F},
      {"Tanh", 0.5F, 0.462117157F},
      {"HardSigmoid", 1, 0.7F},
      {"HardSigmoid", -3, 0},
      {"HardSigmoid", 1, 1, {{"alpha", 0.5}, {"beta", 0.75}}},
      {"HardSwish", 1, 0.666666667F},  // 1 * (1 / 6 + 1 / 2)
      {"HardSwish", -4, 0},
      {"HardSwish", 4, 4},
      {"Elu", -1, -0.632120559F},  // 1 / e - 1
      {"Elu", -1, -1.264241118F, {{"alpha", 2.0}}},
      {"Elu", 2, 2},
      {"ThresholdedRelu", 0.5F, 0},
      {"ThresholdedRelu", 1.5F, 1.5F},
      {"Exp", 1, 2.718281828F},
      {"Log", 10, 2.302585093F},
      {"Sqrt", 2, 1.414213562F},
      {"Reciprocal", 4, 0.25F},
      {"Erf", 0.5F, 0.520499878F},
      {"Gelu", 1, 0.841344746F},  // the normal distribution at 1
      {"Gelu", -1, -0.158655254F},
      {"Gelu", 1, 0.841191991F, {{"approximate", "tanh"}}},  // tanh(sqrt(2 / pi) * 1.044715) = 0.682383983
      {"Softplus", 0, 0.693147181F},
      {"Softplus", 100, 100},
      {"Softsign", -3, -0.75F},
      {"Mish", 1, 0.865098388F},  // tanh(log(1 + e)) = tanh(1.313261688)
      {"Sin", 1, 0.841470985F},
      {"Cos", 1, 0.540302306F},
      {"Floor", -1.5F, -2},
      {"Ceil", -1.5F, -1},
      {"Round", 2.5F, 2},  // to even
      {"Sign", -3, -1},
  };
  for (const UnaryCase& each : cases) {
    INFO(each.type << " of " << each.x);
    const Array y = run_one(each.type, {float_array({1}, {each.x})}, {each.attributes});
    CHECK(y.floats().at(0) == Approx(each.y).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("Clip takes its bounds as inputs or attributes, and either may be absent", "[evaluate][elementwise]") {
  const Array x = float_array({3}, {-5, 1, 9}), zero = float_array({}, {0}), six = float_array({}, {6}), none;
  check_equal(run_one("Clip", {x, zero, six}), float_array({3}, {0, 1, 6}));
  check_equal(run_one("Clip", {x, zero}), float_array({3}, {0, 1, 9}));
  check_equal(run_one("Clip", {x, none, six}), float_array({3}, {-5, 1, 6}));
  check_equal(run_one("Clip", {x}), x);
  check_equal(run_one("Clip", {x}, {{{"min", 0.0}, {"max", 6.0}}, 1, 6}), float_array({3}, {0, 1, 6}));
}

TEST_CASE("PRelu has a slope for each channel", "[evaluate][elementwise]") {
  const Array x = float_array({1, 2, 1, 2}, {-2, 2, -4, 4}), slope = float_array({2, 1, 1}, {0.5, 0.25});
  check_equal(run_one("PRelu", {x, slope}), float_array({1, 2, 1, 2}, {-1, 2, -1, 4}));
}

TEST_CASE("binary operators broadcast both ways", "[evaluate][elementwise]") {
  const Array column = float_array({2, 1}, {8, 4}), row = float_array({3}, {1, 2, 4});
  check_equal(run_one("Add", {column, row}), float_array({2, 3}, {9, 10, 12, 5, 6, 8}));
  check_equal(run_one("Sub", {column, row}), float_array({2, 3}, {7, 6, 4, 3, 2, 0}));
  check_equal(run_one("Mul", {column, row}), float_array({2, 3}, {8, 16, 32, 4, 8, 16}));
  check_equal(run_one("Div", {column, row}), float_array({2, 3}, {8, 4, 2, 4, 2, 1}));
  check_equal(run_one("Pow", {row, float_array({1}, {2})}), float_array({3}, {1, 4, 16}));
  CHECK_THROWS_AS(run_one("Add", {counting({2}), row}), std::runtime_error);
  CHECK_THROWS_AS(run_one("Add", {int_array({1}, {1}), row}), std::runtime_error);
}

TEST_CASE("integers stay integers", "[evaluate][elementwise]") {
  const Array a = int_array({3}, {7, -7, 3});
  check_equal(run_one("Div", {a, int_array({1}, {2})}), int_array({3}, {3, -3, 1}));  // towards zero
  check_equal(run_one("Mul", {a, a}), int_array({3}, {49, 49, 9}));
  const std::int64_t most = std::numeric_limits<std::int64_t>::max(), least = std::numeric_limits<std::int64_t>::min();
  check_equal(run_one("Add", {int_array({1}, {most}), int_array({1}, {1})}), int_array({1}, {least}));
  CHECK_THROWS_AS(run_one("Div", {a, int_array({1}, {0})}), std::runtime_error);
}

TEST_CASE("operators with any number of inputs fold them", "[evaluate][elementwise]") {
  const Array a = float_array({2}, {1, 8}), b = float_array({2}, {5, 2}), c = float_array({1}, {3});
  check_equal(run_one("Sum", {a, b, c}), float_array({2}, {9, 13}));
  check_close(run_one("Mean", {a, b, c}), float_array({2}, {3, 4.33333333F}));
  check_equal(run_one("Max", {a, b, c}), float_array({2}, {5, 8}));
  check_equal(run_one("Min", {a, b, c}), float_array({2}, {1, 2}));
  check_equal(run_one("Sum", {a}), a);
}

TEST_CASE("comparisons give truths, and Where chooses by them", "[evaluate][elementwise]") {
  const Array a = float_array({3}, {1, 2, 3}), two = float_array({}, {2});
  check_equal(run_one("Less", {a, two}), int_array({3}, {1, 0, 0}));
  check_equal(run_one("Greater", {a, two}), int_array({3}, {0, 0, 1}));
  check_equal(run_one("Equal", {a, two}), int_array({3}, {0, 1, 0}));
  check_equal(run_one("LessOrEqual", {a, two}), int_array({3}, {1, 1, 0}));
  check_equal(run_one("GreaterOrEqual", {a, two}), int_array({3}, {0, 1, 1}));
  const Array t = int_array({2}, {1, 0}), u = int_array({2}, {1, 1});
  check_equal(run_one("And", {t, u}), int_array({2}, {1, 0}));
  check_equal(run_one("Or", {t, u}), int_array({2}, {1, 1}));
  check_equal(run_one("Not", {t}), int_array({2}, {0, 1}));
  check_equal(run_one("Where", {int_array({2, 1}, {1, 0}), a, two}), float_array({2, 3}, {1, 2, 3, 2, 2, 2}));
}

TEST_CASE("Cast rounds to the width it is told", "[evaluate][elementwise]") {
  constexpr int kFloat = 1, kInt8 = 3, kInt64 = 7, kBool = 9, kHalf = 10;
  // Halves between 1 and 2 lie 2^-10 apart: 1 + 2^-11 is halfway and goes to the even 1; 1 + 3 * 2^-11 goes up.
  const float step = std::ldexp(1.0F, -11);
  check_equal(run_one("Cast", {float_array({3}, {1 + step, 1 + 3 * step, 70000})}, {{{"to", kHalf}}}),
              float_array({3}, {1, 1 + 4 * step, std::numeric_limits<float>::infinity()}));
  check_equal(run_one("Cast", {float_array({3}, {-1.9F, 1.9F, 0})}, {{{"to", kInt64}}}), int_array({3}, {-1, 1, 0}));
  check_equal(run_one("Cast", {float_array({2}, {0.5, 0})}, {{{"to", kBool}}}), int_array({2}, {1, 0}));
  check_equal(run_one("Cast", {int_array({2}, {300, -1})}, {{{"to", kInt8}}}), int_array({2}, {44, -1}));
  check_equal(run_one("Cast", {int_array({1}, {3})}, {{{"to", kFloat}}}), float_array({1}, {3}));
}

TEST_CASE("QuantizeLinear rounds to even and keeps to the type of its zero point", "[evaluate]") {
  Net net;
  const auto x = net.input("x", {2, 4});
  const auto scales = net.constant("s", float_array({2}, {0.5F, 2}));
  const auto signed_zero = net.constant("z", int_array({2}, {0, 3}), graph::DType::int8);
  net.output(net.op("QuantizeLinear", "y", {x, scales, signed_zero}, {{"axis", 0}}));
  net.output(net.op("QuantizeLinear", "u", {x, net.constant("one", float_array({}, {1}))}));
  net.output(
      net.op("QuantizeLinear", "w", {x, net.constant("tiny", float_array({}, {0.001F}))}, {{"output_dtype", 5}}));
  const Arrays values =
      evaluate(net.network(), {{"x", float_array({2, 4}, {0.25F, 0.75F, -100, 100, 1, 3, 2.5F, -4})}});
  CHECK(values.at("y").ints() == std::vector<std::int64_t>{0, 2, -128, 127, 3, 5, 4, 1});
  CHECK(values.at("u").ints() == std::vector<std::int64_t>{0, 1, 0, 100, 1, 3, 2, 0});
  CHECK(values.at("w").ints() == std::vector<std::int64_t>{250, 750, -32768, 32767, 1000, 3000, 2500, -4000});
}

}  // namespace rw::test
