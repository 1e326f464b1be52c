// Forms of operators that are easily taken for others: older operator sets, rare attributes, attributes of another
// kind. What is right is said by the ONNX operator specification.
#include <fmt/format.h>

#include "graph/free_names.hpp"
#include "graph/model.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

struct Text {
  std::string nodes, tensors = "", input = R"("shape": [1, 4, 10, 10])", more = "";
  int opset = 17;
};

// A model whose input is x, whose output is y, and which has a 1x1 convolution weight w of 4 channels and one like it,
// v.
graph::Model model(const Text& text) {
  std::string weight = R"({"dtype": "float32", "shape": [4, 4, 1, 1], "data": [)";
  for (int i = 0; i < 16; ++i) weight += fmt::format("{}{}", i ? ", " : "", 1 + i * i % 7);
  weight += "]}";
  const TemporaryFolder folder;
  write_file(folder / "m.json",
             fmt::format(R"({{"format": "rewrite-engine/model", "version": 1, "opset": {{"": {}}},
"inputs": [{{"name": "x", {}}}], "outputs": ["y"], {}
"tensors": {{"w": {}, "v": {}{}}}, "nodes": [{}]}})",
                         text.opset, text.input, text.more, weight, weight, text.tensors, text.nodes));
  return graph::read_model(folder / "m.json");
}

const char* const kConv = R"({"op": "Conv", "name": "a", "inputs": ["x", "w"], "outputs": ["t"]},)";
const char* const kLast = R"({"op": "Conv", "name": "b", "inputs": ["u", "v"], "outputs": ["y"]})";

// x -> Conv -> t -> NODE -> u -> Conv -> y
Text between(const std::string& node, const std::string& tensors = "", int opset = 17) {
  return {.nodes = fmt::format("{}{},{}", kConv, node, kLast), .tensors = tensors, .opset = opset};
}

std::string floats(const std::string& name, const std::string& shape, int count) {
  std::string data;
  for (int i = 0; i < count; ++i) data += fmt::format("{}{}", i ? ", " : "", 0.5 + i);
  return fmt::format(R"(, "{}": {{"dtype": "float32", "shape": {}, "data": [{}]}})", name, shape, data);
}

std::string ints(const std::string& name, const std::string& shape, const std::string& data) {
  return fmt::format(R"(, "{}": {{"dtype": "int64", "shape": {}, "data": [{}]}})", name, shape, data);
}

std::string take_all() {
  std::string rules = kTakeAll;
  return rules.insert(rules.find("Relu,"), "Resize, Cast, ");
}

std::string why(const Text& text) { return Engine(model(text), take_all()).reason("t"); }

bool is_scaled(const Text& text) { return Engine(model(text), take_all()).rule_of("t") == "widest"; }

std::vector<std::int64_t> shape_of(const Text& text, const std::string& tensor) {
  const Engine engine(model(text), kTakeAll);
  const auto dims = engine.network().tensor(*engine.network().find(tensor)).shape.dims();
  return {dims.begin(), dims.end()};
}

}  // namespace

TEST_CASE("A BatchNormalization that trains, or normalizes each position, carries no scale") {
  const std::string four =
      floats("s", "[4]", 4) + floats("o", "[4]", 4) + floats("m", "[4]", 4) + floats("d", "[4]", 4);
  const auto norm = [](const std::string& outputs, const std::string& attributes = "") {
    return fmt::format(
        R"({{"op": "BatchNormalization", "inputs": ["t", "s", "o", "m", "d"], "outputs": [{}], "attributes": {{{}}}}})",
        outputs, attributes);
  };
  CHECK(is_scaled(between(norm(R"("u")"), four, 9)));
  CHECK(is_scaled(between(norm(R"("u", "", "")"), four, 9)));
  CHECK(contains(why(between(norm(R"("u", "p", "q")"), four, 9)), "it gives statistics of the batch"));
  CHECK(contains(why(between(norm(R"("u")", R"("training_mode": 1)"), four, 15)), "training_mode = 1"));
  CHECK(contains(why(between(norm(R"("u")"), four, 6)), "is_test = 0"));
  CHECK(is_scaled(between(norm(R"("u")", R"("is_test": 1)"), four, 6)));
  const std::string each = floats("s", "[4, 10, 10]", 400) + floats("o", "[4, 10, 10]", 400) +
                           floats("m", "[4, 10, 10]", 400) + floats("d", "[4, 10, 10]", 400);
  CHECK(contains(why(between(norm(R"("u")", R"("spatial": 0)"), each, 7)), "spatial = 0"));
}

TEST_CASE("Sizes that a Resize by scales gives are known where float and double agree") {
  const auto resize = [](double scale, const std::string& more = "") {
    Text text =
        between(R"({"op": "Resize", "inputs": ["t", "", "k"], "outputs": ["u"]})",
                fmt::format(R"(, "k": {{"dtype": "float32", "shape": [4], "data": [1, 1, {}, {}]}})", scale, scale));
    text.more = more;
    return text;
  };
  CHECK(shape_of(resize(2), "u") == std::vector<std::int64_t>{1, 4, 20, 20});
  CHECK(shape_of(resize(0.75), "u") == std::vector<std::int64_t>{1, 4, 7, 7});
  // 10 * 0.7f: 7 in float, 6.99999988 in double. The file may say.
  CHECK(shape_of(resize(0.7), "u")[2] < 0);
  CHECK(shape_of(resize(0.7, R"("shapes": {"u": [1, 4, 7, 7]},)"), "u") == std::vector<std::int64_t>{1, 4, 7, 7});
  CHECK(is_scaled(resize(0.7)));
}

TEST_CASE("A dimension of which the file and the operator say different things is not known, and stays so") {
  const auto shape = [](const std::string& said, const std::string& rules) {
    graph::Model read = model({.nodes = fmt::format(R"({}{{"op": "Identity", "inputs": ["t"], "outputs": ["i"]}},
{{"op": "MaxPool", "inputs": ["i"], "outputs": ["u"], "attributes": {{"kernel_shape": [2, 2]}}}}, {})",
                                                    kConv, kLast),
                               .more = fmt::format(R"("shapes": {{"u": {}}},)", said)});
    const Engine engine(std::move(read), rules);
    const auto dims = engine.network().tensor(*engine.network().find("u")).shape.dims();
    return std::vector<std::int64_t>(dims.begin(), dims.end());
  };
  for (const char* rules : {"wide", "prepare wide"}) {  // prepare takes the Identity out: shapes are inferred again
    INFO(rules);
    CHECK(shape("[1, 4, 9, 9]", rules) == std::vector<std::int64_t>{1, 4, 9, 9});
    CHECK(shape("[-1, 4, 9, -1]", rules) == std::vector<std::int64_t>{1, 4, 9, 9});
    const std::vector<std::int64_t> disputed = shape("[1, 4, 8, 9]", rules);
    REQUIRE(disputed.size() == 4);
    CHECK(disputed[2] < 0);
    CHECK(disputed[3] == 9);
  }
}

TEST_CASE("Sizes of a Resize that keeps the ratio of its axes are bounds for all of them") {
  const auto resize = [](const std::string& policy) {
    return between(fmt::format(R"({{"op": "Resize", "inputs": ["t", "", "", "k"], "outputs": ["u"],
"attributes": {{"keep_aspect_ratio_policy": "{}"}}}})",
                               policy),
                   ints("k", "[4]", "1, 4, 4, 8"), 18);
  };
  CHECK(is_scaled(resize("stretch")));
  CHECK(shape_of(resize("stretch"), "u") == std::vector<std::int64_t>{1, 4, 4, 8});
  CHECK_FALSE(is_scaled(resize("not_larger")));
  Text said = resize("not_larger");  // by a file that takes them for sizes, too
  said.more = R"("shapes": {"u": [1, 4, 4, 8]},)";
  CHECK(contains(why(said), "keep_aspect_ratio_policy"));
  CHECK(shape_of(resize("not_larger"), "u")[1] < 0);
}

TEST_CASE("An attribute of another kind than its operator has, or of an older form, blocks") {
  const auto cast = [](const std::string& to) {
    return between(R"({"op": "Cast", "inputs": ["t"], "outputs": ["u"], "attributes": {"to": )" + to + "}}", "", 5);
  };
  CHECK(contains(why(cast(R"("INT32")")), "its attribute 'to' is no integer"));
  const auto add = [](const std::string& attributes) {
    return between(R"({"op": "Add", "inputs": ["t", "c"], "outputs": ["u"], "attributes": {)" + attributes + "}}",
                   floats("c", "[4, 1, 1]", 4), 6);
  };
  CHECK(is_scaled(add("")));
  CHECK(contains(why(add(R"("broadcast": 1, "axis": 1)")), "operator sets up to 6"));
  const auto relu = [](const std::string& alpha) {
    return between(R"({"op": "LeakyRelu", "inputs": ["t"], "outputs": ["u"], "attributes": {"alpha": )" + alpha + "}}");
  };
  CHECK(is_scaled(relu("0.25")));
  CHECK(is_scaled(relu("1")));  // a number all the same
  CHECK(contains(why(relu(R"("much")")), "its attribute 'alpha' is no number"));
}

TEST_CASE("A reduction over no axes gives back what it gets where it says so") {
  const auto reduced = [](int noop) {
    return shape_of({.nodes = fmt::format(R"({}{{"op": "ReduceMax", "inputs": ["t", "k"], "outputs": ["u"],
"attributes": {{"noop_with_empty_axes": {}}}}}, {{"op": "Relu", "inputs": ["u"], "outputs": ["y"]}})",
                                          kConv, noop),
                     .tensors = ints("k", "[0]", ""),
                     .opset = 18},
                    "u");
  };
  CHECK(reduced(1) == std::vector<std::int64_t>{1, 4, 10, 10});
  CHECK(reduced(0) == std::vector<std::int64_t>{1, 1, 1, 1});
}

TEST_CASE("Whole numbers that broadcast against each other are not folded one by one") {
  const auto sum = [](const std::string& left, const std::string& right) {
    const Engine engine(model({.nodes = fmt::format(R"({}{{"op": "Shape", "inputs": ["x"], "outputs": ["s"]}},
{{"op": "Reshape", "inputs": ["s", "p"], "outputs": ["l"]}}, {{"op": "Reshape", "inputs": ["s", "q"], "outputs": ["r"]}},
{{"op": "Add", "inputs": ["l", "r"], "outputs": ["sum"]}}, {{"op": "Relu", "inputs": ["t"], "outputs": ["u"]}}, {})",
                                                    kConv, kLast),
                               .tensors = ints("p", "[2]", left) + ints("q", "[2]", right)}),
                        kTakeAll);
    return engine.network().tensor(*engine.network().find("sum")).folded != nullptr;
  };
  CHECK(sum("2, 2", "2, 2"));
  CHECK(sum("1, 4", "1, 4"));
  CHECK_FALSE(sum("4, 1", "1, 4"));
}

TEST_CASE("Clip becomes Relu for elements of which runtimes have a Relu") {
  const auto clip = [](const std::string& dtype, int opset) {
    graph::Model read =
        model({.nodes = R"({"op": "Clip", "inputs": ["x", "zero"], "outputs": ["y"]})",
               .tensors = fmt::format(R"(, "zero": {{"dtype": "{}", "shape": [], "data": [0]}})", dtype),
               .input = fmt::format(R"("dtype": "{}", "shape": [1, 4])", dtype),
               .opset = opset});
    const Engine engine(std::move(read), "prepare");
    const graph::Network& network = engine.network();
    return std::string(network.type_of(network.tensor(*network.find("y")).producer));
  };
  CHECK(clip("float32", 13) == "Relu");
  CHECK(clip("int32", 13) == "Clip");
  CHECK(clip("int32", 14) == "Clip");
  CHECK(clip("uint8", 14) == "Clip");
}

TEST_CASE("A law says what it says of shapes, and what the file says besides counts") {
  const auto shape = [](const std::string& law, const std::string& inputs, const std::string& more = "") {
    Text text{.nodes = kConv + fmt::format(R"({{"op": "my::Op", "inputs": [{}], "outputs": ["u", "further"]}}, {})",
                                           inputs, kLast),
              .tensors = floats("k", "[1, 4, 1, 1]", 4) + floats("large", "[2, 1, 1, 1]", 2),
              .more = more};
    const Engine engine(model(text), "op my::Op law " + law + "\n" + kTakeAll);
    const graph::Network& network = engine.network();
    CHECK_FALSE(network.tensor(*network.find("further")).shape.known());
    return to_string(network.tensor(*network.find("u")).shape);
  };
  for (const char* inputs : {R"("t")", R"("t", "k")", R"("t", "large")"})
    CHECK(shape("pass", inputs) == "[1, 4, 10, 10]");
  CHECK(shape("join", R"("t", "t")") == "[1, 4, 10, 10]");
  CHECK(shape("join", R"("t", "large")") == "[2, 4, 10, 10]");
  const std::string halved = R"("shapes": {"u": [1, 4, 5, 5]},)";
  CHECK(shape("pass", R"("t")", halved) == "[1, 4, ?, ?]");
  // The convolution behind says the rank and the channels.
  for (const char* law : {"block", "view", "shape"}) {
    CHECK(shape(law, R"("t")") == "[?, 4, ?, ?]");
    CHECK(shape(law, R"("t")", halved) == "[1, 4, 5, 5]");
  }
}

TEST_CASE("A bias of Gemm that differs row by row takes nothing from what is absorbed") {
  const auto gemm = [](const std::string& shape) {
    Text text{.nodes = R"({"op": "Gemm", "name": "a", "inputs": ["x", "g", "c"], "outputs": ["t"]},
{"op": "Gemm", "name": "b", "inputs": ["t", "h"], "outputs": ["y"]})",
              .tensors = floats("g", "[3, 4]", 12) + floats("c", shape, 4) + floats("h", "[4, 2]", 8),
              .input = R"("shape": [4, 3])",
              .more = R"("calibration": {"t": {"axis": 1, "min": [9, 9, 9, 9], "max": [10, 10, 10, 10]}},)"};
    const Engine engine(model(text), "absorb_bias");
    return engine.outcome().plan.added_biases().size();
  };
  CHECK(gemm("[4]") == 2);
  CHECK(gemm("[1, 4]") == 2);
  CHECK(gemm("[4, 1]") == 0);
}

TEST_CASE("The weight of what divides is its factor, the reciprocal of its constant") {
  const std::string quarter = ints("none", "[0]", "") + R"(, "k": {"dtype": "float32", "shape": [4, 1, 1],
"data": [4, -4, 0.5, 1]})";
  const Text parent{.nodes = fmt::format(R"({{"op": "Div", "inputs": ["x", "k"], "outputs": ["u"]}}, {})", kLast),
                    .tensors = quarter};
  const Engine before(model(parent),
                      "rule s { region r { parents Div as p children Conv as c } do scale(p, p.weight) }");
  CHECK(before.scale("u") == std::vector<double>{0.25, 0.25, 2, 1});
  // Scaled by 2 the factor is twice as large: read through the plan, as every weight is.
  const Engine twice(
      model(parent),
      "rule s { region r { parents Div as p children Conv as c } do scale(p, 2) do scale(p, p.weight) }");
  CHECK(twice.scale("u") == std::vector<double>{1, 1, 8, 4});
  const Text child = between(R"({"op": "Div", "inputs": ["t", "k"], "outputs": ["u"]})", quarter);
  const Engine behind(model(child),
                      "rule s { region r { parents Conv as p children Div as c } "
                      "do scale(p, across(max, c.weight)) }");
  CHECK(behind.scale("t") == std::vector<double>{0.25, 0.25, 2, 1});
}

TEST_CASE("The scales of a rule are those of its regions, 1 only where a channel has it") {
  const auto range = [](const std::string& scale) {
    const Engine engine(
        model(between(R"({"op": "Relu", "inputs": ["t"], "outputs": ["u"]})")),
        "rule s { region r { parents Conv as p through Relu children Conv as c } do scale(p, " + scale + ") }");
    const runtime::RuleOutcome& rule = engine.outcome().rules[0];
    return std::pair(rule.smallest, rule.largest);
  };
  CHECK(range("2") == std::pair(2.0, 2.0));
  CHECK(range("0.5") == std::pair(0.5, 0.5));
}

TEST_CASE("New names are none that a graph within an attribute defines") {
  const auto branch = [](const std::string& name) {
    return fmt::format(R"({{"graph": {{"inputs": [], "outputs": ["{0}"], "tensors": {{}},
"nodes": [{{"op": "Neg", "inputs": ["t"], "outputs": ["{0}"]}}]}}}})",
                       name);
  };
  const graph::Model read =
      model({.nodes = fmt::format(R"({}{{"op": "If", "name": "if", "inputs": ["yes"], "outputs": ["u"],
"attributes": {{"then_branch": {}, "else_branch": {}}}}}, {})",
                                  kConv, branch("a.bias"), branch("other"), kLast),
             .tensors = R"(, "yes": {"dtype": "bool", "shape": [], "data": [true]})"});
  graph::FreeNames names(read.network);
  CHECK(names.make("a.bias") == "a.bias_2");
  CHECK(names.make("a.bias") == "a.bias_3");
  CHECK(names.make("t") == "t_2");    // a tensor
  CHECK(names.make("if") == "if_2");  // an operator
  CHECK(names.make("none") == "none");
}

TEST_CASE("Where the shape of an input is not known, the weight of its reader says rank and channels") {
  const auto behind = [](const std::string& first, const std::string& second, const std::string& tensors = "") {
    return Engine(model({.nodes = fmt::format(R"({{"op": "acme::Foo", "inputs": ["x"], "outputs": ["f"]}},
{}, {{"op": "Relu", "inputs": ["t"], "outputs": ["u"]}}, {})",
                                              first, second),
                         .tensors = tensors}),
                  kTakeAll);
  };
  const auto shape = [](const Engine& engine, const std::string& tensor) {
    return to_string(engine.network().tensor(*engine.network().find(tensor)).shape);
  };
  const std::string matrices = floats("m", "[4, 5]", 20) + floats("n", "[5, 3]", 15) + floats("o", "[5]", 5);
  SECTION("of a convolution") {
    const Engine engine = behind(R"({"op": "Conv", "inputs": ["f", "w"], "outputs": ["t"]})", kLast);
    CHECK(shape(engine, "f") == "[?, 4, ?, ?]");
    CHECK(engine.rule_of("t") == "widest");
  }
  SECTION("of a Gemm") {
    const Engine engine = behind(R"({"op": "Gemm", "inputs": ["f", "m"], "outputs": ["t"]})",
                                 R"({"op": "Gemm", "inputs": ["u", "n"], "outputs": ["y"]})", matrices);
    CHECK(shape(engine, "u") == "[?, 5]");
    CHECK(engine.rule_of("t") == "widest");
  }
  SECTION("of a MatMul, whose input may have any number of axes") {
    const Engine engine = behind(R"({"op": "MatMul", "inputs": ["f", "m"], "outputs": ["s"]},
{"op": "Add", "inputs": ["s", "o"], "outputs": ["t"]})",
                                 R"({"op": "MatMul", "inputs": ["u", "n"], "outputs": ["y"]})", matrices);
    CHECK(shape(engine, "f") == "[..., 4]");
    CHECK(shape(engine, "y") == "[..., 3]");
    CHECK(engine.rule_of("t") == "widest");
  }
  SECTION("which matters to what looks at axes from the front") {
    for (const std::string node : {R"("op": "Softmax", "attributes": {"axis": 1})", R"("op": "Transpose")",
                                   R"("op": "ReduceMean", "attributes": {"axes": [1]})", R"("op": "Shape")"}) {
      INFO(node);
      const Engine engine = behind(R"({"op": "MatMul", "inputs": ["f", "m"], "outputs": ["t"]})",
                                   "{" + node + R"(, "inputs": ["u"], "outputs": ["y"]})", matrices);
      CHECK(shape(engine, "u") == "[..., 5]");
      CHECK(shape(engine, "y") == (contains(node, "Shape") ? "[?]" : "[?...]"));
      CHECK(engine.network().tensor(*engine.network().find("y")).folded == nullptr);
      CHECK(engine.rule_of("t").empty());
    }
  }
  SECTION("nor is it what a constant of more axes is added to") {
    const Engine engine =
        behind(R"({"op": "MatMul", "inputs": ["f", "m"], "outputs": ["t"]})",
               R"({"op": "Add", "inputs": ["u", "r"], "outputs": ["y"]})", matrices + floats("r", "[7, 1, 5]", 35));
    CHECK(shape(engine, "y") == "[?...]");
  }
}

TEST_CASE("Upsample takes its scales from an attribute in operator set 7") {
  const Text text = between(
      R"({"op": "Upsample", "inputs": ["t"], "outputs": ["u"], "attributes": {"scales": [1.0, 1.0, 2.0, 3.0]}})", "",
      7);
  CHECK(shape_of(text, "u") == std::vector<std::int64_t>{1, 4, 20, 30});
}

TEST_CASE("Unsigned numbers are not read as signed ones, and what wraps is not folded") {
  const auto folded = [](const std::string& dtype, const std::string& data, const std::string& op) {
    const Engine engine(
        model({.nodes = fmt::format(R"({}{{"op": "Identity", "inputs": ["k"], "outputs": ["i"]}},
{{"op": "{}", "inputs": ["i", "k"], "outputs": ["s"]}}, {{"op": "Relu", "inputs": ["t"], "outputs": ["u"]}}, {})",
                                    kConv, op, kLast),
               .tensors = fmt::format(R"(, "k": {{"dtype": "{}", "shape": [1], "data": [{}]}})", dtype, data)}),
        kTakeAll);
    const auto* values = engine.network().tensor(*engine.network().find("s")).folded;
    REQUIRE(values != nullptr);
    return (*values)[0];
  };
  CHECK(folded("uint8", "100", "Add") == 200);
  CHECK(folded("uint8", "200", "Div") == 1);
  CHECK(folded("uint16", "40000", "Sub") == 0);
  CHECK(folded("uint32", "2000000000", "Add") == 4000000000);
  CHECK(folded("uint8", "200", "Add") == graph::kOpen);  // 144 when it runs
  CHECK(folded("int32", "2000000000", "Add") == graph::kOpen);
}

TEST_CASE("An operand whose type nothing says pins what it meets") {
  // What acme::Foo makes may be anything: the type of its input says nothing of it.
  const auto meets = [](const std::string& node) {
    return why({.nodes = fmt::format(R"({}{}, {{"op": "Add", "inputs": ["t", "f"], "outputs": ["u"]}}, {})", kConv,
                                     node, kLast),
                .tensors = ints("k", "[4, 1, 1]", "1, 2, 3, 4")});
  };
  CHECK_FALSE(meets(R"({"op": "acme::Foo", "inputs": ["k"], "outputs": ["f"]})").empty());
  CHECK_FALSE(meets(R"({"op": "EyeLike", "inputs": ["k"], "outputs": ["f"], "attributes": {"dtype": 1}})").empty());
}

TEST_CASE("A network has no more channels than its file accounts for") {
  std::string slices;
  for (int i = 0; i < 40; ++i)
    slices += fmt::format(R"(, {{"op": "Slice", "inputs": ["{}", "s", "e", "a"], "outputs": ["{}"]}})",
                          i == 0 ? "big" : fmt::format("c{}", i - 1), i == 39 ? "y" : fmt::format("c{}", i));
  const Engine engine(
      model({.nodes = fmt::format(R"({}{{"op": "Tile", "inputs": ["t", "k"], "outputs": ["big"]}}{})", kConv, slices),
             .tensors = ints("k", "[4]", "1, 1000000, 1, 1") + ints("s", "[1]", "0") + ints("e", "[1]", "3999999") +
                        ints("a", "[1]", "1")}),
      kTakeAll);
  const graph::ChannelAxes& channels = engine.outcome().analysis.channels;
  std::uint64_t all = 0;
  for (graph::TensorId tensor = 0; tensor < engine.network().tensors().size(); ++tensor) all += channels.count(tensor);
  CHECK(all <= graph::kFreeChannels + 1'000'000);
  CHECK(channels.state(*engine.network().find("big")) == graph::AxisState::too_many);
  CHECK(channels.count(*engine.network().find("t")) == 4);  // what stands beside it has its own
}

TEST_CASE("Where no operator says where channels are, the factor of a Mul does") {
  const auto net = [](const std::string& factor, int count) {
    return Engine(model({.nodes = R"({"op": "Mul", "inputs": ["x", "f"], "outputs": ["t"]},
{"op": "Relu", "inputs": ["t"], "outputs": ["u"]}, {"op": "Mul", "inputs": ["u", "g"], "outputs": ["y"]})",
                         .tensors = floats("f", factor, count) + floats("g", factor, count)}),
                  kTakeAll);
  };
  const Engine channels = net("[4, 1, 1]", 4);
  CHECK(channels.rule_of("t") == "widest");
  CHECK(channels.scale("t") == std::vector<double>(4, 2));
  CHECK(net("[10]", 10).scale("t") == std::vector<double>(10, 2));  // a position, if that is all that it has
  CHECK(net("[4, 10, 1]", 40).rule_of("t").empty());                // two axes: it does not say which
}
