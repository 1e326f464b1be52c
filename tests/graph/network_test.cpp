// The network: linking, order, names, and the mistakes that building one can meet.
#include <functional>

#include "graph/base/error.hpp"
#include "graph/builder.hpp"
#include "graph/operators/channel_axes.hpp"
#include "graph/operators/infer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"

using namespace rw::graph;

namespace {

std::string message(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

struct Draft {
  NetworkBuilder builder;
  TensorId t(const char* name) { return builder.tensor(name); }
  OperatorId op(const char* type, const char* name, std::vector<TensorId> in, std::vector<TensorId> out) {
    return builder.add(type, name, in, out, {});
  }
};

}  // namespace

TEST_CASE("Consumers are those of the file, in its order, and an unsorted file is sorted") {
  Draft d;
  d.builder.input(d.t("x"));
  d.op("Add", "last", {d.t("a"), d.t("a")}, {d.t("y")});
  d.op("Relu", "first", {d.t("x")}, {d.t("a")});
  d.builder.output(d.t("y"));
  const Network network = d.builder.finish();
  const auto uses = network.consumers(*network.find("a"));
  REQUIRE(uses.size() == 2);
  CHECK(uses[0].op == 0);
  CHECK(uses[0].slot == 0);
  CHECK(uses[1].slot == 1);
  CHECK(network.consumers(*network.find("y")).empty());
  REQUIRE(network.order().size() == 2);
  CHECK(network.op(network.order()[0]).name == "first");
}

TEST_CASE("Nodes without a name, and with one used before, are called after their place") {
  Draft d;
  d.builder.input(d.t("x"));
  d.op("Relu", "", {d.t("x")}, {d.t("a")});
  d.op("Relu", "Relu_3", {d.t("a")}, {d.t("b")});
  d.op("Relu", "Relu_3", {d.t("b")}, {d.t("c")});
  d.op("Relu", "", {d.t("c")}, {d.t("d")});
  const Network network = d.builder.finish();
  CHECK(network.op(0).name == "Relu_0");
  CHECK(network.op(1).name == "Relu_3");
  CHECK(network.op(2).name == "Relu_2");
  CHECK(network.op(3).name == "Relu_3_2");
}

TEST_CASE("Mistakes name the node or tensor") {
  CHECK(message([] {
          Draft d;
          d.op("Relu", "r", {d.t("x")}, {d.t("y")});
          d.builder.finish();
        }) == "node 'r': nothing produces its input 'x': no node, no input of the network, no constant");
  CHECK(message([] {
          Draft d;
          d.builder.input(d.t("x"));
          d.op("Relu", "r", {d.t("x")}, {d.t("y")});
          d.op("Relu", "s", {d.t("x")}, {d.t("y")});
        }) == "node 's': its output 'y' is also an output of node 'r': a tensor has one producer");
  CHECK(message([] {
          Draft d;
          d.builder.input(d.t("x"));
          d.op("Relu", "r", {d.t("x")}, {d.t("x")});
        }) == "node 'r': its output 'x' is an input of the network already: a tensor has one producer");
  CHECK(message([] {
          Draft d;
          d.builder.output(d.t("y"));
          d.builder.finish();
        }) == "output 'y': nothing produces this output of the network");
  CHECK(message([] {
          Draft d;
          d.op("Relu", "r", {d.t("b")}, {d.t("a")});
          d.op("Abs", "s", {d.t("a")}, {d.t("b")});
          d.builder.finish();
        }) == "nodes: they form a cycle: 'r' -> 's' -> 'r'");
}

TEST_CASE("Shapes are those that the evaluator computes") {
  using namespace rw::test;
  Net n;
  const auto x = n.input("x", {2, 6, 9, 8});
  const auto a = n.conv("a", x, 4, {.stride = 2, .dilation = 2});
  const auto t = n.conv_transpose("t", a, 4);
  const auto p = n.op("AveragePool", "p", {t},
                      {{"kernel_shape", {3, 2}}, {"strides", {2, 2}}, {"pads", {1, 0, 1, 1}}, {"ceil_mode", 1}});
  n.op("MaxPool", "same", {t}, {{"kernel_shape", {3, 3}}, {"strides", {2, 2}}, {"auto_pad", "SAME_UPPER"}});
  const auto m = n.op("ReduceMean", "m", {p}, {{"axes", {2, -1}}, {"keepdims", 0}});
  n.op("ReduceMax", "m1", {p}, {{"axes", {-1}}});
  n.output(n.gemm("g", m, 5));
  n.op("Flatten", "f", {p}, {{"axis", 1}});
  n.op("Transpose", "tr", {p}, {{"perm", {0, 2, 3, 1}}});
  n.op("Reshape", "rs", {p, n.ints("shape", {0, 2, -1})});
  n.op("Concat", "k", {t, t}, {{"axis", -1}});
  n.op("Add", "s", {t, n.constant("c", Array(Dims{4, 1, 1}, std::vector<float>{1, 2, 3, 4}))});
  n.op("Pad", "pad", {t, n.ints("pads", {0, 0, 1, 2, 0, 0, 3, 4})});
  Model model = n.model();
  const Forms forms(model.network);
  infer_shapes(model.network, forms);
  for (const NetNode& node : n.nodes()) {
    const auto id = model.network.find(node.outputs[0]);
    REQUIRE(id);
    const Shape& shape = model.network.tensor(*id).shape;
    INFO(node.name << " " << to_string(shape));
    CHECK(Dims(shape.dims().begin(), shape.dims().end()) == n.shape(node.outputs[0]));
  }
}

TEST_CASE("A window that an operator does not say slides nowhere") {
  const std::vector<std::int64_t> dims = {2, 3};
  for (const char* op : {"MaxPool", "MaxUnpool"}) {
    Draft d;
    d.builder.input(d.t("x"));
    d.builder.describe(d.t("x"), DType::float32, Shape(dims));
    d.op(op, "u", {d.t("x")}, {d.t("y")});
    Network network = d.builder.finish();
    infer_shapes(network, Forms(network));
    CHECK_FALSE(network.tensor(*network.find("y")).shape.known());
  }
}

TEST_CASE("Channel axes: anchors, carried through views, disagreement") {
  using namespace rw::test;
  Net n;
  const auto x = n.input("x", {1, 3, 4, 5});
  const auto a = n.conv("a", x, 6);
  const auto tr = n.op("Transpose", "tr", {a}, {{"perm", {0, 2, 3, 1}}});
  const auto flat = n.op("Reshape", "flat", {tr, n.ints("s1", {1, 20, 6})});
  n.output(n.matmul("mm", flat, 4));
  n.output(n.gemm("g", n.op("Flatten", "f", {n.relu("r", a)}), 3));
  // The last axis of the picture as channels: a quarrel with the convolution.
  n.output(n.matmul("wide", n.op("Abs", "quarrel", {n.conv("b", x, 6)}), 2));
  Model model = n.model();
  const Forms forms(model.network);
  infer_shapes(model.network, forms);
  const ChannelAxes channels = infer_channel_axes(model.network, forms);
  const auto id = [&](const char* name) { return *model.network.find(name); };
  CHECK(channels.axes(id("a")) == AxisMask::single(1));
  CHECK(channels.axes(id("tr")) == AxisMask::single(3));
  CHECK(channels.axes(id("flat")) == AxisMask::single(2));
  CHECK(channels.count(id("flat")) == 6);
  CHECK(channels.axes(id("f")) == AxisMask::single(1));
  CHECK(channels.count(id("f")) == 120);
  CHECK((channels.state(id("quarrel")) == AxisState::conflict || channels.state(id("b")) == AxisState::conflict));
}
