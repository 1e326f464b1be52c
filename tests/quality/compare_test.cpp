// Comparing networks, against the evaluator.
#include "runtime/quality/compare.hpp"

#include <cmath>

#include "graph/base/error.hpp"
#include "tests/quality/samples.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// Two convolutions with channels in between that are scaled by these; and what the second adds to its outputs.
Net scaled(const std::vector<float>& scales, float more = 0) {
  Net n;
  const auto x = n.input("x", {1, 2, 2, 2});
  const std::vector<float> first = {1, 2, -1, 0.5F, 3, 1, 0.25F, -2}, second = {1, -1, 0.5F, 2};
  std::vector<float> w1, w2;
  for (std::size_t i = 0; i < first.size(); ++i) w1.push_back(first[i] * scales[i / 2]);
  for (std::size_t i = 0; i < second.size(); ++i) w2.push_back(second[i] / scales[i]);
  n.constant("w1", float_array({4, 2, 1, 1}, w1));
  n.constant("w2", float_array({1, 4, 1, 1}, w2));
  n.constant("b2", float_array({1}, {1 + more}));
  n.output(n.op("Conv", "y", {n.relu("r", n.op("Conv", "a", {x, "w1"})), "w2", "b2"}));
  return n;
}

quality::Comparison compared(const Net& one, const Net& two, bool layers = false) {
  const graph::Network a = network_of(one), b = network_of(two);
  Samples data(one, a, 3);
  return quality::compare({a, "a"}, {b, "b"}, data, {.layers = layers});
}

}  // namespace

TEST_CASE("A network is as far from another as the evaluator says") {
  const Net one = scaled({1, 1, 1, 1}), two = scaled({1, 1, 1, 1}, 0.25F);
  const quality::Comparison comparison = compared(one, two);
  CHECK(comparison.samples == 3);
  REQUIRE(comparison.outputs.size() == 1);
  double largest = 0, signal = 0;
  std::size_t count = 0;
  for (std::uint64_t sample = 0; sample < 3; ++sample)
    for (const float value : evaluate(one.network(), one.inputs(sample)).at("y").to_floats()) {
      largest = std::max<double>(largest, std::fabs(value));
      signal += static_cast<double>(value) * value;
      ++count;
    }
  const measures::Difference& difference = comparison.outputs[0].difference;
  CHECK(comparison.outputs[0].name == "y");
  CHECK(difference.count() == count);
  CHECK(difference.largest() == Approx(0.25));
  CHECK(comparison.relative() == Approx(0.25 / largest));
  CHECK(difference.decibels() == Approx(10 * std::log10(signal / (0.0625 * static_cast<double>(count)))));
  CHECK_FALSE(comparison.outputs[0].top_class);  // of pictures
  CHECK(comparison.layers.empty());
}

TEST_CASE("Scaled channels are no difference between layers, and networks part where one is") {
  const quality::Comparison same = compared(scaled({1, 1, 1, 1}), scaled({1, 4, 0.5F, 2}), true);
  CHECK(same.relative() == 0);  // powers of two
  REQUIRE(same.layers.size() == 3);
  CHECK(same.layers[0].tensor == "a");
  CHECK(same.layers[0].type == "Conv");
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(same.layers[i].least == Approx(0.5));
    CHECK(same.layers[i].most == Approx(4));
    CHECK(same.layers[i].decibels > 130);
    CHECK(same.layers[i].difference.largest() > 0.1);
  }
  CHECK(same.layers[2].least == Approx(1));
  CHECK(same.parting(1e-3) == nullptr);

  const quality::Comparison other = compared(scaled({1, 1, 1, 1}), scaled({1, 4, 0.5F, 2}, 0.25F), true);
  REQUIRE(other.parting(1e-3) != nullptr);
  CHECK(other.parting(1e-3)->op == "y");
  CHECK(other.parting(10) == nullptr);
}

TEST_CASE("Inputs and outputs correspond by name, or by their order") {
  const auto build = [](const char* first, const char* second, const char* output) {
    Net n;
    n.output(n.op("Sub", output, {n.input(first, {1, 2}), n.input(second, {1, 2})}));
    return n;
  };
  // The same names in another order: b - a is the other's a - b with the sign turned.
  Net turned;
  turned.input("b", {1, 2});
  turned.input("a", {1, 2});
  turned.output(turned.op("Sub", "y", {"a", "b"}));
  CHECK(compared(build("a", "b", "y"), turned).relative() == 0);
  CHECK(compared(build("a", "b", "y"), build("u", "v", "z")).relative() == 0);
  CHECK(compared(build("a", "b", "y"), build("b", "a", "y")).relative() > 0.5);
}

TEST_CASE("Networks that do not correspond are told apart by file and place") {
  const auto error = [](const Net& one, const Net& two) -> std::string {
    try {
      compared(one, two);
    } catch (const graph::Error& wrong) {
      return wrong.what();
    }
    return {};
  };
  Net wide, tall, two_inputs, two_outputs, integers;
  wide.output(wide.relu("y", wide.input("x", {1, 2})));
  tall.output(tall.op("Transpose", "y", {tall.input("x", {1, 2})}));
  two_inputs.output(two_inputs.add("y", two_inputs.input("x", {1, 2}), two_inputs.input("z", {1, 2})));
  two_outputs.output(two_outputs.relu("y", two_outputs.input("x", {1, 2})));
  two_outputs.output("x");
  integers.output(integers.op("ArgMax", "y", {integers.input("x", {1, 2})}));
  CHECK(error(wide, two_inputs) == "b: has 2 inputs, where a has 1");
  CHECK(error(wide, two_outputs) == "b: has 2 outputs, where a has 1");
  CHECK(error(wide, tall) == "b: output 'y': gives floats of shape [2, 1], not floats of shape [1, 2]");
  CHECK(error(wide, integers).find("gives integers of shape") != std::string::npos);
}
