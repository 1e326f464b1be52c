// Edits of the graph, made by the editor and written by each format: the written network computes what it shall, and
// what was not edited comes out byte for byte.
#include "graph/editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/builder.hpp"
#include "graph/operators/infer.hpp"
#include "graph/rewritten.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/net.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

OperatorId named(const Network& network, std::string_view name) {
  for (OperatorId id = 0; id < network.operators().size(); ++id)
    if (network.op(id).name == name) return id;
  FAIL("no operator " << name);
  return kNone;
}

// Saves the network as model.json and as ONNX, edits each, and looks at what is read back from every pair of formats.
void each_format(const Net& net, const std::function<void(Editor&, GraphEdits&)>& edit,
                 const std::function<void(const Network&)>& look) {
  const TemporaryFolder folder;
  const std::filesystem::path json = net.save(folder.path(), "m"), onnx = folder / "m.onnx";
  write_model(read_model(json), {}, onnx);
  for (const auto& from : {json, onnx}) {
    for (const char* to : {"out.json", "out.onnx"}) {
      INFO(from << " to " << to);
      Model model = read_model(from);
      Rewriting rewriting;
      Editor editor(model.network, rewriting.graph);
      edit(editor, rewriting.graph);
      editor.finish();
      write_model(model, rewriting, folder / to);
      look(read_model(folder / to).network);
    }
  }
}

void check_outputs(const Net& net, const Network& after, const Arrays& expected) {
  const Arrays values = evaluate(after, net.inputs(0));
  for (const auto& [name, value] : expected) {
    INFO(name);
    REQUIRE(values.count(name) == 1);
    CHECK(identical(values.at(name), value));
  }
}

constexpr std::array<float, 3> kBias = {0.5F, -2, 3};
constexpr std::array<std::int64_t, 1> kThree = {3};

}  // namespace

TEST_CASE("An operator is taken out, and its output keeps its name") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto a = net.conv("a", x, 3);
  const auto i = net.op("Identity", "i", {a});
  net.output(net.relu("y", i));
  net.output(i);
  each_format(
      net,
      [](Editor& editor, GraphEdits&) {
        const Network& network = editor.network();
        const OperatorId op = named(network, "i");
        const TensorId out = network.op(op).outputs[0];
        CHECK_FALSE(editor.can_rebind_all(out));  // it is an output of the network
        editor.remove(op);
        editor.give(named(network, "a"), 0, out);
      },
      [&](const Network& after) {
        CHECK(after.operators().size() == 2);
        CHECK_FALSE(after.find("a"));
        check_outputs(net, after, {{"y", net.value("y")}, {"i", net.value("i")}});
      });
}

TEST_CASE("Readers of a tensor read another one") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto i = net.op("Identity", "i", {x});
  net.output(net.add("y", net.relu("r", i), i));
  each_format(
      net,
      [](Editor& editor, GraphEdits&) {
        const Network& network = editor.network();
        const OperatorId op = named(network, "i");
        const TensorId in = network.op(op).inputs[0], out = network.op(op).outputs[0];
        REQUIRE(editor.can_rebind_all(out));
        CHECK(editor.consumers(out).size() == 2);
        editor.rebind_all(out, in);
        editor.remove(op);
        CHECK(editor.consumers(out).empty());
        CHECK(editor.consumers(in).size() == 2);
      },
      [&](const Network& after) {
        CHECK(after.operators().size() == 2);
        CHECK(after.consumers(*after.find("x")).size() == 2);
        check_outputs(net, after, {{"y", net.value("y")}});
      });
}

TEST_CASE("A convolution gets a bias that it did not have") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  net.output(net.conv("y", x, 3, {.bias = false}));
  Array expected = net.value("y");
  std::vector<float> values(expected.floats().begin(), expected.floats().end());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += kBias[i / 16];
  each_format(
      net,
      [](Editor& editor, GraphEdits&) {
        const TensorId bias = editor.add_constant("y.weight", DType::float32, kThree, std::as_bytes(std::span(kBias)));
        CHECK(editor.network().tensor(bias).name == "y.weight_2");  // the name is taken
        editor.read(named(editor.network(), "y"), 2, bias);
      },
      [&](const Network& after) {
        CHECK(values_of(after, "y.weight_2") == std::vector<double>{0.5, -2, 3});
        const Arrays got = evaluate(after, net.inputs(0));
        CHECK(difference(got.at("y"), Array(expected.shape(), values)) < 1e-6);
      });
}

TEST_CASE("An operator becomes another one, and constants that nobody reads go with it") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  net.output(net.clip("y", x, 0.0F, std::nullopt));
  each_format(
      net, [](Editor& editor, GraphEdits&) { editor.replace(named(editor.network(), "y"), "Relu"); },
      [&](const Network& after) {
        CHECK(after.type_of(0) == "Relu");
        CHECK(after.op(0).inputs.size() == 1);
        CHECK(after.op(0).attributes.empty());
        CHECK(after.tensors().size() == 2);
        check_outputs(net, after, {{"y", net.value("y")}});
      });
}

TEST_CASE("An operator is put in front of another one") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  net.output(net.clip("y", net.op("Mul", "m", {x, net.constant("k", Array({1}, std::vector<float>{4}))}), -1.0F, 2.0F));
  each_format(
      net,
      [](Editor& editor, GraphEdits& edits) {
        constexpr std::array<float, 1> kLow = {-1}, kHigh = {2};
        constexpr std::array<std::int64_t, 1> kOne = {1};
        editor.add_constant("low", DType::float32, kOne, std::as_bytes(std::span(kLow)));
        const TensorId high = editor.add_constant("high", DType::float32, kOne, std::as_bytes(std::span(kHigh)));
        const OperatorId clip = named(editor.network(), "y");
        editor.replace(clip, "Min");
        editor.read(clip, 1, high);
        edits.inserted.push_back({clip, "Max", "y.max", {"m", "low"}, {"y.floor"}});
        edits.inputs.push_back({clip, 0, "y.floor"});
      },
      [&](const Network& after) {
        REQUIRE(after.operators().size() == 3);
        CHECK(after.op(1).name == "y.max");
        CHECK(after.type_of(2) == "Min");
        check_outputs(net, after, {{"y", net.value("y")}});
      });
}

TEST_CASE("model.json keeps its layout around edited nodes") {
  const std::string text = model_text(R"("inputs": ["x"], "outputs": ["y"],
    "tensors": {"low": {"dtype": "float32", "shape": [], "data": [0]},
                "k": {"dtype": "float32", "shape": [1], "data": [2]}},
    "nodes": [
      {"op": "Identity", "inputs": ["x"], "outputs": ["t"], "mine": 1},
      {"op": "Clip",  "inputs": [ "t" , "low" ], "outputs": ["u"], "attributes": {"odd": 1}, "mine": [2]},
      {"op": "Mul", "inputs": ["u", "k"], "outputs": ["v"]},
      {"op": "Identity", "inputs": ["v"], "outputs": ["y"]}
    ])");
  const TemporaryFolder folder;
  Model model = read_text(folder, text);
  Rewriting rewriting;
  Editor editor(model.network, rewriting.graph);
  const TensorId x = *model.network.find("x"), y = *model.network.find("y");
  editor.read(1, 0, x);
  editor.remove(0);
  editor.replace(1, "Relu");
  editor.remove(3);
  editor.give(2, 0, y);
  editor.finish();
  CHECK(model.network.live_count() == 2);
  CHECK(model.network.consumers(x).size() == 1);
  write_model(model, rewriting, folder / "out.json");
  std::string expected = replaced(text, R"({"op": "Identity", "inputs": ["x"], "outputs": ["t"], "mine": 1},
      )",
                                  "");
  expected = replaced(expected, R"("low": {"dtype": "float32", "shape": [], "data": [0]},
                )",
                      "");
  expected = replaced(expected, R"("Clip",  "inputs": [ "t" , "low" ])", R"("Relu",  "inputs": ["x"])");
  expected = replaced(expected, R"({"odd": 1})", "{}");
  expected = replaced(expected, R"(["v"]},
      {"op": "Identity", "inputs": ["v"], "outputs": ["y"]})",
                      R"(["y"]})");
  CHECK(read_file(folder / "out.json") == expected);
}

namespace {

std::vector<std::string> names_of(const Network& network) {
  std::vector<std::string> names;
  for (const Operator& op : network.operators()) names.emplace_back(op.name);
  return names;
}

TensorId add_scalar(Editor& editor, const char* name, float value) {
  return editor.add_constant(name, DType::float32, {}, std::as_bytes(std::span(&value, 1)));
}

}  // namespace

TEST_CASE("Operators are put in where others stood, with attributes, and give what those gave") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto a = net.relu("a", x);
  net.output(net.op("Sigmoid", "y", {net.op("Neg", "n", {a})}));
  const Array before = net.value("a");
  std::vector<float> values(before.floats().begin(), before.floats().end());
  for (float& each : values) each = each * 3 + 1;
  each_format(
      net,
      [](Editor& editor, GraphEdits& edits) {
        const Network& network = editor.network();
        const OperatorId neg = named(network, "n"), last = named(network, "y");
        const TensorId in = network.op(neg).inputs[0], out = network.op(last).outputs[0];
        editor.begin("first");
        editor.remove(neg);
        editor.remove(last);
        const TensorId inner = editor.add_tensor("y/first/t"), three = add_scalar(editor, "y/first/three", 3);
        const TensorId one = add_scalar(editor, "y/first/one", 1);
        const std::array<TensorId, 2> product = {in, three}, sum = {inner, one};
        const OperatorId mul =
            editor.insert(last, "Mul", editor.free_name("y/first"), product, std::span(&inner, 1), {});
        const OperatorId add = editor.insert(last, "Add", "y", sum, std::span(&out, 1), {});  // the name is free again
        CHECK(editor.can_edit(mul));
        CHECK(editor.can_rebind({add, 1}));
        REQUIRE(editor.consumers(inner).size() == 1);
        CHECK(editor.consumers(inner)[0].op == add);
        CHECK(editor.consumers(in).size() == 1);
        CHECK(edits.rules == std::vector<std::string>{"", "first"});
        CHECK(edits.placed.size() == 2);
      },
      [&](const Network& after) {
        CHECK(names_of(after) == std::vector<std::string>{"a", "y/first", "y"});
        check_outputs(net, after, {{"y", Array(before.shape(), values)}});
      });
}

TEST_CASE("What is put in and taken out again is as if it had never been, and its place stays one") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  net.output(net.relu("y", net.relu("a", x)));
  each_format(
      net,
      [](Editor& editor, GraphEdits& edits) {
        const Network& network = editor.network();
        const OperatorId a = named(network, "a");
        const TensorId in = network.op(a).inputs[0], out = network.op(a).outputs[0];
        const auto put = [&](OperatorId place, const char* type, const char* name, TensorId from, TensorId to) {
          return editor.insert(place, type, name, std::span(&from, 1), std::span(&to, 1), {});
        };
        editor.begin("one");
        editor.remove(a);
        const TensorId scale = add_scalar(editor, "gone", 5), middle = editor.add_tensor("m");
        const std::array<TensorId, 2> both = {in, scale};
        const OperatorId mul = editor.insert(a, "Mul", "mul", both, std::span(&middle, 1), {});
        const OperatorId neg = put(a, "Neg", "neg", middle, out);
        editor.begin("two");
        editor.remove(mul);
        editor.remove(neg);
        CHECK(editor.consumers(in).empty());
        const TensorId t = editor.add_tensor("t"), u = editor.add_tensor("u");
        put(mul, "Relu", "first", in, t);  // where mul stood: before what stands where neg stood
        put(neg, "Abs", "third", u, out);
        put(neg, "Identity", "fourth", u, editor.add_tensor("unread"));
        put(mul, "Relu", "second", t, u);
        editor.remove(named(network, "fourth"));
        CHECK(std::count_if(edits.placed.begin(), edits.placed.end(), [](const auto& each) { return !each.gone; }) ==
              3);
      },
      [&](const Network& after) {
        CHECK(names_of(after) == std::vector<std::string>{"first", "second", "third", "y"});
        CHECK(after.live_count() == 4);
        for (const char* gone : {"gone", "m", "unread"}) CHECK_FALSE(after.find(gone));
        check_outputs(net, after, {{"y", net.value("y")}});
      });
}

TEST_CASE("A new operator has attributes of every kind, constants of every type, and absent inputs and outputs") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  net.output(net.relu("y", x));
  constexpr std::array<std::int64_t, 3> kInts = {3, -1, 2};
  constexpr std::array<double, 2> kReals = {1, 0.5};
  constexpr std::array<std::string_view, 2> kTexts = {"a", "inf"};
  constexpr std::array<std::int64_t, 1> kTwo = {2};
  constexpr std::array<std::uint8_t, 2> kBits = {1, 0};
  each_format(
      net,
      [&](Editor& editor, GraphEdits&) {
        const Network& network = editor.network();
        const OperatorId relu = named(network, "y");
        const TensorId in = network.op(relu).inputs[0], out = network.op(relu).outputs[0];
        editor.remove(relu);
        const Literal tensor = {DType::boolean, Shape(kTwo), std::as_bytes(std::span(kBits))};
        const std::vector<Attribute> attributes = {
            {"i", std::int64_t{-7}},
            {"f", 0.5},
            {"inf", std::numeric_limits<double>::infinity()},
            {"s", std::string_view("text \"quoted\"")},
            {"is", std::span<const std::int64_t>(kInts)},
            {"none", std::span<const std::int64_t>()},
            {"fs", std::span<const double>(kReals)},
            {"ss", std::span<const std::string_view>(kTexts)},
            {"t", tensor},
        };
        const TensorId ints = editor.add_constant("ints", DType::int64, kTwo, std::as_bytes(std::span(kInts).first(2)));
        const TensorId bit = editor.add_constant("bit", DType::boolean, {}, std::as_bytes(std::span(kBits).first(1)));
        const std::array<TensorId, 4> inputs = {in, kNone, ints, bit};
        const std::array<TensorId, 2> outputs = {kNone, out};
        editor.insert(relu, "my::Op", "z", inputs, outputs, attributes);
      },
      [&](const Network& after) {
        REQUIRE(after.operators().size() == 1);
        const Operator& op = after.op(0);
        CHECK(after.type_of(0) == "my::Op");
        REQUIRE(op.inputs.size() == 4);
        CHECK(op.inputs[1] == kNone);
        REQUIRE(op.outputs.size() == 2);
        CHECK(op.outputs[0] == kNone);
        CHECK(after.tensor(op.inputs[2]).dtype == DType::int64);
        CHECK(values_of(after, "ints") == std::vector<double>{3, -1});
        CHECK(after.tensor(op.inputs[3]).dtype == DType::boolean);
        CHECK(after.tensor(op.inputs[3]).shape.rank() == 0);
        CHECK(std::get<std::int64_t>(*op.find("i")) == -7);
        CHECK(std::get<double>(*op.find("f")) == 0.5);
        CHECK(std::get<double>(*op.find("inf")) == std::numeric_limits<double>::infinity());
        CHECK(std::get<std::string_view>(*op.find("s")) == "text \"quoted\"");
        CHECK(std::ranges::equal(std::get<std::span<const std::int64_t>>(*op.find("is")), kInts));
        CHECK(std::get<std::span<const std::int64_t>>(*op.find("none")).empty());
        CHECK(std::ranges::equal(std::get<std::span<const double>>(*op.find("fs")), kReals));
        CHECK(std::ranges::equal(std::get<std::span<const std::string_view>>(*op.find("ss")), kTexts));
        const auto& tensor = std::get<Literal>(*op.find("t"));
        CHECK(tensor.dtype == DType::boolean);
        CHECK(std::ranges::equal(tensor.bytes, std::as_bytes(std::span(kBits))));
      });
}

TEST_CASE("Where what is put in would be read before it is made, ONNX gets a sorted list of nodes") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto a = net.relu("a", x), b = net.op("Neg", "b", {a}), c = net.op("Abs", "c", {x});
  net.output(net.add("y", b, c));
  each_format(
      net,
      [](Editor& editor, GraphEdits&) {
        const Network& network = editor.network();
        const OperatorId early = named(network, "b");
        const TensorId late = *network.find("c"), out = network.op(early).outputs[0];
        const std::array<TensorId, 2> both = {network.op(early).inputs[0], late};
        editor.remove(early);
        editor.insert(early, "Sub", "b", both, std::span(&out, 1), {});
      },
      [&](const Network& after) {
        CHECK(after.operators().size() == 4);
        const Arrays values = evaluate(after, net.inputs(0));
        CHECK(identical(values.at("y"), net.value("a")));  // (a - |x|) + |x|, on x > 0 or 0 - |x| + |x|
      });
  const TemporaryFolder folder;
  Model model = read_model(net.save(folder.path(), "m"));
  Rewriting rewriting;
  Editor editor(model.network, rewriting.graph);
  const OperatorId early = named(model.network, "b");
  const TensorId late = *model.network.find("c"), out = model.network.op(early).outputs[0];
  editor.remove(early);
  editor.insert(early, "Neg", "b", std::span(&late, 1), std::span(&out, 1), {});
  editor.finish();
  write_model(model, rewriting, folder / "out.onnx");
  CHECK(names_of(read_model(folder / "out.onnx").network) == std::vector<std::string>{"a", "c", "b", "y"});
}

TEST_CASE("What a file says of a tensor goes with the tensor, and stays with one that keeps its name") {
  const TemporaryFolder folder;
  const std::string text = model_text(R"("inputs": [{"name": "x", "shape": [1, 2]}], "outputs": ["y"], "nodes": [
      {"name": "a", "op": "Relu", "inputs": ["x"], "outputs": ["t"]},
      {"name": "b", "op": "Neg", "inputs": ["t"], "outputs": ["u"]},
      {"name": "c", "op": "Abs", "inputs": ["u"], "outputs": ["y"]}],
      "opset": {"": 17}, "shapes": {"t": {"shape": [1, 2]}, "u": {"dtype": "float32", "shape": [1, 2]}})");
  for (const char* from : {"m.json", "m.onnx"}) {
    for (const char* to : {"out.json", "out.onnx"}) {
      INFO(from << " to " << to);
      write_model(read_text(folder, text), {}, folder / "m.onnx");
      Model model = read_model(folder / from);
      Rewriting rewriting;
      Editor editor(model.network, rewriting.graph);
      const TensorId x = *model.network.find("x"), u = *model.network.find("u");
      editor.remove(0);
      editor.remove(1);
      editor.insert(1, "Sin", "s", std::span(&x, 1), std::span(&u, 1), {});
      editor.finish();
      write_model(model, rewriting, folder / to);
      const std::string file = read_file(folder / to);
      CHECK(file.find("\"t\"") == std::string::npos);
      const Model again = read_model(folder / to);
      CHECK_FALSE(again.network.find("t"));
      CHECK(again.network.tensor(*again.network.find("u")).shape.rank() == 2);
    }
  }
}

TEST_CASE("Operators that made constants for what a rule took out go with it") {
  const TemporaryFolder folder;
  const std::string text = model_text(R"("opset": {"": 17}, "inputs": [{"name": "x", "shape": [1, 2]}],
    "outputs": ["y", "z"],
    "tensors": {"two": {"dtype": "float32", "shape": [2], "data": [2, 3]},
                "one": {"dtype": "int64", "shape": [2], "data": [1, 2]}},
    "nodes": [
      {"name": "c", "op": "Constant", "inputs": [], "outputs": ["shape"],
       "attributes": {"value": {"tensor": {"dtype": "int64", "shape": [2], "data": [1, 2]}}}},
      {"name": "s", "op": "Reshape", "inputs": ["two", "one"], "outputs": ["k"]},
      {"name": "i", "op": "Identity", "inputs": ["k"], "outputs": ["k2"]},
      {"name": "m", "op": "Mul", "inputs": ["x", "k2"], "outputs": ["t"]},
      {"name": "r", "op": "Reshape", "inputs": ["t", "shape"], "outputs": ["y"]},
      {"name": "q", "op": "Reshape", "inputs": ["x", "shape"], "outputs": ["z"]}])");
  for (const char* to : {"out.json", "out.onnx"}) {
    write_model(read_text(folder, text), {}, folder / "m.onnx");
    Model model = read_model(folder / "m.onnx");
    infer_shapes(model.network, Forms(model.network));
    Rewriting rewriting;
    Editor editor(model.network, rewriting.graph);
    const TensorId x = *model.network.find("x"), y = *model.network.find("y");
    editor.begin("nothing");
    editor.remove(named(model.network, "m"));
    editor.remove(named(model.network, "r"));
    editor.insert(named(model.network, "r"), "Relu", "r", std::span(&x, 1), std::span(&y, 1), {});
    editor.finish();
    write_model(model, rewriting, folder / to);
    const Model after = read_model(folder / to);
    std::vector<std::string> types;
    for (OperatorId id = 0; id < after.network.operators().size(); ++id) types.emplace_back(after.network.type_of(id));
    std::erase(types, "Constant");  // model.json has it as a constant
    CHECK(types == std::vector<std::string>{"Relu", "Reshape"});
    CHECK_FALSE(after.network.find("two"));
  }
}

TEST_CASE("An edit costs what it edits, however many readers a tensor has") {
  constexpr int kReaders = 200'000;  // one after the other, each looked for among the others, they would take minutes
  NetworkBuilder builder;
  const TensorId x = builder.tensor("x"), sum = builder.tensor("sum");
  builder.input(x);
  std::vector<TensorId> all;
  for (int i = 0; i < kReaders; ++i) {
    all.push_back(builder.tensor("t" + std::to_string(i)));
    builder.add("Relu", "r" + std::to_string(i), std::span(&x, 1), std::span(&all.back(), 1), {});
  }
  builder.add("Sum", "sum", all, std::span(&sum, 1), {});
  builder.output(sum);
  Network network = builder.finish();
  GraphEdits edits;
  Editor editor(network, edits);
  for (OperatorId id = 0; id < kReaders; ++id) {
    const TensorId out = network.op(id).outputs[0];
    editor.begin("each");
    editor.remove(id);
    editor.insert(id, "Abs", editor.free_name("abs"), std::span(&x, 1), std::span(&out, 1), {});
  }
  CHECK(editor.consumers(x).size() == kReaders);
  editor.finish();
  CHECK(network.consumers(x).size() == kReaders);
  CHECK(network.type_of(network.consumers(x)[0].op) == "Abs");
  const Rewriting rewriting = {.graph = edits};
  const Rewritten rewritten(network, rewriting);
  std::size_t operators = 0;
  rewritten.for_each_operator([&](const RewrittenOperator&) { ++operators; });
  CHECK(operators == kReaders + 1);
  CHECK(rewritten.is_sorted());
}

namespace {

// A network in a network: a -> n -> r -> b, where u goes through it as well.
std::string nested_text(std::string_view weights) {
  return model_text(fmt::format(R"("opset": {{"": 17}}, {}"inputs": [{{"name": "x", "shape": [1, 2]}}],
    "outputs": ["y", "z"],
    "nodes": [{{"name": "o", "op": "Graph", "inputs": ["x"], "outputs": ["t", "p"],
               "graph": {{"inputs": ["a"], "outputs": ["b", "a"],
                         "nodes": [{{"name": "n", "op": "Neg", "inputs": ["a"], "outputs": ["m"]}},
                                   {{"name": "r", "op": "Relu", "inputs": ["m"], "outputs": ["b"]}}]}}}},
              {{"name": "f", "op": "Relu", "inputs": ["t"], "outputs": ["y"]}},
              {{"name": "g", "op": "Neg", "inputs": ["p"], "outputs": ["z"]}}])",
                                weights));
}

}  // namespace

TEST_CASE("An edit within a nested network is written there") {
  for (const char* weights : {"", R"("weights": "w.safetensors", )"}) {
    for (const char* to : {"out.json", "out.onnx"}) {
      INFO(weights << to);
      const TemporaryFolder folder;
      write_file(folder / "w.safetensors", safetensors_file("{}", ""));
      Model model = read_text(folder, nested_text(weights));
      Rewriting rewriting;
      Editor editor(model.network, rewriting.graph);
      const Network& network = editor.network();
      const OperatorId neg = named(network, "o/n"), relu = named(network, "o/r"),
                       through = named(network, "o/Identity");
      CHECK(editor.can_edit(neg));
      CHECK_FALSE(editor.can_edit(through));
      CHECK(editor.can_rebind_all(*network.find("o/m")));
      CHECK_FALSE(editor.can_rebind_all(*network.find("x")));  // which is called a in there
      CHECK_FALSE(editor.can_rebind_all(*network.find("t")));
      const TensorId from = network.op(neg).inputs[0], out = network.op(relu).outputs[0];
      editor.begin("inside", network.op(relu).subgraph);
      editor.remove(neg);
      editor.remove(relu);
      const TensorId inner = editor.add_tensor("t/inside");
      CHECK(network.tensor(inner).name == "o/t/inside");
      const std::array<TensorId, 2> product = {from, add_scalar(editor, "k", 2)}, both = {inner, inner};
      editor.insert(relu, "Mul", editor.free_name("o/m1"), product, std::span(&inner, 1), {});
      const OperatorId last = editor.insert(relu, "Mul", "o/r", both, std::span(&out, 1), {});
      CHECK(network.op(last).subgraph == network.op(through).subgraph);
      editor.finish();
      write_model(model, rewriting, folder / to);
      const Model after = read_model(folder / to);
      const Arrays values = evaluate(after.network, {{"x", Array({1, 2}, std::vector<float>{-3, 5})}});
      CHECK(identical(values.at("y"), Array({1, 2}, std::vector<float>{36, 100})));
      CHECK(identical(values.at("z"), Array({1, 2}, std::vector<float>{3, -5})));
      CHECK(after.network.find_operator("o/m1"));
      if (std::string_view(to) == "out.json") CHECK(after.network.op(*after.network.find_operator("o/r")).nested());
    }
  }
}

TEST_CASE("What has no name where it would be read is not written") {
  const TemporaryFolder folder;
  for (const bool outside : {true, false}) {
    Model model = read_text(folder, nested_text(""));
    Rewriting rewriting;
    Editor editor(model.network, rewriting.graph);
    if (outside)
      editor.read(named(model.network, "g"), 0, *model.network.find("o/m"));
    else
      editor.read(named(model.network, "o/r"), 0, *model.network.find("z"));
    CHECK(contains(error_of([&] { write_model(model, rewriting, folder / "out.json"); }),
                   outside ? "tensor 'o/m': it has no name outside of its nested network"
                           : "tensor 'z': it has no name in the nested network 'o'"));
    CHECK_FALSE(std::filesystem::exists(folder / "out.json"));
  }
}
