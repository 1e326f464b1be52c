// Rules with a pattern: what they edit keeps the network's function, and what is not the identity that they state is
// left alone.
#include <algorithm>
#include <functional>

#include "tests/runtime/engine.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

std::uint32_t edits(const runtime::Outcome& outcome) {
  std::uint32_t all = 0;
  for (const auto& rule : outcome.rules) all += rule.edits;
  return all;
}

std::size_t count_of(const graph::Network& network, std::string_view type) {
  std::size_t all = 0;
  for (graph::OperatorId id = 0; id < network.operators().size(); ++id) all += network.type_of(id) == type;
  return all;
}

// A picture of 3 channels behind a convolution, and what the test puts behind it.
Net after_conv(const std::function<std::string(Net&, const std::string&)>& more, const LayerOptions& options = {}) {
  Net net(11);
  const auto x = net.input("x", {1, 2, 6, 6});
  net.output(net.conv("c", net.relu("r", more(net, net.conv("a", x, 3, options))), 2));
  net.calibrate();
  return net;
}

std::string constant(Net& net, const std::string& name, const Dims& shape, std::vector<float> values) {
  return net.constant(name, Array(shape, std::move(values)));
}

struct Example {
  const char* what;
  std::uint32_t edits;    // that prepare makes
  std::size_t operators;  // that are left
  std::function<Net()> net;
};

const std::vector<Example>& folded() {
  static const std::vector<Example> all = {
      {"BatchNormalization behind a convolution", 1, 3,
       [] { return after_conv([](Net& net, auto a) { return net.batch_norm("n", a, 2); }); }},
      {"BatchNormalization behind a convolution without bias", 1, 3,
       [] { return after_conv([](Net& net, auto a) { return net.batch_norm("n", a, 2); }, {.bias = false}); }},
      {"BatchNormalization behind a depthwise convolution", 1, 4,
       [] { return after_conv([](Net& net, auto a) { return net.batch_norm("n", net.depthwise("d", a), 2); }); }},
      {"BatchNormalization behind a ConvTranspose in groups", 1, 4,
       [] {
         return after_conv([](Net& net, auto a) {
           const auto t = net.conv_transpose("t", a, 6, {.group = 3, .kernel = 2, .stride = 2});
           return net.batch_norm("n", t, 2);
         });
       }},
      {"factors and summands of every kind, one behind the other", 5, 3,
       [] {
         return after_conv([](Net& net, auto a) {
           auto y = net.op("Mul", "m", {a, constant(net, "k", {3, 1, 1}, {0.5F, -2, 3})});
           y = net.op("Add", "p", {constant(net, "b", {1, 3, 1, 1}, {1, 2, -3}), y});
           y = net.op("Sub", "s", {constant(net, "one", {}, {1}), y});
           y = net.op("Div", "d", {y, constant(net, "two", {1}, {2})});
           return net.op("Sub", "t", {y, constant(net, "u", {1, 1, 1}, {0.25F})});
         });
       }},
      {"a Gemm with alpha, beta and a BatchNormalization", 1, 2,
       [] {
         Net net(12);
         const auto x = net.input("x", {4, 5});
         const auto w = constant(net, "w", {3, 5}, {1, -2, 3, 0.5F, 1, 2, 2, -1, 4, 1, -3, 1, 0.25F, 2, -1});
         const auto b = constant(net, "b", {1, 3}, {1, -2, 0.5F});
         const auto g = net.op("Gemm", "g", {x, w, b}, {{"transB", 1}, {"alpha", 0.5}, {"beta", 4.0}});
         net.output(net.gemm("h", net.batch_norm("n", g, 1), 2));
         net.calibrate();
         return net;
       }},
      {"two convolutions that share a weight, each with a BatchNormalization of its own", 2, 4,
       [] {
         Net net(13);
         const auto x = net.input("x", {1, 2, 6, 6});
         const auto a = net.batch_norm("na", net.conv("a", x, 3), 2);
         const auto b = net.batch_norm("nb", net.conv("b", x, 3, {.weight = "a.weight"}), 3);
         net.output(net.conv("c", net.add("s", a, b), 2));
         net.calibrate();
         return net;
       }},
      {"a BatchNormalization whose output is the network's", 1, 1,
       [] {
         Net net(14);
         net.output(net.batch_norm("n", net.conv("a", net.input("x", {1, 2, 6, 6}), 3), 2));
         return net;
       }},
      {"Identity and Dropout", 3, 3,
       [] {
         return after_conv([](Net& net, auto a) {
           return net.op("Identity", "j", {net.op("Dropout", "d", {net.op("Identity", "i", {a})})});
         });
       }},
      {"Identity behind the network's input", 1, 3,
       [] {
         Net net(15);
         const auto i = net.op("Identity", "i", {net.input("x", {1, 2, 6, 6})});
         net.output(net.add("s", net.conv("a", i, 2), i));
         net.output(net.relu("r", i));
         return net;
       }},
      {"Clip(0, none)", 1, 4,
       [] { return after_conv([](Net& net, auto a) { return net.clip("k", a, 0.0F, std::nullopt); }); }},
  };
  return all;
}

const std::vector<Example>& left_alone() {
  static const std::vector<Example> all = {
      {"a convolution that somebody else reads too", 0, 4,
       [] {
         Net net(16);
         const auto a = net.conv("a", net.input("x", {1, 2, 6, 6}), 3);
         net.output(net.add("s", net.batch_norm("n", a, 2), a));
         net.output(net.relu("r", a));
         return net;
       }},
      {"a convolution that is an output", 0, 2,
       [] {
         Net net(17);
         const auto a = net.conv("a", net.input("x", {1, 2, 6, 6}), 3);
         net.output(net.batch_norm("n", a, 2));
         net.output(a);
         return net;
       }},
      {"a factor along the width", 0, 4,
       [] {
         return after_conv([](Net& net, auto a) {
           return net.op("Mul", "m", {a, constant(net, "k", {6}, {1, 2, 3, 4, 5, 6})});
         });
       }},
      {"a constant divided by the activation", 0, 4,
       [] {
         return after_conv([](Net& net, auto a) { return net.op("Div", "m", {constant(net, "k", {}, {1}), a}); });
       }},
      {"a summand that makes the tensor larger", 0, 4,
       [] {
         return after_conv([](Net& net, auto a) {
           const auto wide = net.op("Add", "p", {a, constant(net, "k", {1, 1, 3, 1, 1}, {1, 2, 3})});
           return net.op("Squeeze", "q", {wide, net.ints("axes", {0})});
         });
       }},
      {"Identity from the network's input to its output", 0, 1,
       [] {
         Net net(18);
         net.output(net.op("Identity", "i", {net.input("x", {1, 2})}));
         return net;
       }},
      {"Clip(0, 6) and Clip(-1, none)", 0, 5,
       [] {
         return after_conv(
             [](Net& net, auto a) { return net.clip("l", net.clip("k", a, 0.0F, 6.0F), -1.0F, std::nullopt); });
       }},
      {"a BatchNormalization behind a MatMul whose channels are not on axis 1", 0, 2,
       [] {
         Net net(19);
         net.output(net.batch_norm("n", net.matmul("m", net.input("x", {2, 3, 5}), 3), 1));
         return net;
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("prepare: what is an identity is edited, and the outputs stay") {
  for (const Example& example : folded()) {
    INFO(example.what);
    const Net net = example.net();
    const TemporaryFolder folder;
    const Rewritten result = rewrite_through_files(net, "prepare", folder);
    CHECK(edits(result.outcome) == example.edits);
    CHECK(result.after.network.operators().size() == example.operators);
    CHECK(largest_difference(net, result, 2) < 1e-5);
  }
}

TEST_CASE("prepare: what is none is left alone") {
  for (const Example& example : left_alone()) {
    INFO(example.what);
    const Net net = example.net();
    const TemporaryFolder folder;
    const Rewritten result = rewrite_through_files(net, "prepare", folder);
    CHECK(edits(result.outcome) == 0);
    CHECK(result.outcome.plan.empty());
    CHECK(result.after.network.operators().size() == net.nodes().size());
    CHECK(outputs_identical(net, result, 2));
  }
}

TEST_CASE("prepare before and behind equalization: both scale, and the outputs stay") {
  for (const Example& example : folded()) {
    for (const char* order : {"prepare equalization", "equalization prepare"}) {
      INFO(example.what << ": " << order);
      const Net net = example.net();
      const TemporaryFolder folder;
      const Rewritten result = rewrite_through_files(net, order, folder);
      CHECK(edits(result.outcome) == example.edits);
      CHECK(largest_difference(net, result, 2) < 1e-5);
    }
  }
}

TEST_CASE("A folded BatchNormalization lets a pair be equalized; its claim outlives later edits") {
  const Net net = after_conv([](Net& n, auto a) { return n.op("Identity", "i", {n.batch_norm("n", a, 3)}); });
  const Engine alone(net), folded_first(net, "prepare equalization");
  CHECK(alone.rule_of("a").empty());
  CHECK(folded_first.rule_of("i") == "pair");
  const Engine before(net, R"(include "equalization"
    rule widen { region r { parents BatchNormalization as p through Relu, Identity children Conv as c } do scale(p, 2) }
    rule last { match { y = Identity(x) } replace { y = x } })");
  CHECK(before.rule_of("i") == "widen");
  CHECK(before.scale("i") == std::vector<double>(3, 2.0));
}

TEST_CASE("Of two tensors that become one the statistics stay, whichever has them") {
  Net net(11);
  const auto a = net.op("Identity", "i", {net.conv("a", net.input("x", {1, 2, 6, 6}), 3)});
  net.output(net.conv("c", a, 2));
  const char* const rules = R"(rule gone { match { y = Identity(x) } replace { y = x } }
    rule seen {
      region r { parents Conv as p children Conv as c }
      where stats(p)
      do scale(p, p.max)
    })";
  for (const char* tensor : {"a", "i"}) {
    INFO(tensor);
    const Engine engine(
        with_statistics(net, "\"" + std::string(tensor) + R"(": {"axis": 1, "min": [0, 0, 0], "max": [1, 2, 4]})"),
        rules);
    CHECK(edits(engine.outcome()) == 1);
    CHECK(engine.scale(tensor) == std::vector<double>{1, 2, 4});
  }
}

namespace {

const std::string kFold = R"(
    rule fold {
      match {
        y = Conv(x, constant w, constant c or 0)
        z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
      }
      let f = gain / sqrt(variance + e)
      replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
    })";

}  // namespace

TEST_CASE("What a rule has scaled stays as it is where a later one would make the weight anew, or merge other axes") {
  Net net(9);
  const auto a = net.conv("a", net.input("x", {1, 2, 6, 6}), 3, {.through = {"Identity"}});
  net.output(net.conv("b", net.batch_norm("n", a, 3), 2));
  const std::string grow =
      "rule grow { region r { parents Conv as p children BatchNormalization as c } do scale(p, 3) }";
  const TemporaryFolder folder;
  const Rewritten computed = rewrite_through_files(net, grow + kFold, folder);
  CHECK(computed.outcome.certificate.holds);
  CHECK(edits(computed.outcome) == 0);
  CHECK(largest_difference(net, computed, 2) < 1e-5);

  // The Conv reads what a product sees on another axis: it offers no scale, and cannot give what is scaled.
  Net blocked(4);
  const auto x = blocked.input("x", {2, 2, 3, 4});
  const auto in_between = blocked.batch_norm("n", blocked.conv("a", x, 1), 1);
  blocked.output(blocked.conv("b", in_between, 2));
  const auto sums = blocked.op("ReduceProd", "r", {x}, {{"axes", {0, 1}}, {"keepdims", 0}});
  blocked.output(blocked.op("Mul", "m", {sums, blocked.constant("w", float_array({1, 4}, {1, 2, 3, 4}))}));
  const std::string later =
      "rule grow { region r { parents BatchNormalization as p children Conv as c } do scale(p, 3) }";
  const TemporaryFolder third;
  const Rewritten left = rewrite_through_files(blocked, later + kFold, third);
  CHECK(left.outcome.certificate.holds);
  CHECK(edits(left.outcome) == 0);
  CHECK_FALSE(left.outcome.plan.scales().empty());
  CHECK(largest_difference(blocked, left, 2) < 1e-5);

  // An Identity between a MatMul, which sees channels at the end, and a ConvTranspose, which sees them behind the first
  // axis: without it the two would disagree, and the ConvTranspose offer nothing.
  Net between(3);
  const auto t =
      between.op("MatMul", "t", {between.constant("w", float_array({1, 3}, {1, 2, 3})), between.input("x", {2, 3, 4})});
  const auto u = between.op("ConvTranspose", "u", {t, between.constant("v", float_array({1, 2, 2}, {1, 2, 3, 4}))});
  between.output(between.op("Conv", "c", {u, between.constant("k", float_array({2, 2, 1}, {1, 2, 3, 4}))}));
  between.output(between.op(
      "MatMul", "m",
      {between.op("Identity", "i", {t}), between.constant("z", float_array({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}))}));
  const TemporaryFolder other;
  const Rewritten merged = rewrite_through_files(between, R"(
    rule grow { region r { parents ConvTranspose as p children Conv as c } do scale(p, 3) }
    rule gone { match { y = Identity(x) } replace { y = x } })",
                                                 other);
  CHECK(merged.outcome.certificate.holds);
  CHECK(edits(merged.outcome) == 0);
  CHECK_FALSE(merged.outcome.plan.scales().empty());
  CHECK(largest_difference(between, merged, 2) < 1e-5);
}

TEST_CASE("A claim stays with the region whose parent is folded away") {
  const Net net = after_conv([](Net& n, auto a) { return n.batch_norm("n", a, 3); });
  const std::string rules =
      "rule widen { region r { parents BatchNormalization as p through Relu children Conv as c } do scale(p, 2) }" +
      kFold + "rule late { region r { parents Conv as p through Relu children Conv as c } do scale(p, 4) }";
  const Engine engine(net, rules);
  CHECK(engine.rule_of("n") == "widen");
  CHECK(engine.scale("n") == std::vector<double>(3, 2.0));
  const TemporaryFolder folder;
  CHECK(largest_difference(net, rewrite_through_files(net, rules, folder), 2) < 1e-5);
}

TEST_CASE("What is only approximate is said") {
  const Net net = after_conv([](Net& n, auto a) { return n.clip("k", a, 0.0F, 6.0F); });
  const Engine engine(net, R"(rule r6 {
    match { y = Clip(x) min 0 max 6 }
    replace { y = Relu(x) }
    approximate "Relu in place of Clip" })");
  REQUIRE(engine.outcome().rules.size() == 1);
  CHECK(engine.outcome().rules[0].approximate == std::map<std::string, std::uint32_t>{{"Relu in place of Clip", 1}});
}

TEST_CASE("What is not approximate and differs ends the run") {
  const Net net = after_conv([](Net& n, auto a) { return n.clip("k", a, 0.0F, 6.0F); });
  CHECK_THROWS_AS(Engine(net, "rule r6 { match { y = Clip(x) min 0 max 6 } replace { y = Relu(x) } }"),
                  runtime::Refusal);
}

TEST_CASE("A trial stands for edits with the same attributes alone, tensors among them") {
  const auto filled = [](float first, float second) {
    Net net(11);
    const auto shape = net.ints("shape", {1, 2, 6, 6});
    auto x = net.input("x", {1, 2, 6, 6});
    for (const float value : {first, second}) {
      const std::string name = x == "x" ? "s" : "t";
      const auto fill = net.op("ConstantOfShape", name + "f", {shape},
                               {{"value", Constant{Array(Dims{1}, std::vector<float>{value})}}});
      x = net.op("Add", name, {net.op("Relu", name + "r", {x}), fill});
    }
    net.output(x);
    return net;
  };
  const std::string rule = "rule r { match { y = Add(x, ConstantOfShape(s)) } replace { y = x } }";
  CHECK(edits(Engine(filled(0, 0), rule).outcome()) == 2);
  CHECK_THROWS_AS(Engine(filled(1, 0), rule), runtime::Refusal);
  CHECK_THROWS_AS(Engine(filled(0, 1), rule), runtime::Refusal);
}

TEST_CASE("--exact refuses what would round, where it would do something") {
  const Net batch = after_conv([](Net& net, auto a) { return net.batch_norm("n", a, 2); });
  CHECK_THROWS_AS(Engine(batch, "prepare", {.exact = true}), runtime::Refusal);
  const Net identity = after_conv([](Net& net, auto a) { return net.op("Identity", "i", {a}); });
  const TemporaryFolder folder;
  const Rewritten result = rewrite_through_files(identity, "prepare", folder, {.exact = true});
  CHECK(edits(result.outcome) == 1);
  CHECK(outputs_identical(identity, result, 2));
}

TEST_CASE("Patterns: readers, conditions, and rules that feed themselves end") {
  Net net(20);
  const auto a = net.conv("a", net.input("x", {1, 2, 6, 6}), 3);
  const auto i = net.op("Identity", "i", {a}), j = net.op("Identity", "j", {a});
  net.output(net.add("s", net.relu("r", i), j));
  const auto edits_of = [&](const std::string& rule) { return edits(Engine(net, rule).outcome()); };
  // What reads a beside the match keeps it, so that a match which takes the convolution in is none.
  const std::string both = "match { a = Conv(x, w, b) y = Identity(a) } ";
  CHECK(edits_of("rule r { " + both + "replace { y = a(x, w, b) } }") == 0);
  CHECK(edits_of("rule r { match { y = Identity(x) } replace { y = x } }") == 2);
  CHECK(edits_of("rule r { match { y = Relu(Identity(x)) } replace { y = Relu(x) } }") == 1);
  CHECK(edits_of("rule r { match { y = Identity(x) } where y.name == \"j\" replace { y = x } }") == 1);
  CHECK(edits_of("rule r(k = 3) { match { y = Identity(x) } where x.shape[1] == k replace { y = x } }") == 2);
  CHECK(edits_of("rule r(k = 2) { match { y = Identity(x) } where x.shape[1] == k replace { y = x } }") == 0);
  CHECK(edits_of("set s = Relu, Sigmoid rule r { match { y = s(Identity(x)) as n } replace { y = n(x) } }") == 1);
  const Engine endless(net, "rule r { match { y = Relu(x) } replace { y = Relu(Relu(x)) } }");
  CHECK(endless.outcome().rules[0].still_fires);
}

TEST_CASE("Random networks keep their outputs when they are prepared and then equalized") {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(100U, 25U); ++seed) {
    INFO("seed " << seed);
    const Net net = random_net(seed);
    const TemporaryFolder folder;
    const Rewritten result = rewrite_through_files(net, "prepare equalization", folder);
    const double moved = largest_difference(net, result, 2);
    CHECK((moved <= 1e-5 || moved <= 4 * rounding_noise(net, 2)));  // a weight and its bias are rounded twice
    CHECK(count_of(result.after.network, "Identity") <= count_of(net.network(), "Identity"));
  }
}

TEST_CASE("What takes the place of an operator has its shape and type, and a form in the model's operator set") {
  const auto left = [](const Net& net, const std::string& found, const std::string& by) {
    const Engine engine(net, "rule r { match { y = " + found + " } replace { y = " + by + " } approximate \"why\" }");
    const runtime::RuleOutcome& rule = engine.outcome().rules[0];
    CHECK(rule.edits + rule.declined.size() == 1);
    return rule.declined.empty() ? std::string() : rule.declined[0].reason;
  };
  const auto one = [](const char* type, std::vector<NetAttribute> attributes = {}) {
    Net net;
    net.output(net.op(type, "n", {net.image()}, std::move(attributes)));
    return net;
  };
  CHECK(left(one("Sigmoid"), "Sigmoid(x)", "Tanh(x)").empty());
  CHECK(left(one("Relu"), "Relu(x)", "Conv(x)") == "Conv does not take 1 inputs");
  CHECK(left(one("Relu"), "Relu(x)", "my::Op(x)") == "the model has no operators of my");
  CHECK(left(one("GlobalAveragePool"), "GlobalAveragePool(x)", "Relu(x)") ==
        "'n' would have the shape [1, 3, 8, 8] and not [1, 3, 1, 1]");
}

namespace {

// x of this type -> Clip(0, none) -> y. `behind`: an operator that nobody knows makes what the Clip reads.
std::string clip_of(int dtype, std::int64_t opset, bool behind = false) {
  namespace o = onnx;
  const bool input = opset >= 11;
  const o::Parts bounds = input ? o::Parts{} : o::Parts{o::attribute("min", 0.0F)};
  o::Parts nodes = {o::node("Clip", input ? o::Names{"t", "lo"} : o::Names{"t"}, {"y"}, bounds, "clip")};
  nodes.insert(nodes.begin(), behind ? o::node("Op", {"x"}, {"t"}, {}, "op", "my") : o::node("Neg", {"x"}, {"t"}));
  const std::size_t bytes = dtype == 7 || dtype == 11 ? 8 : dtype == 10 || dtype == 16 ? 2 : dtype == 3 ? 1 : 4;
  return o::model(o::graph(nodes, {o::tensor("lo", dtype, {}, std::string(bytes, '\0'))},
                           {o::value("x", {1, 4}, dtype)}, {o::value("y", {1, 4}, dtype)}),
                  opset);
}

}  // namespace

TEST_CASE("Relu takes the place of a Clip of floats alone") {
  const auto left = [](const std::string& bytes, const std::string& rules = "prepare") {
    const TemporaryFolder folder;
    write_file(folder / "m.onnx", bytes);
    const Engine engine(graph::read_model(folder / "m.onnx"), rules);
    std::string why;
    for (const auto& rule : engine.outcome().rules)
      for (const auto& each : rule.declined)
        if (each.whole) why = each.reason;
    CHECK(edits(engine.outcome()) == (why.empty() ? 1 : 0));
    return why;
  };
  enum Type { float32 = 1, int8 = 3, int32 = 6, int64 = 7, float16 = 10, float64 = 11, bfloat16 = 16 };
  for (const int type : {float32, float16, float64, bfloat16}) CHECK(left(clip_of(type, 17)).empty());
  CHECK(left(clip_of(int64, 17)) == "runtimes have no Relu of this type");
  CHECK(left(clip_of(int64, 14)) == "runtimes have no Relu of this type");
  CHECK(left(clip_of(int32, 13)) == "runtimes have no Relu of this type");
  CHECK(left(clip_of(int8, 17)) == "runtimes have no Relu of this type");
  // Of an input whose type nobody knows the bounds tell it.
  CHECK(left(clip_of(float32, 17, true)).empty());
  CHECK(left(clip_of(float32, 10, true)).empty());
  CHECK(left(clip_of(int64, 17, true)) == "the element type of 't' is not known");
}
