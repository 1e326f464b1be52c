// Every operator of the table of laws: where its scale passes, the outputs stay the same bit by bit when every free
// class is scaled by a power of two of its own; where a condition fails, it blocks and says why.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/runtime/applied.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/everything.hpp"

using namespace rw::test;

namespace {

struct Case {
  const char* what;
  std::function<void(Net&)> build;  // from 'a', whose channels are looked at, to the outputs of the network
  const char* blocks = "";          // part of the reason; empty: the scale passes
  std::int64_t opset = 17;
};

const LayerOptions kUneven{.spread = 3};

// 'a' is a convolution with 4 channels on 6x6 pictures.
void picture(Net& net) { net.conv("a", net.input("x", {2, 3, 6, 6}), 4, kUneven); }
// 'a' is a projection of 5 tokens to 8 features.
void tokens(Net& net) { net.matmul("a", net.input("x", {2, 5, 6}), 8, kUneven); }

void end(Net& net, const std::string& tensor) {
  const std::size_t rank = net.shape(tensor).size();
  net.output(rank == 4   ? net.conv("last", tensor, 2, {.kernel = 1})
             : rank == 2 ? net.gemm("last", tensor, 2)
                         : net.matmul("last", tensor, 2));
}

std::string weights(Net& net, const std::string& name, Dims shape) {
  std::vector<float> values(count(shape));
  for (float& value : values) value = static_cast<float>(net.random().uniform(0.5, 4));
  return net.constant(name, Array(std::move(shape), std::move(values)));
}

std::string number(Net& net, const std::string& name, float value) {
  return net.constant(name, float_array({}, {value}));
}

Case op(const char* type, const NetAttributes& attributes = {}, const char* blocks = "") {
  return {type, [=](Net& net) { end(net, net.op(type, "f", {"a"}, attributes)); }, blocks};
}

// The operator on 'a' and on a second branch with other weights.
Case join(const char* type) {
  return {type, [=](Net& net) { end(net, net.op(type, "f", {"a", net.conv("b", "x", 4, kUneven)})); }};
}

// 'a' in a shape that only the run decides: zeros keep the dimensions that are there.
std::string of_unknown_shape(Net& net) {
  const auto to =
      net.op("Cast", "to", {net.input("n", {static_cast<std::int64_t>(net.shape("a").size())})}, {{"to", 7}});
  return net.op("Reshape", "unknown", {"a", to});
}

// The operator on 'a' and whole numbers.
Case with_ints(const char* what, const char* type, const std::vector<Dims>& lists, const NetAttributes& attributes = {},
               const char* blocks = "") {
  return {what,
          [=](Net& net) {
            std::vector<std::string> inputs = {"a"};
            for (std::size_t i = 0; i < lists.size(); ++i)
              inputs.push_back(lists[i].empty() ? "" : net.ints("ints" + std::to_string(i), lists[i]));
            end(net, net.op(type, "f", inputs, attributes));
          },
          blocks};
}

void check(const std::vector<Case>& cases, void (*start)(Net&)) {
  const std::string rules = scale_everything(kPowers);
  for (const Case& each : cases) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      Net net(seed, each.opset);
      start(net);
      each.build(net);
      rw::runtime::RunOptions options;
      options.exact = true;
      const Engine engine(net, rules, options);
      INFO(each.what << ", seed " << seed);
      CHECK(difference_of_functions(net, engine) == "");
      const auto scale = engine.scale("a");
      const bool scaled = std::any_of(scale.begin(), scale.end(), [](double value) { return value != 1; });
      CHECK(scaled == (each.blocks[0] == '\0'));
      if (scaled)
        CHECK(engine.reason("a") == "");
      else
        CHECK_THAT(engine.reason("a"), Catch::Matchers::Contains(each.blocks));
    }
  }
}

}  // namespace

TEST_CASE("linear: weights take up the scale of their input and give one to their output") {
  check(
      {
          {"Conv, strided and dilated",
           [](Net& net) { net.output(net.conv("c", "a", 3, {.stride = 2, .dilation = 2})); }},
          {"Conv, grouped and depthwise",
           [](Net& net) { net.output(net.conv("g", net.depthwise("d", "a", kUneven), 6, {.group = 2})); }},
          {"ConvTranspose, grouped",
           [](Net& net) {
             end(net, net.conv_transpose("t", "a", 6, {.group = 2, .kernel = 2, .stride = 2, .spread = 3}));
           }},
          {"FusedConv with Relu",
           [](Net& net) {
             end(net, net.op("com.microsoft::FusedConv", "f", {"a", weights(net, "w", {3, 4, 1, 1})},
                             {{"activation", "Relu"}, {"kernel_shape", {1, 1}}}));
           }},
          {"FusedConv with Sigmoid",
           [](Net& net) {
             net.output(net.op("com.microsoft::FusedConv", "f", {"a", weights(net, "w", {3, 4, 1, 1})},
                               {{"activation", "Sigmoid"}, {"kernel_shape", {1, 1}}}));
           },
           "its activation Sigmoid carries no scale"},
          {"FusedConv with a further summand",
           [](Net& net) {
             net.output(net.op("com.microsoft::FusedConv", "f",
                               {"a", weights(net, "w", {4, 4, 1, 1}), weights(net, "k", {4}), "a"},
                               {{"kernel_shape", {1, 1}}}));
           },
           "it adds a further input"},
          {"Conv with a computed weight",
           [](Net& net) {
             const auto w = net.op("Tanh", "w", {net.input("v", {3, 4, 1, 1})});
             net.output(net.op("Conv", "c", {"a", w}, {{"kernel_shape", {1, 1}}}));
           },
           "its weight 'w' is no constant"},
          {"Conv with a computed bias",
           [](Net& net) {
             const auto bias = net.op("Tanh", "k", {net.input("v", {3})});
             net.output(net.op("Conv", "c", {"a", weights(net, "w", {3, 4, 1, 1}), bias}, {{"kernel_shape", {1, 1}}}));
           },
           "its bias 'k' is no constant"},
          {"ConvTranspose with a computed weight",
           [](Net& net) {
             const auto w = net.op("Tanh", "w", {net.input("v", {4, 3, 2, 2})});
             net.output(net.op("ConvTranspose", "c", {"a", w}, {{"kernel_shape", {2, 2}}}));
           },
           "its weight 'w' is no constant"},
          {"Conv of a picture of unknown shape",
           [](Net& net) {
             net.output(net.op("Conv", "c", {of_unknown_shape(net), weights(net, "w", {3, 4, 1, 1})}));
           },
           "'unknown'"},
      },
      picture);
  check(
      {
          {"MatMul of two activations, summed over the channels",
           [](Net& net) {
             net.output(net.op("MatMul", "c", {"a", net.input("v", {2, 8, 3})}));
           },
           "leaks at MatMul"},
          {"Gemm with alpha and beta",
           [](Net& net) {
             const auto flat = net.op("Reshape", "flat", {"a", net.ints("to", {10, 8})});
             net.output(net.op("Gemm", "g", {flat, weights(net, "w", {8, 4}), weights(net, "k", {10, 1})},
                               {{"alpha", 0.5}, {"beta", 2.0}}));
           }},
          {"MatMul, constant on the right", [](Net& net) { net.output(net.matmul("c", "a", 3)); }},
          {"MatMul, batch of weights",
           [](Net& net) {
             net.output(net.op("MatMul", "c", {"a", weights(net, "w", {2, 8, 3})}));
           }},
          {"MatMul, constant on the left",
           [](Net& net) {
             const auto t = net.op("Transpose", "t", {"a"}, {{"perm", {0, 2, 1}}});
             const auto l = net.op("MatMul", "l", {weights(net, "w", {3, 8}), t});
             net.output(net.op("MatMul", "m", {weights(net, "v", {2, 3}), l}));
           }},
          {"Gemm",
           [](Net& net) {
             const auto flat = net.op("Reshape", "flat", {"a", net.ints("to", {10, 8})});
             net.output(net.gemm("h", net.gemm("g", flat, 6, kUneven), 2));
           }},
          {"Gemm with transA",
           [](Net& net) {
             const auto flat = net.op("Reshape", "flat", {"a", net.ints("to", {10, 8})});
             net.output(net.op("Gemm", "g", {flat, weights(net, "w", {10, 4})}, {{"transA", 1}}));
           },
           "transA = 1"},
      },
      tokens);
}

TEST_CASE("gather: a constant table offers a scale") {
  Net net;
  const auto ids = net.input("ids", {2, 5}, rw::graph::DType::int64);
  const auto e = net.op("Gather", "e", {weights(net, "table", {4, 6}), ids}, {{"axis", 0}});
  net.output(net.matmul("c", net.op("Add", "s", {e, weights(net, "positions", {5, 6})}), 3));
  rw::runtime::RunOptions options;
  options.exact = true;
  const Engine engine(
      net, "rule r { region r { parents Gather as p through Add children MatMul as c } do scale(p, pow2(p.weight)) }",
      options);
  CHECK(engine.rule_of("e") == "r");
  CHECK(engine.scale("e") != std::vector<double>(6, 1.0));
  CHECK(difference_of_functions(net, engine) == "");
}

TEST_CASE("gather: a table that is looked up along its channels, or holds whole numbers, offers nothing") {
  const auto looked_up = [](bool whole) {
    Net net;
    const auto ids = net.input("ids", {2, 4}, rw::graph::DType::int64);
    const auto table =
        whole ? net.constant("table", int_array({4, 6}, std::vector<std::int64_t>(24, 3)), rw::graph::DType::int64)
              : weights(net, "table", {6, 4});
    auto e = net.op("Gather", "e", {table, ids}, {{"axis", whole ? 0 : 1}});  // [2, 4, 6] or [6, 2, 4]
    if (whole) e = net.op("Cast", "f", {e}, {{"to", 1}});
    net.output(net.matmul("c", e, 3));
    const Engine engine(net, scale_everything(kPowers));
    CHECK(difference_of_functions(net, engine) == "");
    return engine.outcome().plan.empty();
  };
  CHECK(looked_up(false));
  CHECK(looked_up(true));
}

TEST_CASE("affine: constants per channel absorb and offer") {
  const auto constant = [](const char* type, const Dims& shape, bool left = false) {
    return Case{
        type, [=](Net& net) {
          const auto k = weights(net, "k", shape);
          end(net, net.op(type, "f", left ? std::vector<std::string>{k, "a"} : std::vector<std::string>{"a", k}));
        }};
  };
  check(
      {
          {"BatchNormalization", [](Net& net) { end(net, net.batch_norm("f", "a", 3)); }},
          constant("Mul", {}),
          constant("Mul", {4, 1, 1}),
          constant("Mul", {1, 4, 6, 6}, true),
          constant("Mul", {6, 6}),
          constant("Div", {}),
          constant("Div", {4, 1, 1}),
          constant("Div", {2, 4, 6, 6}),
          {"BatchNormalization with computed constants",
           [](Net& net) {
             const auto mean = net.op("Tanh", "m", {net.input("v", {4})});
             end(net, net.op("BatchNormalization", "f",
                             {"a", weights(net, "g", {4}), weights(net, "b", {4}), mean, weights(net, "s", {4})}));
           },
           "is no constant"},
          {"Mul by a constant that makes the picture deeper",
           [](Net& net) {
             const auto one = net.op("ReduceSum", "one", {"a", net.ints("on", {1})});
             end(net, net.op("Mul", "f", {one, weights(net, "k", {4, 1, 1})}));
           },
           "leaks at ReduceSum"},
          {"a constant divided by an activation",
           [](Net& net) {
             end(net, net.op("Div", "f", {number(net, "k", 2), net.op("Abs", "n", {"a"})}));
           },
           "it divides by an activation"},
      },
      picture);
}

TEST_CASE("pass: output = input") {
  check(
      {
          op("Relu"),
          op("LeakyRelu"),
          op("Abs"),
          op("Neg"),
          op("Identity"),
          op("Dropout"),
          {"PRelu, scalar slope",
           [](Net& net) {
             end(net, net.op("PRelu", "f", {"a", number(net, "k", 0.25F)}));
           }},
          {"PRelu, slope per channel",
           [](Net& net) {
             end(net, net.op("PRelu", "f", {"a", weights(net, "k", {4, 1, 1})}));
           }},
          {"PRelu, slope computed",
           [](Net& net) {
             end(net, net.op("PRelu", "f", {"a", net.op("Tanh", "slope", {net.conv("b", "x", 4)})}));
           }},
          {"PRelu, its own slope",
           [](Net& net) {
             end(net, net.op("PRelu", "f", {"a", "a"}));
           },
           "leaks at PRelu"},
          {"Clip(0, none)", [](Net& net) { end(net, net.clip("f", "a", 0.0F, std::nullopt)); }},
          {"Clip(none, 0)", [](Net& net) { end(net, net.clip("f", "a", std::nullopt, 0.0F)); }},
          {"Clip(0, 6)", [](Net& net) { end(net, net.clip("f", "a", 0.0F, 6.0F)); }, "it clips to 0..6"},
          {"Clip(-1, none)", [](Net& net) { end(net, net.clip("f", "a", -1.0F, std::nullopt)); },
           "it clips to -1..none"},
          {"Clip to computed bounds",
           [](Net& net) {
             end(net, net.op("Clip", "f", {"a", net.op("ReduceMin", "m", {net.input("y", {3})}, {{"keepdims", 0}})}));
           },
           "its bounds are no constants"},
          {"Clip(0, none) by attributes",
           [](Net& net) {
             end(net, net.op("Clip", "f", {"a"}, {{"min", 0.0}}));
           },
           "", 6},
          {"Clip(0, 6) by attributes",
           [](Net& net) {
             end(net, net.op("Clip", "f", {"a"}, {{"min", 0.0}, {"max", 6.0}}));
           },
           "it clips to 0..6", 6},
          {"LeakyRelu of an infinite slope",
           [](Net& net) {
             end(net, net.op("LeakyRelu", "f", {net.relu("r", "a")}, {{"alpha", INFINITY}}));
           },
           "its slope is not finite"},
          {"Dropout in training",
           [](Net& net) {
             const auto yes = net.constant("yes", int_array({}, {1}), rw::graph::DType::boolean);
             end(net, net.op("Dropout", "f", {"a", number(net, "ratio", 0.5F), yes}));
           },
           "it is in training mode"},
          op("Cast", {{"to", 1}}),
          {"Cast to a wider float",
           [](Net& net) {
             end(net, net.op("Cast", "g", {net.op("Cast", "f", {"a"}, {{"to", 11}})}, {{"to", 11}}));
           }},
          {"Cast to a narrower float",
           [](Net& net) {
             end(net, net.op("Cast", "g", {net.op("Cast", "f", {"a"}, {{"to", 10}})}, {{"to", 1}}));
           },
           "it casts float32 to the narrower float16"},
          {"Cast to whole numbers",
           [](Net& net) {
             end(net, net.op("Cast", "g", {net.op("Cast", "f", {"a"}, {{"to", 6}})}, {{"to", 1}}));
           },
           "it carries no real numbers"},
          op("MaxPool", {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}}),
          op("AveragePool", {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}),
          op("LpPool", {{"kernel_shape", {2, 2}}}),
          op("LpPool", {{"kernel_shape", {2, 2}}, {"p", 1}}),
          op("LpPool", {{"kernel_shape", {2, 2}}, {"p", 3}}, "p = 3: its root rounds differently"),
          op("GlobalLpPool", {{"p", 4}}, "p = 4: its root rounds differently"),
          op("GlobalMaxPool"),
          op("GlobalAveragePool"),
          op("GlobalLpPool"),
          op("ReduceMean", {{"axes", {2, 3}}}),
          op("ReduceMax", {{"axes", {2, 3}}, {"keepdims", 0}}),
          op("ReduceMin", {{"axes", {3}}}),
          op("ReduceL1", {{"axes", {2, 3}}}),
          op("ReduceL2", {{"axes", {-1, -2}}}),
          with_ints("ReduceSum", "ReduceSum", {{2, 3}}),
          op("ReduceMean", {{"axes", {1}}}, "do not come out one by one"),
          op("ReduceMax", {{"axes", {1, 2, 3}}}, "do not come out one by one"),
          op("ReduceMin", {{"axes", {1}}}, "do not come out one by one"),
          op("ReduceL1", {{"axes", {0, 1}}}, "do not come out one by one"),
          op("ReduceL2", {{"axes", {1}}}, "do not come out one by one"),
          with_ints("ReduceSum", "ReduceSum", {{1}}, {}, "do not come out one by one"),
          {"MaxPool of a picture of unknown shape",
           [](Net& net) {
             end(net, net.op("MaxPool", "f", {of_unknown_shape(net)}, {{"kernel_shape", {2, 2}}}));
           },
           "'unknown'"},
          {"MaxPool along the channels, which then share one scale",
           [](Net& net) {
             const auto last = net.op("Transpose", "t", {"a"}, {{"perm", {0, 2, 3, 1}}});
             const auto f = net.op("MaxPool", "f", {last}, {{"kernel_shape", {1, 2}}});
             end(net, net.op("Transpose", "u", {f}, {{"perm", {0, 3, 1, 2}}}));
           }},
          op("ReduceSumSquare", {{"axes", {2, 3}}}, "it carries no scale"),
          with_ints("Pad", "Pad", {{0, 0, 1, 0, 0, 0, 0, 1}}),
          with_ints("Pad, reflect", "Pad", {{0, 0, 1, 1, 0, 0, 1, 1}}, {{"mode", "reflect"}}),
          with_ints("Pad, edge", "Pad", {{0, 0, 1, 1, 0, 0, 1, 1}}, {{"mode", "edge"}}),
          with_ints("Pad that shifts channels", "Pad", {{0, 1, 0, 0, 0, -1, 0, 0}}, {}, "it pads the channel axis"),
          {"Pad with 1",
           [](Net& net) {
             end(net, net.op("Pad", "f", {"a", net.ints("p", {0, 0, 1, 1, 0, 0, 1, 1}), number(net, "v", 1)}));
           },
           "it pads with 1"},
          {"Resize",
           [](Net& net) {
             end(net, net.op("Resize", "f", {"a", "", net.constant("by", float_array({4}, {1, 1, 2, 2}))},
                             {{"mode", "linear"}}));
           }},
          {"Resize to a size",
           [](Net& net) {
             end(net, net.op("Resize", "f", {"a", "", "", net.ints("to", {2, 4, 9, 5})}));
           }},
          {"Resize of the channels",
           [](Net& net) {
             end(net, net.op("Resize", "f", {"a", "", net.constant("by", float_array({4}, {1, 1.2F, 2, 2}))},
                             {{"mode", "linear"}, {"coordinate_transformation_mode", "asymmetric"}}));
           },
           "it resizes the channel axis by 1.2"},
          {"Upsample",
           [](Net& net) {
             end(net, net.op("Upsample", "f", {"a", net.constant("by", float_array({4}, {1, 1, 2, 2}))}));
           },
           "", 9},
          {"Upsample of the channels",
           [](Net& net) {
             end(net, net.op("Upsample", "f", {"a", net.constant("by", float_array({4}, {1, 1.2F, 2, 2}))}));
           },
           "it resizes the channel axis by 1.2", 9},
          {"GridSample",
           [](Net& net) {
             end(net, net.op("GridSample", "f", {"a", net.input("grid", {2, 3, 4, 2})}));
           }},
          {"GridSample at computed places",
           [](Net& net) {
             const auto last =
                 net.op("Transpose", "t",
                        {net.op("Slice", "s", {"a", net.ints("from", {0}), net.ints("to", {2}), net.ints("on", {1})})},
                        {{"perm", {0, 2, 3, 1}}});
             end(net, net.op("GridSample", "f", {net.input("y", {2, 4, 6, 6}), last}));
           },
           "leaks at"},
          {"RoiAlign",
           [](Net& net) {
             const auto rois = net.constant("rois", float_array({2, 4}, {0, 0, 4, 4, 1, 1, 5, 3}));
             end(net, net.op("RoiAlign", "f", {"a", rois, net.ints("batch", {1, 0})},
                             {{"output_height", 2}, {"output_width", 3}, {"sampling_ratio", 2}}));
           }},
          {"MaxUnpool",
           [](Net& net) {
             const auto p = net.ops("MaxPool", "f", 2, {"a"}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}});
             end(net, net.op("MaxUnpool", "u", {p[0], p[1], net.ints("to", {2, 4, 6, 6})}, {{"kernel_shape", {2, 2}}}));
           }},
          op("Trilu"),
          with_ints("Trilu, lower", "Trilu", {{-1}}, {{"upper", 0}}),
          with_ints("CumSum", "CumSum", {{2}}, {{"reverse", 1}}),
          with_ints("CumSum over the channels", "CumSum", {{1}}, {}, "it sums up along the channel axis"),
          {"TopK of a row",
           [](Net& net) {
             end(net, net.ops("TopK", "f", 2, {"a", net.ints("k", {2})}, {{"axis", 3}})[0]);
           }},
          {"TopK of the channels",
           [](Net& net) {
             end(net, net.ops("TopK", "f", 2, {"a", net.ints("k", {4})}, {{"axis", 1}})[0]);
           },
           "it chooses along the channel axis"},
          {"GatherElements",
           [](Net& net) {
             const auto at =
                 net.constant("at", int_array({2, 4, 6, 1}, std::vector<std::int64_t>(48, 3)), rw::graph::DType::int64);
             end(net, net.op("GatherElements", "f", {"a", at}, {{"axis", 3}}));
           }},
          {"GatherElements of channels",
           [](Net& net) {
             const auto at = net.constant("at", int_array({2, 4, 6, 6}, std::vector<std::int64_t>(288, 3)),
                                          rw::graph::DType::int64);
             end(net, net.op("GatherElements", "f", {"a", at}, {{"axis", 1}}));
           },
           "it chooses along the channel axis"},
          with_ints("ReverseSequence", "ReverseSequence", {{2, 5}}, {{"time_axis", 3}, {"batch_axis", 0}}),
          with_ints("ReverseSequence of channels", "ReverseSequence", {{2, 3}}, {{"time_axis", 1}, {"batch_axis", 0}},
                    "it reverses along the channel axis"),
          op("Sigmoid", {}, "it carries no scale"),
          op("Tanh", {}, "it carries no scale"),
          op("Erf", {}, "it carries no scale"),
          op("Gelu", {}, "it carries no scale"),
          op("HardSwish", {}, "it carries no scale"),
          op("Softmax", {{"axis", 1}}, "it carries no scale"),
      },
      picture);
}

TEST_CASE("pass: without --exact a root of any power passes, but for rounding") {
  for (const char* type : {"LpPool", "GlobalLpPool"}) {
    Net net;
    picture(net);
    NetAttributes attributes = {{"p", 3}};
    if (type == std::string("LpPool")) attributes.push_back({"kernel_shape", {2, 2}});
    end(net, net.op(type, "f", {"a"}, attributes));
    const Engine engine(net, scale_everything(kPowers));
    INFO(type);
    CHECK(engine.scale("a") != std::vector<double>(4, 1.0));
    CHECK(difference_of_functions(net, engine, 1e-6) == "");
  }
}

TEST_CASE("block: what f(s x) = s f(x) does not hold for") {
  std::vector<Case> cases;
  for (const char* type :
       {"HardSigmoid", "Exp", "Sin", "Cos", "Elu", "Celu", "Selu", "Mish", "Softplus", "Softsign", "ThresholdedRelu",
        "com.microsoft::Gelu", "com.microsoft::QuickGelu", "Floor", "Ceil", "Round", "Sign", "LogSoftmax"})
    cases.push_back(op(type, {}, "it carries no scale"));
  cases.push_back({"Pow",
                   [](Net& net) {
                     end(net, net.op("Pow", "f", {"a", number(net, "k", 2)}));
                   },
                   "it carries no scale"});
  cases.push_back({"Mod",
                   [](Net& net) {
                     end(net, net.op("Mod", "f", {"a", number(net, "k", 2)}, {{"fmod", 1}}));
                   },
                   "it carries no scale"});
  check(cases, picture);
}

TEST_CASE("join: all operands have one scale") {
  check(
      {
          join("Add"),
          join("Sub"),
          join("Sum"),
          join("Mean"),
          join("Max"),
          join("Min"),
          {"Add of constants, scalar and per channel",
           [](Net& net) {
             end(net,
                 net.op("Sub", "g", {weights(net, "k", {4, 1, 1}), net.op("Add", "f", {"a", number(net, "h", 3)})}));
           }},
          {"Add of one value a picture",
           [](Net& net) {
             end(net, net.op("Add", "f", {"a", net.op("GlobalAveragePool", "p", {net.conv("b", "x", 4, kUneven)})}));
           }},
          {"Add of one channel to all",
           [](Net& net) {
             end(net, net.op("Add", "f", {"a", net.conv("b", "x", 1, kUneven)}));
           }},
          {"Where",
           [](Net& net) {
             const auto positive = net.op("Greater", "g", {"x", number(net, "zero", 0)});
             const auto some =
                 net.op("Slice", "s", {positive, net.ints("from", {0}), net.ints("to", {1}), net.ints("on", {1})});
             end(net, net.op("Where", "f", {some, "a", net.conv("b", "x", 4, kUneven)}));
           }},
          {"Add, Sub of constants of the full shape",
           [](Net& net) {
             end(net, net.op("Sub", "g",
                             {net.op("Add", "f", {"a", weights(net, "k", {1, 4, 6, 6})}), weights(net, "h", {6})}));
           }},
          {"Max with a constant",
           [](Net& net) {
             end(net, net.op("Max", "f", {"a", number(net, "k", -2)}));
           }},
          {"Min with a constant per channel",
           [](Net& net) {
             end(net, net.op("Min", "f", {weights(net, "k", {4, 1, 1}), "a"}));
           }},
          {"Where, one branch of which leaks",
           [](Net& net) {
             const auto some = net.op("Greater", "g", {net.input("y", {2, 1, 6, 6}), number(net, "zero", 0)});
             end(net, net.op("Where", "f", {some, "a", net.op("Tanh", "h", {net.conv("b", "x", 4)})}));
           },
           "leaks at Tanh"},
          {"Max with a Sigmoid",
           [](Net& net) {
             end(net, net.op("Max", "f", {"a", net.op("Sigmoid", "s", {net.conv("b", "x", 4)})}));
           },
           "leaks at Sigmoid"},
          {"Add of what has its channels elsewhere",
           [](Net& net) {
             const auto last = net.op("Transpose", "t", {net.conv("b", "x", 4, kUneven)}, {{"perm", {0, 2, 3, 1}}});
             end(net, net.op("Add", "f",
                             {"a", net.op("Slice", "s",
                                          {net.op("Reshape", "r", {last, net.ints("to", {2, 4, 6, 6})}),
                                           net.ints("u", {0}), net.ints("v", {4}), net.ints("w", {1})})}));
           }},
          {"Add of the network's input",
           [](Net& net) {
             end(net, net.op("Add", "f", {"a", net.input("y", {2, 4, 6, 6})}));
           },
           "'y' is an input of the network"},
      },
      picture);
}

TEST_CASE("concat, split, slice, gather: channels side by side or a choice of them") {
  check(
      {
          {"Concat",
           [](Net& net) {
             end(net, net.concat("f", {"a", net.conv("b", "x", 3, kUneven), "a"}));
           }},
          {"Concat with a constant off the channels",
           [](Net& net) {
             end(net, net.concat("f", {"a", weights(net, "k", {2, 4, 6, 1})}, 3));
           }},
          {"Concat with a constant beside the channels",
           [](Net& net) {
             end(net, net.concat("f", {"a", weights(net, "k", {2, 1, 6, 6})}));
           }},
          {"Concat with a constant beside the channels, which an addition ties to a layer's",
           [](Net& net) {
             const auto k = net.concat("f", {"a", weights(net, "w", {2, 2, 6, 6})});
             end(net, net.add("s", k, net.conv("b", "x", 6, kUneven)));
           }},
          {"Concat with a constant beside the channels, all that is left of a layer's",
           [](Net& net) {
             const auto k = net.concat("f", {weights(net, "w", {2, 2, 6, 6}), "a"});
             const auto s = net.add("s", k, net.conv("b", "x", 6, kUneven));
             end(net, net.op("Gather", "g", {s, net.ints("first", {0, 1})}, {{"axis", 1}}));
           }},
          {"Concat of what is not known",
           [](Net& net) {
             end(net, net.concat("f", {of_unknown_shape(net), net.conv("b", "x", 3, kUneven)}));
           },
           "'unknown'"},
          {"Split of what is not known",
           [](Net& net) {
             end(net, net.ops("Split", "f", 2, {of_unknown_shape(net)}, {{"axis", 1}})[0]);
           },
           "'unknown'"},
          {"Concat off the channels",
           [](Net& net) {
             end(net, net.concat("f", {"a", net.conv("b", "x", 4, kUneven)}, 3));
           }},
          {"Split",
           [](Net& net) {
             const auto parts = net.ops("Split", "f", 2, {"a", net.ints("sizes", {1, 3})}, {{"axis", 1}});
             end(net, net.concat("k", {parts[1], net.relu("r", parts[0])}));
           }},
          {"Split off the channels",
           [](Net& net) {
             const auto parts = net.ops("Split", "f", 2, {"a"}, {{"axis", 2}});
             end(net, net.add("s", parts[1], parts[0]));
           }},
          {"Split with one part that leaks",
           [](Net& net) {
             const auto parts = net.ops("Split", "f", 2, {"a"}, {{"axis", 1}});
             net.output(net.op("Sigmoid", "s", {parts[0]}));
             end(net, parts[1]);
           }},
          with_ints("Slice", "Slice", {{1}, {4}, {1}, {2}}),
          with_ints("Slice, backwards", "Slice", {{-1}, {-5}, {1}, {-1}}),
          with_ints("Slice off the channels", "Slice", {{0, 1}, {6, 100}, {2, -1}, {2, 1}}),
          {"Slice by a computed start",
           [](Net& net) {
             const auto from = net.op("Cast", "from", {net.input("n", {1})}, {{"to", 7}});
             net.op("Slice", "f", {"a", from, net.ints("to", {4}), net.ints("on", {1})});
             net.output(net.op("ReduceMax", "m", {"f"}, {{"axes", {1, 2, 3}}}));
           },
           "the number of its channels is not known"},
          with_ints("Gather", "Gather", {{2, 0, -1, 2}}, {{"axis", 1}}),
          with_ints("Gather of rows", "Gather", {{2, 0}}, {{"axis", 2}}),
          {"Gather by a scalar",
           [](Net& net) {
             end(net,
                 net.op("Unsqueeze", "u",
                        {net.op("Gather", "f", {"a", net.constant("i", int_array({}, {1}), rw::graph::DType::int64)},
                                {{"axis", 1}}),
                         net.ints("on", {1})}));
           }},
          {"Gather of channels by an input",
           [](Net& net) {
             end(net, net.op("Gather", "f", {"a", net.input("i", {3}, rw::graph::DType::int64)}, {{"axis", 1}}));
           },
           "which channels it takes is not known"},
          {"Gather of rows by an input",
           [](Net& net) {
             end(net, net.op("Gather", "f", {"a", net.input("i", {3}, rw::graph::DType::int64)}, {{"axis", 2}}));
           }},
      },
      picture);
}

TEST_CASE("view: channels follow the elements") {
  check(
      {
          {"Flatten, each channel repeated",
           [](Net& net) { end(net, net.op("Flatten", "f", {net.relu("r", net.relu("q", "a"))})); }},
          {"Flatten of pooled channels",
           [](Net& net) { end(net, net.op("Flatten", "f", {net.op("GlobalAveragePool", "p", {"a"})})); }},
          {"Squeeze and Unsqueeze",
           [](Net& net) {
             const auto s = net.op("Squeeze", "s", {net.op("GlobalAveragePool", "p", {"a"}), net.ints("on", {2, 3})});
             end(net, net.op("Unsqueeze", "u", {s, net.ints("at", {2, 3})}));
           }},
          {"channel shuffle",
           [](Net& net) {
             const auto r = net.op("Reshape", "r", {"a", net.ints("five", {2, 2, 2, 6, 6})});
             const auto t = net.op("Transpose", "t", {r}, {{"perm", {0, 2, 1, 3, 4}}});
             end(net, net.op("Reshape", "f", {t, net.ints("four", {2, -1, 6, 6})}));
           }},
          {"Transpose to channels last",
           [](Net& net) {
             end(net, net.op("Reshape", "r",
                             {net.op("Transpose", "t", {"a"}, {{"perm", {0, 2, 3, 1}}}), net.ints("to", {2, 36, 4})}));
           }},
          op("DepthToSpace", {{"blocksize", 2}}),
          op("DepthToSpace", {{"blocksize", 2}, {"mode", "CRD"}}),
          op("SpaceToDepth", {{"blocksize", 2}}),
          with_ints("Tile", "Tile", {{1, 3, 1, 2}}),
          with_ints("Expand", "Expand", {{1, 2, 4, 6, 6}}),
          {"Expand of pooled channels",
           [](Net& net) {
             end(net, net.op("Expand", "f", {net.op("GlobalAveragePool", "p", {"a"}), net.ints("to", {2, 4, 3, 3})}));
           }},
          {"Reshape to a shape that only the run decides", [](Net& net) { end(net, of_unknown_shape(net)); },
           "'unknown'"},
          {"Tile by computed counts",
           [](Net& net) {
             const auto by = net.op("Cast", "by", {net.op("Exp", "e", {net.input("n", {4})})}, {{"to", 7}});
             net.op(
                 "Tile", "f",
                 {"a", net.op("Max", "m", {net.op("Min", "l", {by, net.ints("most", {1})}), net.ints("least", {1})})});
             net.output(net.op("ReduceMax", "z", {"f"}, {{"axes", {1, 2, 3}}}));
           },
           "leaks at Tile"},
          {"Expand to a computed shape",
           [](Net& net) {
             const auto to = net.op("Cast", "to", {net.input("n", {4})}, {{"to", 7}});
             net.op("Expand", "f", {"a", net.op("Max", "m", {to, net.ints("least", {1})})});
             net.output(net.op("ReduceMax", "z", {"f"}, {{"axes", {1, 2, 3}}}));
           },
           "leaks at Expand"},
          {"DepthToSpace of what is not known",
           [](Net& net) {
             end(net, net.op("DepthToSpace", "f", {of_unknown_shape(net)}, {{"blocksize", 2}}));
           },
           "'unknown'"},
          {"SpaceToDepth of what is not known",
           [](Net& net) {
             end(net, net.op("SpaceToDepth", "f", {of_unknown_shape(net)}, {{"blocksize", 2}}));
           },
           "'unknown'"},
          {"Transpose of what is not known",
           [](Net& net) {
             net.output(net.op("Transpose", "f", {of_unknown_shape(net)}, {{"perm", {0, 2, 3, 1}}}));
           },
           "'unknown'"},
          {"Flatten of what is not known", [](Net& net) { end(net, net.op("Flatten", "f", {of_unknown_shape(net)})); },
           "'unknown'"},
          with_ints("Reshape across rows", "Reshape", {{2, 3, 8, 6}}),
          {"Reshape that joins the batch to the channels",
           [](Net& net) {
             end(net, net.op("Reshape", "f", {"a", net.ints("to", {8, 36})}));
           }},
      },
      picture);
}

TEST_CASE("product: a gate lets the other factor pass") {
  check(
      {
          {"squeeze and excite",
           [](Net& net) {
             const auto p = net.op("GlobalAveragePool", "p", {"a"});
             const auto g = net.op(
                 "HardSigmoid", "g",
                 {net.conv("e", net.relu("r", net.conv("s", p, 2, {.kernel = 1, .spread = 2})), 4, {.kernel = 1})});
             end(net, net.op("Mul", "f", {"a", g}));
           }},
          {"a gate of one channel, first operand",
           [](Net& net) {
             end(net, net.op("Mul", "f", {net.op("Sigmoid", "g", {net.conv("b", "x", 1)}), "a"}));
           }},
          {"x * sigmoid(x)",
           [](Net& net) {
             end(net, net.op("Mul", "f", {"a", net.op("Sigmoid", "g", {"a"})}));
           },
           "leaks at Sigmoid"},
          {"x * x",
           [](Net& net) {
             end(net, net.op("Mul", "f", {"a", "a"}));
           },
           "it multiplies a tensor by itself"},
          {"two free factors: the one that was made later is pinned",
           [](Net& net) {
             end(net, net.op("Mul", "f", {"a", net.conv("b", "x", 4, kUneven)}));
           }},
          {"a chain of gates, settled backwards",
           [](Net& net) {
             // h is free until f is settled, which waits for g; then e has a pinned factor and passes.
             const auto g = net.op("Sigmoid", "g", {net.conv("b", "x", 4)});
             const auto f = net.op("Mul", "f", {g, net.op("Tanh", "t", {net.conv("d", "x", 4)})});
             end(net, net.op("Mul", "e", {"a", f}));
           }},
          {"Div by a gate",
           [](Net& net) {
             end(net, net.op("Div", "f", {"a", net.op("Exp", "g", {net.conv("b", "x", 4)})}));
           }},
          {"Div of a gate",
           [](Net& net) {
             net.output(net.op("Div", "f", {net.op("Exp", "g", {net.conv("b", "x", 4)}), net.op("Exp", "h", {"a"})}));
           },
           "leaks at Exp"},
          {"Div of a gate by a free divisor",
           [](Net& net) {
             end(net, net.op("Div", "f", {net.op("Exp", "g", {net.conv("b", "x", 4)}), "a"}));
           },
           "leaks at Div"},
      },
      picture);
  check(
      {
          {"Gelu written out: its divisor absorbs",
           [](Net& net) {
             const auto e = net.op("Erf", "e", {net.op("Div", "d", {"a", number(net, "root", 1.4142135F)})});
             const auto m = net.op("Mul", "m", {"a", net.op("Add", "p", {e, number(net, "one", 1)})});
             end(net, net.op("Mul", "f", {m, number(net, "half", 0.5F)}));
           }},
      },
      tokens);
}

TEST_CASE("concat: one scale for all channels beside a constant that has one for each") {
  check({{"a channel again and again",
          [](Net& net) {
            const auto k = net.concat("k", {"a", "a"});
            end(net, net.concat("f", {k, weights(net, "w", {1, 2, 6, 6})}, 0));
          }},
         {"the constant first",
          [](Net& net) {
            const auto k = net.concat("k", {"a", "a", "a"});
            end(net, net.concat("f", {weights(net, "w", {2, 3, 2, 6}), k}, 2));
          }}},
        [](Net& net) {
          net.conv("a", net.input("x", {2, 3, 6, 6}), 1, kUneven);
        });
}

TEST_CASE("contract: the value path of attention keeps its channels, queries and keys do not") {
  const auto heads = [](Net& net, const std::string& name, const std::string& x) {
    const auto r = net.op("Reshape", name + "_r", {x, net.ints(name + "_to", {2, 5, 2, 4})});
    return net.op("Transpose", name + "_t", {r}, {{"perm", {0, 2, 1, 3}}});
  };
  const auto attention = [heads](Net& net, const std::string& q, const std::string& k, const std::string& v) {
    const auto kt = net.op("Transpose", "kt", {heads(net, "k", k)}, {{"perm", {0, 1, 3, 2}}});
    const auto p = net.op("Softmax", "p", {net.op("MatMul", "qk", {heads(net, "q", q), kt})}, {{"axis", -1}});
    const auto o =
        net.op("Transpose", "o", {net.op("MatMul", "pv", {p, heads(net, "v", v)})}, {{"perm", {0, 2, 1, 3}}});
    end(net, net.op("Reshape", "joined", {o, net.ints("joined_to", {2, 5, 8})}));
  };
  check(
      {
          {"value", [=](Net& net) { attention(net, net.matmul("b", "x", 8), net.matmul("c", "x", 8), "a"); }},
          {"query", [=](Net& net) { attention(net, "a", net.matmul("b", "x", 8), net.matmul("c", "x", 8)); },
           "leaks at MatMul"},
          {"a matrix by a vector",
           [](Net& net) {
             const auto t = net.op("Transpose", "t", {"a"}, {{"perm", {0, 2, 1}}});
             end(net, net.op("MatMul", "f", {t, net.input("v", {5})}));
           },
           "leaks at MatMul"},
          {"query, key and value of one product",
           [=](Net& net) {
             const auto all = net.matmul("b", "a", 24, kUneven);
             const auto parts = net.ops("Split", "s", 3, {all}, {{"axis", -1}});
             attention(net, parts[0], parts[1], parts[2]);
           }},
      },
      tokens);
}

TEST_CASE("One scale for all channels is one, also where parts that carry it differently are put together") {
  Net net(3);
  std::vector<std::string> inputs = {net.input("x", {13, 3, 1}), weights(net, "gamma", {1}), weights(net, "beta", {1})};
  net.node(
      {.type = "LayerNormalization", .name = "a", .inputs = inputs, .outputs = {"a"}, .attributes = {{"axis", 2}}});
  const auto turned = net.op("Transpose", "t", {"a"}, {{"perm", {2, 1, 0}}});
  const auto rows = net.op("Concat", "k", {weights(net, "c", {2, 3, 13}), turned, turned}, {{"axis", -3}});
  net.output(net.matmul("y", rows, 2));
  const char* const every = R"(rule every {
    region r {
      parents LayerNormalization as p through Transpose, Concat may join Concat children MatMul as c leak pin
    }
    do scale(p, 2)
  })";
  const TemporaryFolder folder;
  const Rewritten result = rewrite_through_files(net, every, folder);
  CHECK(result.outcome.certificate.holds);
  CHECK(outputs_identical(net, result, 2));
  const Engine engine(net, every);
  CHECK(engine.scale("k") == std::vector<double>(13, 2.0));
}

TEST_CASE("normalize: pinned at the input, any scale at the output") {
  const auto layer_norm = [](Net& net, const std::string& x, bool bias) {
    std::vector<std::string> inputs = {x, weights(net, "gamma", {8})};
    if (bias) inputs.push_back(weights(net, "beta", {8}));
    return net.op("LayerNormalization", "f", inputs);
  };
  const auto output_scaled = [](const Engine& engine, const char* tensor) {
    const auto scale = engine.scale(tensor);
    return std::any_of(scale.begin(), scale.end(), [](double value) { return value != 1; });
  };
  const std::vector<std::pair<const char*, std::function<std::string(Net&)>>> on_tokens = {
      {"LayerNormalization", [&](Net& net) { return layer_norm(net, "a", true); }},
      {"LayerNormalization without bias", [&](Net& net) { return layer_norm(net, "a", false); }},
      {"RMSNormalization",
       [](Net& net) {
         return net.op("RMSNormalization", "f", {"a", weights(net, "gamma", {8})});
       }},
      {"LayerNormalization written out",
       [](Net& net) {
         const auto d = net.op("Sub", "d", {"a", net.op("ReduceMean", "m", {"a"}, {{"axes", {-1}}})});
         const auto v = net.op("ReduceMean", "v", {net.op("Pow", "sq", {d, number(net, "two", 2)})}, {{"axes", {-1}}});
         const auto n =
             net.op("Div", "n", {d, net.op("Sqrt", "sd", {net.op("Add", "ve", {v, number(net, "eps", 1e-5F)})})});
         return net.op("Add", "f", {net.op("Mul", "g", {n, weights(net, "gamma", {8})}), weights(net, "beta", {8})});
       }},
      {"RMSNormalization written out",
       [](Net& net) {
         const auto v =
             net.op("ReduceMean", "v", {net.op("Pow", "sq", {"a", number(net, "two", 2)})}, {{"axes", {-1}}});
         const auto r =
             net.op("Reciprocal", "r", {net.op("Sqrt", "sd", {net.op("Add", "ve", {v, number(net, "eps", 1e-5F)})})});
         return net.op("Mul", "f", {net.op("Mul", "n", {"a", r}), weights(net, "gamma", {8})});
       }},
  };
  const std::vector<std::pair<const char*, std::function<std::string(Net&)>>> on_pictures = {
      {"LayerNormalization of the channels, between two Transposes",
       [](Net& net) {
         const auto last = net.op("Transpose", "t", {"a"}, {{"perm", {0, 2, 3, 1}}});
         const auto n =
             net.op("LayerNormalization", "n", {last, weights(net, "gamma", {4}), weights(net, "beta", {4})});
         return net.op("Transpose", "f", {n}, {{"perm", {0, 3, 1, 2}}});
       }},
      {"GroupNormalization as exporters write it out",
       [](Net& net) {
         const auto groups = net.op("Reshape", "r", {"a", net.ints("by_group", {0, 2, -1})});
         const auto ones = net.constant("ones", float_array({2}, {1, 1})),
                    zeros = net.constant("zeros", float_array({2}, {0, 0}));
         const auto n = net.op("InstanceNormalization", "n", {groups, ones, zeros});
         const auto back = net.op("Reshape", "back", {n, net.op("Shape", "shape", {"a"})});
         return net.op("Add", "f",
                       {net.op("Mul", "g", {back, weights(net, "gamma", {4, 1, 1})}), weights(net, "beta", {4, 1, 1})});
       }},
      {"InstanceNormalization",
       [](Net& net) {
         return net.op("InstanceNormalization", "f", {"a", weights(net, "gamma", {4}), weights(net, "beta", {4})});
       }},
      {"GroupNormalization, one scale a channel",
       [](Net& net) {
         return net.op("GroupNormalization", "f", {"a", weights(net, "gamma", {4}), weights(net, "beta", {4})},
                       {{"num_groups", 2}});
       }},
  };
  const std::string rules = scale_everything(kPowers);
  const auto run = [&](const auto& cases, void (*start)(Net&)) {
    for (const auto& [what, build] : cases) {
      Net net;
      start(net);
      end(net, build(net));
      rw::runtime::RunOptions options;
      options.exact = true;
      const Engine engine(net, rules, options);
      INFO(what);
      CHECK(difference_of_functions(net, engine) == "");
      CHECK(engine.scale("a") == std::vector<double>(engine.scale("a").size(), 1.0));
      CHECK(output_scaled(engine, "f"));
    }
  };
  run(on_tokens, tokens);
  run(on_pictures, picture);
}

TEST_CASE("normalize: without constants that could follow, it offers nothing") {
  const std::vector<std::pair<const char*, std::function<std::string(Net&)>>> cases = {
      {"LayerNormalization with a computed scale",
       [](Net& net) {
         return net.op("LayerNormalization", "f", {"a", net.op("Tanh", "gamma", {net.input("g", {8})})});
       }},
      {"LayerNormalization over more than the channels",
       [](Net& net) {
         return net.op("LayerNormalization", "f", {"a", weights(net, "gamma", {5, 8})}, {{"axis", 1}});
       }},
      {"RMSNormalization with a computed scale",
       [](Net& net) {
         return net.op("RMSNormalization", "f", {"a", net.op("Tanh", "gamma", {net.input("g", {8})})});
       }},
  };
  for (const auto& [what, build] : cases) {
    Net net;
    tokens(net);
    end(net, build(net));
    rw::runtime::RunOptions options;
    options.exact = true;
    const Engine engine(net, scale_everything(kPowers), options);
    INFO(what);
    CHECK(difference_of_functions(net, engine) == "");
    CHECK(engine.scale("a") == std::vector<double>(8, 1.0));
  }
}

TEST_CASE("GroupNormalization with one scale a group ties the channels of a group") {
  Net net(1, 18);
  picture(net);
  end(net, net.op("GroupNormalization", "f", {"a", weights(net, "gamma", {2}), weights(net, "beta", {2})},
                  {{"num_groups", 2}}));
  rw::runtime::RunOptions options;
  options.exact = true;
  const Engine engine(net, scale_everything(kPowers), options);
  CHECK(difference_of_functions(net, engine) == "");
  const auto scale = engine.scale("f");
  CHECK(scale != std::vector<double>(4, 1.0));
  CHECK(scale[0] == scale[1]);
  CHECK(scale[2] == scale[3]);
}

TEST_CASE("Reshape by computed shapes is understood, also where the batch is not known") {
  Net net;
  picture(net);
  const auto batch =
      net.op("Gather", "n",
             {net.op("Shape", "shape", {"a"}), net.constant("zero", int_array({}, {0}), rw::graph::DType::int64)},
             {{"axis", 0}});
  const auto to =
      net.concat("to", {net.op("Unsqueeze", "n1", {batch, net.ints("at", {0})}), net.ints("rest", {-1})}, 0);
  end(net, net.op("Reshape", "f", {"a", to}));
  rw::runtime::RunOptions options;
  options.exact = true;
  const Engine engine(net, scale_everything(kPowers), options);
  CHECK(engine.scale("f").size() == 144);
  CHECK(engine.scale("a") != std::vector<double>(4, 1.0));
  CHECK(difference_of_functions(net, engine) == "");
}

TEST_CASE("BatchNormalization takes one scale of all of its channels back and gives another out") {
  Net net;
  const auto one = net.conv("a", net.input("x", {3, 1, 2, 1}), 1, {.kernel = 1});
  const auto rows = net.op("Squeeze", "s", {one, net.ints("axes", {1, 3})});  // the one channel becomes all of these
  net.output(net.matmul("c", net.batch_norm("b", rows), 2));
  const Engine engine(net,
                      "rule both { region r { parents Conv, BatchNormalization as p through Squeeze "
                      "children BatchNormalization, MatMul as c } do scale(p, 2) }\n");
  CHECK(engine.scale("s") == std::vector<double>(2, 2.0));
  CHECK(engine.scale("b") == std::vector<double>(2, 2.0));
  CHECK(difference_of_functions(net, engine) == "");
}
