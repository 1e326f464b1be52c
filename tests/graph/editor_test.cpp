// Edits of the graph, made by the editor and written by each format: the written network computes what it shall, and
// what was not edited comes out byte for byte.
#include "graph/editor.hpp"

#include <cmath>

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

TEST_CASE("Operators within a nested network are not edited") {
  const TemporaryFolder folder;
  Model model = read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"],
    "nodes": [{"name": "o", "op": "Graph", "inputs": ["x"], "outputs": ["t"],
               "graph": {"inputs": ["a"], "outputs": ["b"],
                         "nodes": [{"op": "Relu", "inputs": ["a"], "outputs": ["b"]}]}},
              {"op": "Relu", "inputs": ["t"], "outputs": ["y"]}])"));
  GraphEdits edits;
  const Editor editor(model.network, edits);
  CHECK_FALSE(editor.can_edit(0));
  CHECK(editor.can_edit(1));
  CHECK_FALSE(editor.can_rebind_all(*model.network.find("x")));
  CHECK(editor.can_rebind_all(*model.network.find("t")));
}
