// A session runs a network: judged by the evaluator, which runs it without sessions.
#include "runtime/executor/session.hpp"

#include <set>

#include "graph/builder.hpp"
#include "tests/executor/judged.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"

namespace rw::test {
namespace {

using executor::Inputs;
using executor::Value;
using graph::Network;
using graph::TensorId;

TensorId id_of(const Network& network, const std::string& name) { return network.find(name).value(); }

const auto see_nothing = [](const Value&) { FAIL("nothing is watched"); };

std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

std::string open_error(const Network& network, executor::Options options = {}) {
  return message_of([&] { executor::open(network, std::move(options)); });
}

// y = Relu(Conv(x)) + c, beside it z = Abs(x).
struct Small {
  Small() {
    const auto x = net.input("x", {1, 3, 5, 5});
    net.output(
        net.add("y", net.relu("r", net.conv("a", x, 4)), net.constant("c", float_array({1, 4, 1, 1}, {1, 2, 3, 4}))));
    net.output(net.op("Abs", "z", {x}));
  }
  Net net;
};

}  // namespace

TEST_CASE("a session gives what the evaluator gives, for every watched tensor", "[executor]") {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(12U, 4U); ++seed) {
    INFO("seed " << seed);
    const Net net = random_net(seed, {.samples = 0});
    const Network network = net.network();
    executor::Options options;
    options.threads = unless_sanitized(1 + static_cast<unsigned>(seed % 2), 1U);  // OpenMP's are not instrumented
    for (TensorId id = 0; id < network.tensors().size(); ++id)
      if (network.tensor(id).constant == nullptr && seed % 3 != 0) options.watched.push_back(id);
    const std::size_t watched = options.watched.size();
    const auto session = executor::open(network, std::move(options));
    for (std::uint64_t sample = 0; sample < 2; ++sample) {  // what is kept from run to run is of no input
      const Arrays inputs = net.inputs(sample), right = evaluate(network, inputs);
      std::set<TensorId> seen;
      const auto watch = [&](const Value& value) {
        CHECK(seen.insert(value.tensor).second);
        const Array& expected = right.at(std::string(network.tensor(value.tensor).name));
        INFO(network.tensor(value.tensor).name);
        const Dims shape(value.shape.begin(), value.shape.end());
        if (expected.is_float())
          CHECK(difference(Array(shape, std::vector<float>(value.floats.begin(), value.floats.end())), expected) <=
                1e-5);
        else
          CHECK(identical(Array(shape, Dims(value.integers.begin(), value.integers.end())), expected));
      };
      const auto outputs = session->run(by_id(network, inputs), watch);
      CHECK(seen.size() == watched);
      REQUIRE(outputs.size() == network.outputs().size());
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        INFO(network.tensor(network.outputs()[i]).name);
        CHECK(difference(outputs[i], right.at(std::string(network.tensor(network.outputs()[i]).name))) <= 1e-5);
      }
    }
  }
}

TEST_CASE("what a watcher changes is what readers read, and nobody else", "[executor]") {
  const Small small;
  const Network network = small.net.network();
  for (const std::string changed : {"x", "a", "r"}) {
    INFO(changed);
    executor::Options options;
    options.watched = {id_of(network, changed)};
    const auto session = executor::open(network, std::move(options));
    const Arrays inputs = small.net.inputs(0);
    const Inputs given = by_id(network, inputs);
    const auto outputs = session->run(given, [](const Value& value) {
      for (float& each : value.floats) each = 2 * each - 0.5F;
    });
    const auto twice = [&](const graph::Tensor&, Array array) { return array; };
    Arrays right;
    if (changed == "x") {
      std::vector<float> x = inputs.at("x").floats();
      for (float& each : x) each = 2 * each - 0.5F;
      right = evaluate(network, {{"x", Array(inputs.at("x").shape(), x)}}, twice);
    } else {
      right = evaluate(network, inputs, [&](const graph::Tensor& tensor, Array array) {
        if (tensor.name != changed) return array;
        std::vector<float> values = array.floats();
        for (float& each : values) each = 2 * each - 0.5F;
        return Array(array.shape(), std::move(values));
      });
    }
    CHECK(difference(outputs[0], right.at("y")) <= 1e-5);
    CHECK(difference(outputs[1], right.at("z")) <= 1e-5);
    CHECK(identical(given.begin()->second, inputs.at("x")));  // what the caller gave stays
  }
}

TEST_CASE("a tensor is watched before anything reads it, and a view of it does not change it", "[executor]") {
  Net net;
  const auto x = net.input("x", {2, 6});
  const auto a = net.op("Abs", "a", {x});
  const auto v = net.op("Reshape", "v", {a, net.ints("shape", {3, 4})});
  net.output(net.op("Neg", "n", {v}));
  net.output(net.op("Neg", "m", {a}));
  const Network network = net.network();
  executor::Options options;
  options.watched = {id_of(network, "n"), id_of(network, "v"), id_of(network, "a")};
  std::vector<std::string> seen;
  const auto outputs =
      executor::open(network, std::move(options))->run(by_id(network, net.inputs(0)), [&](const Value& value) {
        seen.emplace_back(network.tensor(value.tensor).name);
        if (seen.back() == "v")
          for (float& each : value.floats) each = 7;
      });
  CHECK(seen == std::vector<std::string>{"a", "v", "n"});
  CHECK(outputs[0].floats() == std::vector<float>(12, -7));
  CHECK(difference(outputs[1], net.value("m")) == 0);
}

TEST_CASE("constants are replaced, also in front of other operators", "[executor]") {
  Net net;
  const auto x = net.input("x", {1, 4});
  const auto w = net.op("Transpose", "w", {net.constant("stored", float_array({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}))});
  net.output(net.op("MatMul", "y", {x, w}));
  const Network network = net.network();
  const Inputs inputs = {{id_of(network, "x"), float_array({1, 4}, {1, 1, 1, 1})}};
  executor::Options options;
  options.values = {{id_of(network, "stored"), float_array({2, 4}, {1, 1, 1, 1, 2, 2, 2, 2})}};
  const auto session = executor::open(network, std::move(options));
  for (int i = 0; i < 2; ++i) CHECK(session->run(inputs, see_nothing)[0].floats() == std::vector<float>{4, 8});
  CHECK(executor::open(network, {})->run(inputs, see_nothing)[0].floats() == std::vector<float>{10, 26});
  options = {};
  options.values = {{id_of(network, "x"), float_array({1, 4}, {1, 1, 1, 1})}};
  CHECK(open_error(network, std::move(options)) == "tensor 'x' is no constant, and cannot be given a value");
}

TEST_CASE("dimensions that are not known are bound by the data, run by run", "[executor]") {
  graph::NetworkBuilder builder;
  const TensorId x = builder.tensor("x"), y = builder.tensor("y"), z = builder.tensor("z");
  const std::vector<std::int64_t> dims = {-2, 3, -2, graph::kUnknown};
  builder.describe(x, graph::DType::float32, graph::Shape(builder.arena().store(std::span<const std::int64_t>(dims))));
  builder.add("Abs", "abs", std::vector{x}, std::vector{y}, {});
  builder.add("GlobalAveragePool", "mean", std::vector{y}, std::vector{z}, {});
  builder.input(x);
  builder.output(z);
  const Network network = builder.finish();
  const auto session = executor::open(network, {});
  for (const Dims& shape : {Dims{2, 3, 2, 5}, Dims{1, 3, 1, 4}, Dims{2, 3, 2, 5}}) {
    const Array ones(shape, std::vector<float>(count(shape), -1));
    CHECK(identical(session->run({{x, ones}}, see_nothing)[0],
                    Array({shape[0], 3, 1, 1}, std::vector<float>(static_cast<std::size_t>(3 * shape[0]), 1))));
  }
  const auto error = [&](Dims shape) {
    const Array zeros(shape, std::vector<float>(count(shape)));
    return message_of([&] { session->run({{x, zeros}}, see_nothing); });
  };
  CHECK(error({2, 3, 1, 5}) == "input 'x' is [?, 3, ?, ?], data of shape [2, 3, 1, 5] does not fit");
  CHECK(error({2, 4, 2, 5}) == "input 'x' is [?, 3, ?, ?], data of shape [2, 4, 2, 5] does not fit");
  CHECK(error({2, 3, 2}) == "input 'x' is [?, 3, ?, ?], data of shape [2, 3, 2] does not fit");
}

TEST_CASE("inputs that are missing or do not fit are named", "[executor]") {
  const Small small;
  const Network network = small.net.network();
  const auto session = executor::open(network, {});
  const auto error = [&](const Inputs& inputs) { return message_of([&] { session->run(inputs, see_nothing); }); };
  const TensorId x = id_of(network, "x");
  CHECK(error({}) == "input 'x' of the network has no value");
  CHECK(error({{x, Array({1, 3, 5, 5}, Dims(75, 1))}}) == "input 'x' is of type float32, and integers are given");
  CHECK(error({{id_of(network, "y"), float_array({1}, {1})}, {x, small.net.inputs(0).at("x")}}) ==
        "data is given for a tensor that is no input of the network");
  CHECK(error({{x, small.net.inputs(0).at("x")}}) == "no error");
}

TEST_CASE("an operator that cannot be run is named before anything runs, where it is needed", "[executor]") {
  for (const std::string type : {"If", "Loop", "my::Thing", "function::Abs"}) {
    graph::NetworkBuilder builder;
    const TensorId x = builder.tensor("x"), y = builder.tensor("y"), z = builder.tensor("z");
    builder.add("Abs", "first", std::vector{x}, std::vector{y}, {});
    builder.add(type, "second", std::vector{y}, std::vector{z}, {});
    builder.input(x);
    builder.output(y);
    const Network network = builder.finish();
    CHECK(open_error(network) == "no error");  // nobody asks for z
    executor::Options options;
    options.watched = {z};
    CHECK(open_error(network, std::move(options)) ==
          "operator 'second' (" + type +
              ") cannot be run by the engine; statistics can come from another runtime: calibrate --probe");
  }
}

TEST_CASE("an operator whose inputs do not fit is named when it runs", "[executor]") {
  graph::NetworkBuilder builder;
  const TensorId x = builder.tensor("x"), y = builder.tensor("y"), z = builder.tensor("z");
  builder.add("Add", "sum", std::vector{x, y}, std::vector{z}, {});
  builder.input(x);
  builder.input(y);
  builder.output(z);
  const Network network = builder.finish();
  const Inputs inputs = {{x, float_array({2}, {1, 2})}, {y, float_array({3}, {1, 2, 3})}};
  CHECK(message_of([&] { executor::open(network, {})->run(inputs, see_nothing); }) ==
        "operator 'sum' (Add): [2] and [3] do not broadcast");
}

TEST_CASE("shapes may follow from values, run by run", "[executor]") {
  Net net;
  const auto x = net.input("x", {8, 6}), to = net.input("to", {1}, graph::DType::int64);
  const auto part = net.op("Slice", "part", {x, net.ints("from", {0}), to});
  const auto all = net.concat("all", {net.relu("r", part), net.op("Neg", "n", {part}), x}, 0);
  net.output(net.op("Mul", "y", {all, net.op("Sigmoid", "s", {all})}));
  const Network network = net.network();
  const auto session = executor::open(network, {});
  for (const std::int64_t length : {3, 8, 1, 3, 0, 5, 5, 8}) {
    INFO(length);
    Arrays inputs = net.inputs(1);
    inputs["to"] = int_array({1}, {length});
    const Array right = evaluate(network, inputs).at("y");
    CHECK(right.dim(0) == 8 + 2 * length);
    CHECK(difference(session->run(by_id(network, inputs), see_nothing)[0], right) <= 1e-5);
  }
}

TEST_CASE("tensors without elements, without axes, and outputs of all kinds", "[executor]") {
  Net net;
  const auto x = net.input("x", {2, 3}), none = net.input("none", {0, 3}), one = net.input("one", {});
  const auto c = net.constant("c", float_array({2}, {1, 2}));
  net.output(net.relu("r", none));
  net.output(net.add("sum", none, net.constant("row", float_array({3}, {1, 2, 3}))));
  net.output(net.concat("k", {none, x}, 0));
  net.output(net.op("Mul", "m", {x, one}));
  net.output(net.relu("s", one));
  net.output(net.op("Identity", "same", {x}));
  net.output(net.op("Reshape", "flat", {x, net.ints("six", {6})}));
  net.output(net.op("Shape", "shape", {x}));
  net.output(x);
  net.output(c);
  net.output(x);
  const Network network = net.network();
  for (const bool watched : {false, true}) {
    const Judged result = judged(network, net.inputs(1), watched);
    INFO(result.where);
    CHECK(result.difference <= 1e-6);
    CHECK(result.compared >= 33);
  }
}

TEST_CASE("a session goes on after a run that failed", "[executor]") {
  graph::NetworkBuilder builder;
  const TensorId x = builder.tensor("x"), y = builder.tensor("y"), a = builder.tensor("a"), z = builder.tensor("z");
  builder.add("Exp", "exp", std::vector{x}, std::vector{a}, {});
  builder.add("Add", "sum", std::vector{a, y}, std::vector{z}, {});
  builder.input(x);
  builder.input(y);
  builder.output(z);
  const Network network = builder.finish();
  const auto session = executor::open(network, {});
  const auto run = [&](const Array& left, const Array& right) -> std::vector<float> {
    return session->run({{x, left}, {y, right}}, see_nothing)[0].floats();
  };
  CHECK(run(float_array({2}, {0, 0}), float_array({2}, {1, 2})) == std::vector<float>{2, 3});
  CHECK_THROWS_AS(run(float_array({2}, {0, 0}), float_array({3}, {1, 2, 3})), std::runtime_error);
  CHECK(run(float_array({2}, {0, 0}), float_array({2}, {1, 2})) == std::vector<float>{2, 3});
  CHECK(run(float_array({1}, {0}), float_array({2}, {1, 2})) == std::vector<float>{2, 3});
  struct Stop {};
  executor::Options options;
  options.watched = {a};
  const auto watching = executor::open(network, std::move(options));
  const executor::Inputs inputs = {{x, float_array({2}, {0, 0})}, {y, float_array({2}, {1, 2})}};
  CHECK_THROWS_AS(watching->run(inputs, [](const executor::Value&) { throw Stop(); }), Stop);
  CHECK(watching->run(inputs, [](const executor::Value&) {})[0].floats() == std::vector<float>{2, 3});
}

}  // namespace rw::test
