// The evaluator as a whole: order, boundary, errors, and that powers of two leave no trace.
#include "tests/support/judge.hpp"

#include "graph/builder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"

namespace rw::test {
namespace {

std::string message_of(const graph::Network& network, const Arrays& inputs) {
  try {
    evaluate(network, inputs);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

// Weight [out, in, kernel...] with output channel o multiplied by out[o] and input channel i by in[i].
Array scaled(const Array& weight, const std::vector<float>& out, const std::vector<float>& in) {
  std::vector<float> values = weight.floats();
  const std::size_t per_out = values.size() / out.size(), per_in = per_out / in.size();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= out[i / per_out] * in[i % per_out / per_in];
  return Array(weight.shape(), std::move(values));
}

}  // namespace

TEST_CASE("operators run when their inputs are there, whatever the order of the file", "[evaluate]") {
  graph::NetworkBuilder builder;
  const graph::TensorId x = builder.tensor("x"), y = builder.tensor("y"), z = builder.tensor("z");
  builder.add("Neg", "second", std::vector{y}, std::vector{z}, {});
  builder.add("Abs", "first", std::vector{x}, std::vector{y}, {});
  builder.input(x);
  builder.output(z);
  const graph::Network network = builder.finish();
  const Arrays values = evaluate(network, {{"x", float_array({2}, {-3, 4})}});
  CHECK(values.at("x").floats() == std::vector<float>{-3, 4});
  CHECK(values.at("y").floats() == std::vector<float>{3, 4});
  CHECK(values.at("z").floats() == std::vector<float>{-3, -4});
  CHECK(values.size() == 3);
}

TEST_CASE("a constant may be given another value", "[evaluate]") {
  Net net;
  const auto x = net.input("x", {1});
  net.output(net.add("y", x, net.constant("c", float_array({1}, {2}))));
  const graph::Network network = net.network();
  CHECK(evaluate(network, {{"x", float_array({1}, {1})}}).at("y").floats() == std::vector<float>{3});
  CHECK(evaluate(network, {{"x", float_array({1}, {1})}, {"c", float_array({1}, {5})}}).at("y").floats() ==
        std::vector<float>{6});
  CHECK(message_of(network, {{"x", float_array({1}, {1})}, {"y", float_array({1}, {5})}}) ==
        "tensor 'y' is neither input nor constant");
}

TEST_CASE("errors name the operator", "[evaluate]") {
  graph::NetworkBuilder builder;
  const graph::TensorId x = builder.tensor("x"), y = builder.tensor("y");
  builder.add("my::Thing", "thing", std::vector{x}, std::vector{y}, {});
  builder.input(x);
  builder.output(y);
  const graph::Network network = builder.finish();
  CHECK(message_of(network, {}) == "input 'x' of the network has no value");
  CHECK(message_of(network, {{"x", float_array({1}, {1})}}) ==
        "evaluate 'thing' (my::Thing): the evaluator does not know this operator");
}

TEST_CASE("channels scaled by powers of two come out bit by bit the same", "[evaluate]") {
  Net net(7);
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto a = net.relu("ra", net.conv("a", x, 4, {.spread = 3}));
  const auto pooled = net.average_pool("pool", net.op("LeakyRelu", "leaky", {a}), 3, 1);
  const auto lp = net.op("LpPool", "lp", {pooled}, {{"kernel_shape", {2, 2}}});
  net.output(net.conv("b", net.max_pool("max", lp, 2, 1), 5));
  const graph::Network network = net.network();
  const Arrays inputs = net.inputs(0), before = evaluate(network, inputs);

  const std::vector<float> s = {0.125, 1, 4, 1024}, inverse = {8, 1, 0.25, 1.0F / 1024};
  Arrays edited = inputs;
  edited["a.weight"] = scaled(net.value("a.weight"), s, {1, 1, 1});
  edited["a.bias"] = scaled(net.value("a.bias"), s, {1});
  edited["b.weight"] = scaled(net.value("b.weight"), {1, 1, 1, 1, 1}, inverse);
  const Arrays after = evaluate(network, edited);
  CHECK(identical(after.at("b"), before.at("b")));
  CHECK_FALSE(identical(after.at("pool"), before.at("pool")));

  SECTION("and a channel that is forgotten is seen at the output") {
    edited["b.weight"] = scaled(net.value("b.weight"), {1, 1, 1, 1, 1}, {8, 1, 1, 1.0F / 1024});
    CHECK(difference(evaluate(network, edited).at("b"), before.at("b")) > 1e-2);
  }
}

}  // namespace rw::test
