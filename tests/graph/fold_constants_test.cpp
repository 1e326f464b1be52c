// Constants behind operators that keep their values, against what the evaluator computes.
#include "graph/operators/fold_constants.hpp"

#include "graph/operators/infer.hpp"
#include "graph/values/elements.hpp"
#include "graph/values/scale.hpp"
#include "runtime/evaluator/literal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

Array random_array(Net& net, const Dims& shape) {
  std::vector<float> values(count(shape));
  for (float& value : values) value = static_cast<float>(net.random().uniform(-1, 1));
  return Array(shape, values);
}

struct Inferred {
  Model model;
  explicit Inferred(const Net& net) : model(net.model()) { infer_shapes(model.network, Forms(model.network)); }
  const Tensor& tensor(const std::string& name) const { return model.network.tensor(*model.network.find(name)); }
};

// Every element, and the elements that come out where each is scaled by 2.
void check_values(const Tensor& tensor, const Array& expected) {
  INFO(tensor.name);
  REQUIRE(tensor.constant);
  const Literal& literal = *tensor.constant;
  CHECK(Dims(literal.shape.dims().begin(), literal.shape.dims().end()) == expected.shape());
  REQUIRE(count(literal) == expected.count());
  const Edit twice{expected.shape(), expected.shape(), {{AxisMask(), {2.0}}}};
  const std::vector<std::byte> scaled = Scaler(literal, twice, "w").result();
  const Array doubled = read_literal({literal.dtype, literal.shape, scaled});
  for (std::size_t i = 0; i < expected.count(); ++i) {
    CHECK(element(literal, i) == expected.floats()[i]);
    CHECK(doubled.floats()[i] == 2 * expected.floats()[i]);
  }
}

}  // namespace

TEST_CASE("What keeps the values of a constant makes a constant of the same bytes") {
  Net n;
  const auto w = n.constant("w", random_array(n, {2, 3, 4}));
  const auto half = n.constant("half", random_array(n, {3, 2}), DType::float16);
  std::vector<std::string> results = {
      n.op("Identity", "identity", {w}),
      n.op("Reshape", "reshape", {w, n.ints("to", {4, -1})}),
      n.op("Flatten", "flatten", {w}, {{"axis", 2}}),
      n.op("Unsqueeze", "unsqueeze", {w, n.ints("axes", {0, -1})}),
      n.op("Transpose", "reverse", {w}),
      n.op("Transpose", "turn", {w}, {{"perm", {1, 2, 0}}}),
      n.op("Cast", "wide", {half}, {{"to", 1}}),
  };
  // Chains of them.
  results.push_back(n.op("Squeeze", "squeeze", {"unsqueeze", n.ints("first", {0})}));
  results.push_back(n.op("Transpose", "turn_twice", {"turn"}, {{"perm", {2, 1, 0}}}));
  results.push_back(n.op("Reshape", "turned_flat", {"turn", n.ints("flat", {-1})}));
  results.push_back(n.op("Cast", "same", {"turned_flat"}, {{"to", 1}}));
  results.push_back(n.op("Transpose", "wide_turn", {"wide"}));
  results.push_back(n.op("Identity", "wide_turn_again", {"wide_turn"}));
  n.output(n.op("Add", "y", {n.input("x", {2, 3, 4}), w}));
  const Inferred network(n);
  const std::byte* bytes = network.tensor("w").constant->bytes.data();
  for (const std::string& name : results) {
    check_values(network.tensor(name), n.value(name));
    if (name.find("wide") == std::string::npos) CHECK(network.tensor(name).constant->bytes.data() == bytes);
  }
}

TEST_CASE("What changes values, or is not known, makes no constant") {
  Net n;
  const auto w = n.constant("w", random_array(n, {2, 3}));
  n.op("Cast", "narrow", {w}, {{"to", 10}});
  n.op("Relu", "relu", {w});
  n.op("Transpose", "turn", {w});
  n.op("Reshape", "mixed", {"turn", n.ints("to", {2, 3})});
  n.op("Transpose", "mixed_turn", {"mixed"});  // its elements lie in no order of strides
  n.output(n.op("Add", "y", {n.input("x", {2, 3}), w}));
  const Inferred network(n);
  for (const char* name : {"narrow", "relu", "mixed_turn", "y"}) CHECK_FALSE(network.tensor(name).constant);
  check_values(network.tensor("mixed"), n.value("mixed"));
}
