// Nested networks: flattened on reading, nested again on writing.
#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// x -> first -> block(inner conv with its own weight, relu) -> y; the bias of the conv comes from outside.
std::string nested_model() {
  return model_text(R"("inputs": [{"name": "x", "shape": [1, 2, 3, 3]}], "outputs": ["y"], "weights": "w.safetensors",
"tensors": {"shared": {"dtype": "float32", "shape": [2], "data": [1, 2]}},
"nodes": [
  {"name": "first", "op": "Conv", "inputs": ["x", "w", "shared"], "outputs": ["t"]},
  {"name": "block", "op": "Graph", "inputs": ["t", "shared"], "outputs": ["y"], "graph": {
    "inputs": ["x", {"name": "b", "shape": [2]}], "outputs": ["out"],
    "tensors": {"k": {"dtype": "float32", "shape": [1], "data": [3]}},
    "nodes": [
      {"name": "conv", "op": "Conv", "inputs": ["x", "w", "b"], "outputs": ["c"]},
      {"op": "Mul", "inputs": ["c", "k"], "outputs": ["out"]}],
    "shapes": {"c": [1, 2, 3, 3]}, "own": 1}},
  {"op": "Abs", "inputs": ["t"], "outputs": ["unused"]}],
"calibration": {"block/c": {"min": [0, 0], "max": [1, 1]}, "block/x": {"min": [0, 0], "max": [1, 2]}})");
}

std::string nested_weights() {
  return safetensors_file(
      R"({"w":{"dtype":"F32","shape":[2,2,1,1],"data_offsets":[0,16]},"block/w":{"dtype":"F32","shape":[2,2,1,1],"data_offsets":[16,32]}})",
      bytes_of<float>({1, 2, 3, 4, 5, 6, 7, 8}));
}

Model read_nested(const TemporaryFolder& folder, const std::string& text) {
  write_file(folder / "w.safetensors", nested_weights());
  return read_text(folder, text);
}

std::vector<std::string> names_of(const Network& network, std::span<const TensorId> ids) {
  std::vector<std::string> names;
  for (const TensorId id : ids) names.emplace_back(id == kNone ? "" : network.tensor(id).name);
  return names;
}

std::string error_of_block(const std::string& inputs, const std::string& outputs, const std::string& graph) {
  const TemporaryFolder folder;
  const std::string text = model_text(R"("inputs": ["x"], "outputs": [], "nodes": [{"name": "block", "op": "Graph",
"inputs": )" + inputs + R"(, "outputs": )" +
                                      outputs + R"(, "graph": )" + graph + "}]");
  const std::string error = error_of([&] { read_text(folder, text); }, folder.path());
  return error.substr(error.find(": ") == 6 ? 8 : 0);
}

}  // namespace

TEST_CASE("A nested network is seen through") {
  const TemporaryFolder folder;
  const Model model = read_nested(folder, nested_model());
  const Network& network = model.network;
  REQUIRE(network.operators().size() == 4);
  CHECK(network.op(0).name == "first");
  CHECK(network.op(1).name == "block/conv");
  CHECK(network.op(2).name == "block/Mul_1");
  CHECK(network.op(3).name == "Abs_2");
  CHECK(names_of(network, network.op(1).inputs) == std::vector<std::string>{"t", "block/w", "shared"});
  CHECK(names_of(network, network.op(2).outputs) == std::vector<std::string>{"y"});
  CHECK(network.find("block/x") == network.find("t"));
  CHECK(network.find("block/out") == network.find("y"));
  CHECK(values_of(network, "block/w") == std::vector<double>{5, 6, 7, 8});
  CHECK(values_of(network, "block/k") == std::vector<double>{3});
  CHECK(to_string(network.tensor(*network.find("block/c")).shape) == "[1, 2, 3, 3]");
  CHECK(model.statistics.find(*network.find("t"))->max[1] == 2);  // by its inner name
  CHECK(model.statistics.find(*network.find("block/c")) != nullptr);
}

TEST_CASE("Keys of a nested network may come in any order") {
  const TemporaryFolder folder;
  // As a writer that sorts its keys would have it: what is inside stands before what it is bound to.
  const Model model = read_text(folder, model_text(R"("inputs": ["x"], "nodes": [
    {"graph": {"nodes": [{"inputs": ["i", "k"], "name": "n", "op": "Add", "outputs": ["o"]}],
               "tensors": {"k": {"data": [1], "dtype": "float32", "shape": []}}, "outputs": ["o"], "inputs": ["i"]},
     "inputs": ["x"], "name": "g", "op": "Graph", "outputs": ["y"]},
    {"outputs": ["z"], "op": "Graph", "graph": {"nodes": [{"op": "Relu", "inputs": ["a"], "outputs": ["b"]}], "inputs": ["a"], "outputs": ["b"]},
     "inputs": ["y"]}], "outputs": ["z"])"));
  const Network& network = model.network;
  REQUIRE(network.operators().size() == 2);
  CHECK(network.op(0).name == "g/n");
  CHECK(names_of(network, network.op(0).inputs) == std::vector<std::string>{"x", "g/k"});
  CHECK(network.op(1).name == "Graph_1/Relu_0");
  CHECK(names_of(network, network.op(1).outputs) == std::vector<std::string>{"z"});
}

TEST_CASE("Two nested networks of one name keep their names apart") {
  const TemporaryFolder folder;
  const std::string block = R"({"name": "b", "op": "Graph", "inputs": ["IN"], "outputs": ["OUT"], "graph":
    {"inputs": ["i"], "outputs": ["o"], "nodes": [{"op": "Relu", "inputs": ["i"], "outputs": ["m"]}, {"op": "Abs", "inputs": ["m"], "outputs": ["o"]}]}})";
  const auto named = [&](const char* in, const char* out) { return replaced(replaced(block, "IN", in), "OUT", out); };
  const Model model = read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["z"], "nodes": [)" +
                                                   named("x", "y") + ", " + named("y", "z") + "]"));
  CHECK(model.network.find("b/m"));
  CHECK(model.network.find("Graph_1/m"));
  CHECK(model.network.op(2).name == "Graph_1/Relu_0");
}

TEST_CASE("A tensor that passes through a nested network is handed on") {
  const TemporaryFolder folder;
  const Model model = read_text(
      folder, model_text(R"("inputs": ["x"], "outputs": ["a", "b", "c"], "nodes": [{"name": "g", "op": "Graph",
    "inputs": ["x"], "outputs": ["a", "b", "c"], "graph": {"inputs": ["i"], "outputs": ["i", "o", "o"],
    "nodes": [{"op": "Relu", "inputs": ["i"], "outputs": ["o"]}]}}])"));
  const Network& network = model.network;
  REQUIRE(network.operators().size() == 3);
  CHECK(network.type_of(1) == "Identity");
  CHECK(names_of(network, network.op(1).inputs) == std::vector<std::string>{"x"});
  CHECK(names_of(network, network.op(1).outputs) == std::vector<std::string>{"a"});
  CHECK(names_of(network, network.op(2).inputs) == std::vector<std::string>{"b"});
  CHECK(names_of(network, network.op(2).outputs) == std::vector<std::string>{"c"});
  // It has no place in the text, and the text comes out as it was.
  write_model(model, {}, folder / "out.json");
  CHECK(read_file(folder / "out.json") == read_file(folder / "m.json"));
}

TEST_CASE("A constant can leave a nested network, and an input can be absent in it") {
  const TemporaryFolder folder;
  const Model model = read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"], "nodes": [
    {"name": "g", "op": "Graph", "inputs": ["x", ""], "outputs": ["k", "", "r"], "graph": {"inputs": ["i", "bias"], "outputs": ["k", "n", "o"],
      "tensors": {"k": {"dtype": "float32", "shape": [], "data": [4]}},
      "nodes": [{"op": "Conv", "inputs": ["i", "k", "bias"], "outputs": ["o"]}]}},
    {"op": "Mul", "inputs": ["r", "k"], "outputs": ["y"]}])"));
  const Network& network = model.network;
  CHECK(values_of(network, "k") == std::vector<double>{4});
  CHECK(network.find("g/k") == network.find("k"));
  CHECK(names_of(network, network.op(0).inputs) == std::vector<std::string>{"x", "k", ""});
}

TEST_CASE("Mistakes at the border of a nested network") {
  const std::string relu = R"("nodes": [{"name": "r", "op": "Relu", "inputs": ["i"], "outputs": ["o"]}])";
  CHECK(error_of_block(R"(["x"])", R"(["y"])", R"({"inputs": ["i"], "outputs": ["o"], )" + relu + "}") == "no error");
  CHECK(error_of_block("[]", R"(["y"])", R"({"inputs": ["i"], "outputs": ["o"], )" + relu + "}") ==
        "node 'block', line 2, column 53: the node has 0 inputs, its network 1");
  CHECK(error_of_block(R"(["x"])", "[]", R"({"inputs": ["i"], "outputs": ["o"], )" + relu + "}")
            .find("the node has 0 outputs, its network 1") != std::string::npos);
  CHECK(error_of_block(R"(["x", "x"])", R"(["y"])", R"({"inputs": ["i", "i"], "outputs": ["o"], )" + relu + "}")
            .find("'i' stands twice among the inputs") != std::string::npos);
  CHECK(error_of_block(R"(["x"])", R"(["y"])", R"({"inputs": ["o"], "outputs": ["y"], )" + relu + "}")
            .find("node 'block/r'") == 0);
  CHECK(error_of_block(R"(["x"])", R"(["y"])", R"({"inputs": ["i"], "outputs": ["o"]})")
            .find("the key \"nodes\" is missing") != std::string::npos);
  CHECK(error_of_block(R"(["x"])", R"(["y"])", "3").find("expected \"graph\" to be an object, found 3") !=
        std::string::npos);
  CHECK(error_of_block(
            R"(["x"])", R"(["y"])",
            R"({"inputs": ["i"], "outputs": ["o"], "tensors": {"i": {"dtype": "int8", "shape": [], "data": [1]}}, )" +
                relu + "}")
            .find("tensor 'block/i', line") == 0);
  // What is inside sees nothing of what is outside.
  CHECK(
      error_of_block(
          R"(["x"])", R"(["y"])",
          R"({"inputs": ["i"], "outputs": ["o"], "nodes": [{"name": "r", "op": "Relu", "inputs": ["x"], "outputs": ["o"]}]})") ==
      "node 'block/r': nothing produces its input 'block/x': no node, no input of the network, no constant");
  const TemporaryFolder folder;
  CHECK(error_of([&] {
          read_text(
              folder,
              model_text(R"("inputs": [], "outputs": [], "nodes": [{"op": "Graph", "inputs": [], "outputs": []}])"));
        }).find("the key \"graph\" is missing") != std::string::npos);
}

TEST_CASE("Networks may be nested 200 deep") {
  const auto nested = [](int depth) {
    std::string open =
        R"({"op": "Graph", "name": "g", "inputs": ["x"], "outputs": ["y"], "graph": {"inputs": ["x"], "outputs": ["y"], "nodes": [)";
    std::string text = R"({"op": "Relu", "name": "r", "inputs": ["x"], "outputs": ["y"]})";
    for (int i = 0; i < depth; ++i) text.insert(0, open).append("]}}");
    return model_text(R"("inputs": ["x"], "outputs": ["y"], "nodes": [)" + text + "]");
  };
  const TemporaryFolder folder;
  const Model model = read_text(folder, nested(200));
  REQUIRE(model.network.operators().size() == 1);
  CHECK(model.network.op(0).name.size() == 2 * 200 + 1);
  CHECK(error_of([&] { read_text(folder, nested(201)); }).find("networks are nested more than 200 levels deep") !=
        std::string::npos);
  CHECK(error_of([&] { read_text(folder, nested(2000)); }).find("networks are nested more than 200 levels deep") !=
        std::string::npos);
}

TEST_CASE("Long names of nested networks do not multiply without limit") {
  const TemporaryFolder folder;
  std::string text = R"({"op": "Relu", "inputs": ["x"], "outputs": ["y"]})";
  for (int i = 0; i < 150; ++i)
    text.insert(0,
                R"({"op": "Graph", "name": ")" + std::string(10000, 'n') +
                    R"(", "inputs": ["x"], "outputs": ["y"], "graph": {"inputs": ["x"], "outputs": ["y"], "nodes": [)")
        .append("]}}");
  CHECK(error_of([&] {
          read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"], "nodes": [)" + text + "]"));
        }).find("the names of its nested networks are too long") != std::string::npos);
}

TEST_CASE("Edits and copies on both sides of the border come back nested") {
  const TemporaryFolder folder;
  const Model model = read_nested(folder, nested_model());
  const Network& network = model.network;
  const TensorId shared = *network.find("shared"), inner = *network.find("block/w");
  Rewriting rewriting;
  rewriting.constants.push_back({*network.find("block/k"), {{2, 1, 1}, {2}, {{AxisMask::of({0}), {1, 2}}}}});
  rewriting.constants.push_back(
      {*network.find("w"), {{2, 2, 1, 1}, {2, 2}, {{rw::graph::AxisMask::of({0}), {10, 1}}}}});
  rewriting.copies.push_back({"block/shared@block/conv", shared, {{2}, {2}, {{AxisMask::of({0}), {3, 5}}}}});
  rewriting.copies.push_back(
      {"block/w@block/conv", inner, {{2, 2, 1, 1}, {2, 2}, {{rw::graph::AxisMask::of({1}), {1, 2}}}}});
  rewriting.rebindings.push_back({1, 2, 0});
  rewriting.rebindings.push_back({1, 1, 1});
  rewriting.statistics.push_back({*network.find("t"), {2, 4}});
  write_model(model, rewriting, folder / "out.json");

  std::string expected = nested_model();
  expected = replaced(expected, "\"w.safetensors\"", "\"out.safetensors\"");
  expected = replaced(
      expected, R"({"k": {"dtype": "float32", "shape": [1], "data": [3]}})",
      R"({"shared@block/conv": {"dtype": "float32", "shape": [2], "data": [3, 10]}, "k": {"dtype": "float32", "shape": [2, 1, 1], "data": [3, 6]}})");
  expected =
      replaced(expected, R"("inputs": ["x", "w", "b"])", R"("inputs": ["x", "w@block/conv", "shared@block/conv"])");
  expected = replaced(expected, R"("block/x": {"min": [0, 0], "max": [1, 2]})",
                      R"("block/x": {"min": [0, 0], "max": [2, 8]})");
  CHECK(read_file(folder / "out.json") == expected);

  const Model after = read_model(folder / "out.json");
  CHECK(names_of(after.network, after.network.op(1).inputs) ==
        std::vector<std::string>{"t", "block/w@block/conv", "block/shared@block/conv"});
  CHECK(values_of(after.network, "block/w@block/conv") == std::vector<double>{5, 12, 7, 16});
  CHECK(values_of(after.network, "block/shared@block/conv") == std::vector<double>{3, 10});
  CHECK(values_of(after.network, "w") == std::vector<double>{10, 20, 3, 4});
  CHECK(values_of(after.network, "shared") == std::vector<double>{1, 2});
}
