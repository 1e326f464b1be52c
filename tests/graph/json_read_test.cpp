// model.json: what it may say, and the message for what it may not.
#include <cmath>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// A model of Relus x -> y with this in place of its keys.
constexpr const char* kRelu = R"("inputs": [{"name": "x", "shape": [1, 2]}], "outputs": ["y"],
"nodes": [{"name": "r", "op": "Relu", "inputs": ["x"], "outputs": ["y"]}])";

std::string error_of_text(const std::string& text) {
  const TemporaryFolder folder;
  std::string error = error_of([&] { read_text(folder, text); }, folder.path());
  if (error.substr(0, 8) == "m.json: ") error.erase(0, 8);
  return error;
}
std::string error_of_model(const std::string& rest) { return error_of_text(model_text(rest)); }

// The error without the line that it names.
std::string unplaced(std::string error) {
  const auto line = error.find("line ");
  const auto colon = error.find(": ", line);
  return line == std::string::npos ? error : error.erase(line, colon + 2 - line);
}

template <typename T>
const T& attribute(const Network& network, std::string_view name) {
  const AttributeValue* value = network.op(0).find(name);
  REQUIRE(value != nullptr);
  REQUIRE(std::holds_alternative<T>(*value));
  return std::get<T>(*value);
}

template <typename T>
std::vector<T> list(std::span<const T> values) {
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("A model with everything in it") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const Model model = read_text(folder, conv_model());
  const Network& network = model.network;
  CHECK(network.name() == "tiny");
  CHECK(network.opset() == 17);
  CHECK(network.opset("com.microsoft") == std::nullopt);
  REQUIRE(network.operators().size() == 1);
  CHECK(network.type_of(0) == "Conv");
  CHECK(network.op(0).name == "conv");
  REQUIRE(network.op(0).inputs.size() == 3);
  CHECK(network.inputs().size() == 1);
  const Tensor& x = network.tensor(network.inputs()[0]);
  CHECK(x.name == "x");
  CHECK(x.dtype == DType::float32);
  CHECK(to_string(x.shape) == "[?, 1, 4, 4]");
  CHECK(values_of(network, "w") == std::vector<double>{1.5, -3});
  CHECK(values_of(network, "b") == std::vector<double>{0.5, -1});
  REQUIRE(model.statistics.entries().size() == 1);
  const Statistic& y = *model.statistics.find(*network.find("y"));
  CHECK(list(y.min) == std::vector<double>{-1, 0.25});
  CHECK(list(y.max) == std::vector<double>{1.5, 2});
  CHECK(y.axis == 1);
  CHECK(y.text == R"({"min": [-1, 0.25], "max": [1.5, 2], "source": "kept"})");
  CHECK(model.sources.size() == 2);
  CHECK(model.bytes == conv_model().size() + conv_weights().size());
}

TEST_CASE("Keys may come in any order") {
  const TemporaryFolder folder;
  const Model model = read_text(folder, R"({"calibration": {"y": {"max": [2], "min": [1]}},
    "nodes": [{"outputs": ["y"], "inputs": ["b", "x", ""], "op": "my::Op"}], "outputs": [{"name": "y", "shape": [1, 1]}],
    "tensors": {"b": {"data": [1], "shape": [1], "dtype": "int8"}}, "inputs": ["x"], "version": 1,
    "format": "rewrite-engine/model", "opset": {"": 13, "my": 2}})");
  CHECK(model.network.op(0).name == "my::Op_0");
  CHECK(model.network.op(0).inputs[2] == kNone);
  CHECK(model.network.opset("my") == 2);
  CHECK(to_string(model.network.tensor(*model.network.find("y")).shape) == "[1, 1]");
  CHECK(model.network.tensor(*model.network.find("x")).dtype == DType::float32);
  CHECK_FALSE(model.network.tensor(*model.network.find("x")).shape.known());
  CHECK(model.statistics.entries().size() == 1);
}

TEST_CASE("Inline constants of every type") {
  const TemporaryFolder folder;
  const auto values = [&](const std::string& dtype, const std::string& data, int count) {
    const Model model =
        read_text(folder, model_text(std::string(kRelu) + R"(, "tensors": {"c": {"dtype": ")" + dtype +
                                     R"(", "shape": [)" + std::to_string(count) + R"(], "data": )" + data + "}}"));
    return values_of(model.network, "c");
  };
  CHECK(values("float32", "[0.1, -1, 1e2]", 3) == std::vector<double>{0.1F, -1, 100});
  CHECK(values("float64", "[0.1]", 1) == std::vector<double>{0.1});
  CHECK(values("float16", "[0.1, 65504, 5.9604644775390625e-08]", 3) ==
        std::vector<double>{0.0999755859375, 65504, 5.9604644775390625e-08});
  CHECK(values("bfloat16", "[0.1]", 1) == std::vector<double>{0.10009765625});
  CHECK(values("int8", "[-128, 127]", 2) == std::vector<double>{-128, 127});
  CHECK(values("uint8", "[0, 255]", 2) == std::vector<double>{0, 255});
  CHECK(values("int32", "[-2147483648]", 1) == std::vector<double>{-2147483648.0});
  CHECK(values("int64", "[-9007199254740991]", 1) == std::vector<double>{-9007199254740991.0});
  CHECK(values("bool", "[true, false, 1, 0]", 4) == std::vector<double>{1, 0, 1, 0});
  CHECK(values("float32", "[]", 0).empty());
  const auto special = values("float16", R"(["inf", "-inf", "nan"])", 3);
  CHECK(special[0] == INFINITY);
  CHECK(special[1] == -INFINITY);
  CHECK(std::isnan(special[2]));
}

TEST_CASE("Attributes of every kind") {
  const TemporaryFolder folder;
  const Model model =
      read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"], "nodes": [{"op": "Op", "inputs": ["x"],
    "outputs": ["y"], "attributes": {"i": 3, "f": 1.0, "e": 1e3, "s": "a\nb", "inf": "inf", "is": [1, -2], "fs": [1, 2.5, "-inf"],
    "ss": ["a", "inf"], "none": [], "t": {"tensor": {"dtype": "int64", "shape": [2], "data": [4, 5]}},
    "g": {"graph": {"nodes": [], "outputs": ["x"]}}}}])"));
  const Network& network = model.network;
  CHECK(attribute<std::int64_t>(network, "i") == 3);
  CHECK(attribute<double>(network, "f") == 1);
  CHECK(attribute<double>(network, "e") == 1000);
  CHECK(attribute<std::string_view>(network, "s") == "a\nb");
  CHECK(attribute<std::string_view>(network, "inf") == "inf");
  CHECK(list(attribute<std::span<const std::int64_t>>(network, "is")) == std::vector<std::int64_t>{1, -2});
  CHECK(list(attribute<std::span<const double>>(network, "fs")) == std::vector<double>{1, 2.5, -INFINITY});
  CHECK(list(attribute<std::span<const std::string_view>>(network, "ss")) == std::vector<std::string_view>{"a", "inf"});
  CHECK(attribute<std::span<const std::int64_t>>(network, "none").empty());
  CHECK(to_double(attribute<Literal>(network, "t")) == std::vector<double>{4, 5});
  CHECK(attribute<Opaque>(network, "g").text == R"({"nodes": [], "outputs": ["x"]})");
}

TEST_CASE("Equal attributes are one list, others are not taken for them") {
  const TemporaryFolder folder;
  const std::vector<std::string> spelled = {R"({"a": 1, "b": [2, 3]})",
                                            R"({"a": 1, "b": [2, 3]})",
                                            R"({"a": 1, "b": [2, 4]})",
                                            R"({"a": 1, "b": [2, 3]  })",
                                            "{}",
                                            "{}",
                                            R"({"t": {"tensor": {"dtype": "int8", "shape": [1], "data": [5]}}})",
                                            R"({"t": {"tensor": {"dtype": "int8", "shape": [1], "data": [5]}}})"};
  std::string nodes;
  for (std::size_t i = 0; i < spelled.size(); ++i)
    nodes += std::string(i ? ", " : "") + R"({"op": "F", "inputs": ["x"], "outputs": ["y)" + std::to_string(i) +
             R"("], "attributes": )" + spelled[i] + "}";
  const Model model = read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y0"], "nodes": [)" + nodes + "]"));
  const auto attributes = [&](OperatorId id) { return model.network.op(id).attributes; };
  const auto last = [&](OperatorId id) {
    return std::get<std::span<const std::int64_t>>(*model.network.op(id).find("b"))[1];
  };
  CHECK(attributes(0).data() == attributes(1).data());
  CHECK(last(1) == 3);
  CHECK(last(2) == 4);
  CHECK(last(3) == 3);
  CHECK(attributes(5).empty());
  CHECK(attributes(6).data() != attributes(7).data());
}

TEST_CASE("What a graph inside an attribute reads from around it is read by its node") {
  const TemporaryFolder folder;
  const Model model = read_text(folder, model_text(R"("inputs": ["x", "c"], "outputs": ["y"], "nodes": [
    {"op": "Relu", "name": "r", "inputs": ["x"], "outputs": ["a"]},
    {"op": "If", "name": "if", "inputs": ["c"], "outputs": ["y"], "attributes": {
      "then_branch": {"graph": {"inputs": [], "outputs": ["z"], "tensors": {"k": {}},
        "nodes": [{"op": "Add", "inputs": ["a", "k", ""], "outputs": ["u"]},
                  {"op": "Loop", "inputs": ["u"], "outputs": ["z"], "attributes": {
                     "body": {"graph": {"inputs": [{"name": "i"}], "outputs": ["x"], "nodes": []}}}},
                  {"op": "Graph", "inputs": ["u"], "outputs": [""], "graph": {"inputs": ["hidden"], "outputs": [],
                     "nodes": [{"op": "Relu", "inputs": ["hidden"], "outputs": ["r"]}]}}]}}}}])"));
  const Network& network = model.network;
  REQUIRE(network.op(1).inputs.size() == 3);
  CHECK(network.tensor(network.op(1).inputs[1]).name == "a");
  CHECK(network.tensor(network.op(1).inputs[2]).name == "x");
  CHECK(network.consumers(*network.find("a")).size() == 1);
  CHECK_FALSE(network.find("u"));
  CHECK_FALSE(network.find("hidden"));
}

TEST_CASE("Shapes complete each other") {
  const TemporaryFolder folder;
  const std::string rest =
      R"("inputs": [{"name": "x", "shape": [-1, 3, "h"]}], "outputs": [{"name": "y", "shape": [2, -1]}],
    "nodes": [{"op": "Op", "inputs": ["x"], "outputs": ["y"]}], "shapes": {"x": [7, 3, -1], "y": [-1, 5], "nobody": [1]})";
  const Model model = read_text(folder, model_text(rest));
  CHECK(to_string(model.network.tensor(*model.network.find("x")).shape) == "[7, 3, ?]");
  CHECK(to_string(model.network.tensor(*model.network.find("y")).shape) == "[2, 5]");
  CHECK(error_of_model(replaced(rest, "[7, 3, -1]", "[7, 4, -1]")) ==
        "tensor 'x': has the shape [?, 3, ?] in one place and [7, 4, ?] in another");
}

TEST_CASE("What is no model says what it is") {
  CHECK(error_of_text("") == "is empty, expected JSON");
  CHECK(error_of_text("{}") == "line 1, column 1: is not a model: expected \"format\": \"rewrite-engine/model\"");
  CHECK(error_of_text(R"({"name": "package", "version": "1.0.0"})") ==
        "line 1, column 1: is not a model: expected \"format\": \"rewrite-engine/model\"");
  CHECK(error_of_text(R"({"format": "rewrite-engine/stats"})") ==
        "line 1, column 12: expected \"format\" to be \"rewrite-engine/model\", found \"rewrite-engine/stats\"");
  CHECK(unplaced(error_of_text(R"({"format": "rewrite-engine/model", "version": 2})")) ==
        "expected \"version\" to be 1, found 2");
  CHECK(unplaced(error_of_model("\"inputs\": []")) == "the key \"outputs\" is missing");
  CHECK(unplaced(error_of_model(R"("inputs": [], "outputs": [], "node": [])")) ==
        "the key \"nodes\" is missing; is \"node\" meant to be it?");
  CHECK(unplaced(error_of_model(std::string(kRelu) + R"(, "outputs": [])")) ==
        "the key \"outputs\" stands here for the second time");
  CHECK(unplaced(error_of_model(std::string(kRelu) + R"(, "calibration": {}, "calibration": {})")) ==
        "the key \"calibration\" stands here for the second time");
  const TemporaryFolder folder;
  CHECK(error_of([&] { read_model(folder / "none.json"); }, folder.path()) == "none.json: there is no such file");
  CHECK(error_of([&] { read_model(folder / "m.txt"); }, folder.path()) ==
        "m.txt: the format of a model goes by its ending: expected .json or .onnx");
}

TEST_CASE("Mistakes in a node name it") {
  const auto node = [](const std::string& text) {
    return unplaced(error_of_model(R"("inputs": ["x"], "outputs": ["y"], "nodes": [)" + text + "]"));
  };
  CHECK(node(R"({"name": "r", "op": "Relu", "inputs": ["x"]})") == "node 'r', the key \"outputs\" is missing");
  CHECK(node(R"({"op": "Relu", "input": ["x"], "outputs": ["y"]})") ==
        "node 'Relu_0', the key \"inputs\" is missing; is \"input\" meant to be it?");
  CHECK(node(R"({"name": "r", "op": "Relu", "inputs": "x", "outputs": ["y"]})") ==
        "node 'r', expected \"inputs\" to be a list of names, found \"x\"");
  CHECK(node(R"({"name": "r", "op": "Relu", "inputs": [0], "outputs": ["y"]})") ==
        "node 'r', expected \"inputs\" to be a list of names, found 0");
  CHECK(node(R"({"name": "r", "op": "", "inputs": ["x"], "outputs": ["y"]})") ==
        "node 'r', \"op\" is empty, expected the name of an operator");
  CHECK(node(R"({"name": 7})") == "expected a string, found 7");
  CHECK(node("7") == "expected an object, found 7");
  CHECK(node(R"({"name": "r", "op": "Relu", "op": "Relu"})") ==
        "node 'r', the key \"op\" stands here for the second time");
  CHECK(node(R"({"name": "r", "op": "Relu", "inputs": ["z"], "outputs": ["y"]})") ==
        "node 'r': nothing produces its input 'z': no node, no input of the network, no constant");
  CHECK(node(R"({"name": "r", "op": "R", "inputs": ["x"], "outputs": ["y", "y"]})") ==
        "node 'r': its output 'y' is also an output of node 'r': a tensor has one producer");
  CHECK(node(R"({"name": "r", "op": "R", "inputs": ["y"], "outputs": ["y"]})") ==
        "nodes: they form a cycle: 'r' -> 'r'");
  CHECK(node("") == "output 'y': nothing produces this output of the network");
  const auto attribute_error = [&](const std::string& text) {
    return node(R"({"name": "r", "op": "R", "inputs": ["x"], "outputs": ["y"], "attributes": )" + text + "}");
  };
  CHECK(attribute_error("[]") == "node 'r', expected an object, found a list");
  CHECK(attribute_error(R"({"a": true})") ==
        "node 'r', attribute \"a\": expected an integer, a float, a string, a list of them, a tensor or a graph, found "
        "true");
  CHECK(attribute_error(R"({"a": [1, "x"]})") == "node 'r', attribute \"a\": its list mixes strings and numbers");
  CHECK(attribute_error(R"({"a": [[1]]})") ==
        "node 'r', attribute \"a\": expected an integer, a float or a string, found a list");
  CHECK(attribute_error(R"({"a": {}})") ==
        R"(node 'r', attribute "a": expected {"tensor": {...}}, {"graph": {...}}, {"float": ...}, )"
        R"({"floats": [...]}, {"strings": [...]} or {"type": {...}})");
  CHECK(attribute_error(R"({"a": 1, "b": 2, "a": 3})") == "node 'r', attribute \"a\" stands here twice");
  CHECK(attribute_error(R"({"g": {"graph": {"nodes": [{"inputs": ["lost"]}]}}})") ==
        "node 'r': nothing produces its input 'lost': no node, no input of the network, no constant");
}

TEST_CASE("The place in the text comes with the name") {
  CHECK(error_of_text("{\"format\": \"rewrite-engine/model\", \"version\": 1,\n\"inputs\": [], \"outputs\": [],\n"
                      "\"nodes\": [\n  {\"name\": \"r\", \"op\": \"R\",\n   \"inputs\": 3}]}") ==
        "node 'r', line 5, column 14: expected \"inputs\" to be a list of names, found 3");
}

TEST_CASE("Mistakes in attributes have their own place, also behind equal ones") {
  const auto error = [&](const std::string& attributes) {
    return error_of_text(
        R"({"format": "rewrite-engine/model", "version": 1, "inputs": ["x"], "outputs": ["b"], "nodes": [
{"name": "a", "op": "F", "inputs": ["x"], "outputs": ["a"], "attributes": {"k": [1, 2]}},
{"name": "b", "op": "F", "inputs": ["a"], "outputs": ["b"], "attributes": )" +
        attributes + "}]}");
  };
  const std::string missing = "is not JSON: a value, comma, colon or bracket is missing or out of place";
  CHECK(error(R"({"k": [1, 2]})") == "no error");
  CHECK(error(R"({"k": [1, 2})") == "node 'b', line 3, column 86: attribute \"k\": " + missing);
  CHECK(error(R"({"k": [1, 2]]})") == "node 'b', line 3, column 87: " + missing);
  CHECK(error(R"({"k": [1, 2]} "l": 3)") == "node 'b', line 3, column 89: " + missing);
  CHECK(error("[]") == "node 'b', line 3, column 75: expected an object, found a list");
  CHECK(error("3") == "node 'b', line 3, column 75: expected an object, found 3");
}

TEST_CASE("Mistakes in a tensor name it") {
  const auto tensor = [](const std::string& text) {
    return unplaced(error_of_model(std::string(kRelu) + R"(, "tensors": {"c": )" + text + "}"));
  };
  CHECK(tensor(R"({"dtype": "float32", "shape": [2]})") == "tensor 'c', the key \"data\" is missing");
  CHECK(
      tensor(R"({"dtype": "fp32", "shape": [1], "data": [1]})") ==
      "tensor 'c', the element type \"fp32\" is not known, expected float32, float16, bfloat16, float64, int8, uint8, "
      "int16, uint16, int32, uint32, int64, uint64 or bool");
  CHECK(tensor(R"({"dtype": "float32", "shape": [2], "data": [1]})") ==
        "tensor 'c', \"data\" has 1 elements, the shape [2] asks for 2");
  CHECK(tensor(R"({"dtype": "float32", "shape": [1], "data": [1, 2, 3]})") ==
        "tensor 'c', \"data\" has 3 elements, the shape [1] asks for 1");
  CHECK(tensor(R"({"dtype": "float32", "shape": [1000000000, 1000000000], "data": []})") ==
        "tensor 'c', \"data\" has fewer elements than the shape [1000000000, 1000000000] asks for");
  CHECK(tensor(R"({"dtype": "float32", "shape": [4294967296, 4294967296], "data": []})") ==
        "tensor 'c', its shape [4294967296, 4294967296] has more elements than can be counted");
  CHECK(tensor(R"({"dtype": "float32", "shape": [0, 4294967296, 4294967296], "data": []})") ==
        "tensor 'c', its shape [0, 4294967296, 4294967296] has more elements than can be counted");
  CHECK(tensor(R"({"dtype": "float32", "shape": [1000000], "data": [0]})") ==
        "tensor 'c', \"data\" has fewer elements than the shape [1000000] asks for");
  CHECK(tensor(R"({"dtype": "float32", "shape": [-1], "data": []})") ==
        "tensor 'c', a dimension is -1: a constant has dimensions of 0 and more");
  CHECK(tensor(R"({"dtype": "float16", "shape": [1], "data": [65520]})") ==
        "tensor 'c', 65520 is too large for float16");
  CHECK(tensor(R"({"dtype": "float32", "shape": [1], "data": ["Inf"]})") ==
        "tensor 'c', expected a number, found \"Inf\"");
  CHECK(tensor(R"({"dtype": "float32", "shape": [1], "data": [[1]]})") ==
        "tensor 'c', expected a number, found a list");
  CHECK(tensor(R"({"dtype": "int8", "shape": [1], "data": [128]})") == "tensor 'c', 128 does not fit int8");
  CHECK(tensor(R"({"dtype": "uint8", "shape": [1], "data": [-1]})") == "tensor 'c', -1 does not fit uint8");
  CHECK(tensor(R"({"dtype": "int32", "shape": [1], "data": [1.0]})") == "tensor 'c', expected an integer, found 1.0");
  CHECK(tensor(R"({"dtype": "bool", "shape": [1], "data": [2]})") ==
        "tensor 'c', expected true, false, 1 or 0, found 2");
  CHECK(
      tensor(
          R"({"dtype": "float32", "shape": [1], "data": [1]}, "c": {"dtype": "float32", "shape": [1], "data": [1]})") ==
      "tensor 'c': has a value already");
}

TEST_CASE("Mistakes at the border of the network") {
  const auto model = [](const std::string& inputs, const std::string& more = "") {
    return unplaced(error_of_model(R"("inputs": )" + inputs + R"(, "outputs": ["y"],
      "nodes": [{"name": "r", "op": "Relu", "inputs": ["x"], "outputs": ["y"]}])" +
                                   more));
  };
  CHECK(model(R"(["x"])") == "no error");
  CHECK(model(R"(["x", "x"])") == "input 'x': it stands twice among the inputs of the network");
  CHECK(model(R"(["x", "y"])") ==
        "node 'r': its output 'y' is an input of the network already: a tensor has one producer");
  CHECK(model(R"(["x"])", R"(, "tensors": {"x": {"dtype": "int8", "shape": [], "data": [1]}})") ==
        "input 'x': it is a constant too: a tensor has one producer, unless its entry says \"constant\": true");
  CHECK(model(R"([{"name": "x", "constant": true}])",
              R"(, "tensors": {"x": {"dtype": "int8", "shape": [], "data": [1]}})") == "no error");
  CHECK(model(R"(["x", {"name": "u", "constant": true}])") ==
        "input 'u': it says that it is a constant, but has no value");
  CHECK(model(R"([""])") == "expected the name of a tensor, found an empty one");
  CHECK(model(R"([{"shape": [1]}])") == "the key \"name\" is missing");
  CHECK(model(R"([{"name": "x", "shape": [0]}])") == "no error");
  CHECK(model(R"([{"name": "x", "shape": [1.5]}])") ==
        "expected a dimension: an integer of 0 or more, or -1 or a name where it is not known, found 1.5");
  CHECK(model(R"([{"name": "x", "shape": [-2]}])") ==
        "expected a dimension: an integer of 0 or more, or -1 or a name where it is not known, found -2");
}

TEST_CASE("Names of the user cannot break a message") {
  CHECK(unplaced(error_of_model(
            R"("inputs": ["x"], "outputs": [], "nodes": [{"name": "a\u001b[2J\nb", "op": "R", "inputs": 1}])")) ==
        "node 'a\\u001b[2J\\nb', expected \"inputs\" to be a list of names, found 1");
}

// --- calibration

TEST_CASE("Mistakes in the calibration name the tensor") {
  const auto entry = [](const std::string& text) {
    return unplaced(error_of_model(std::string(kRelu) + R"(, "calibration": {"y": )" + text + "}"));
  };
  CHECK(entry(R"({"min": [1], "max": [1]})") == "no error");
  CHECK(entry(R"({"min": [1, 2], "max": [1]})") == "calibration 'y', \"min\" has 2 numbers, \"max\" has 1");
  CHECK(entry(R"({"min": [1, 2], "max": [1, 2], "mean": [1]})") ==
        "calibration 'y', \"min\" has 2 numbers, \"mean\" has 1");
  CHECK(entry(R"({"min": [1, 2], "max": [1, 1.5]})") == "calibration 'y', channel 1: min 2 is larger than max 1.5");
  CHECK(entry(R"({"min": [1, "nan"], "max": [1, NaN], "note": -Infinity})") == "no error");
  CHECK(entry(R"({"min": ["inf"], "max": ["-inf"]})") == "no error");  // of what no value has reached
  CHECK(entry(R"({"min": [1, "none"], "max": [1, 2]})") ==
        "calibration 'y', \"min\": expected a number, found \"none\"");
  CHECK(entry(R"({"min": [1], "max": [1], "note": Nan})") == "calibration 'y', is not JSON: expected a value here");
  CHECK(entry(R"({"min": [1], "max": [1e999]})") == "calibration 'y', \"max\": is too large for a number");
  CHECK(entry(R"({"min": [], "max": []})") == "calibration 'y', \"min\" is empty, expected a number for each channel");
  CHECK(entry(R"({"min": [1]})") == "calibration 'y', the key \"max\" is missing");
  CHECK(entry(R"({"min": [1], "min": [1], "max": [1]})") ==
        "calibration 'y', the key \"min\" stands here for the second time");
  CHECK(entry(R"({"min": [1], "max": [1], "axis": 1.5})") == "calibration 'y', expected an integer, found 1.5");
  CHECK(entry(R"({"min": [1], "max": [1], "axis": 32})") == "calibration 'y', \"axis\" is 32, which no tensor has");
  CHECK(entry(R"({"min": [1], "max": [1]}, "y": {"min": [1], "max": [1]})") ==
        "calibration 'y', the key \"y\" stands here for the second time");
  CHECK(entry("[]") == "calibration 'y', expected an object, or two numbers [lo, hi], found a list of 0");
  CHECK(unplaced(error_of_model(std::string(kRelu) + R"(, "calibration": [])")) == "expected an object, found a list");
}

TEST_CASE("A file of statistics adds to the model's and wins") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const auto read = [&](const std::string& text) {
    Model model = read_text(folder, conv_model());
    write_file(folder / "stats.json", text);
    read_statistics(folder / "stats.json", model);
    return model;
  };
  const std::string entries =
      R"({"y": {"min": [5, 5], "max": [6, 7], "axis": -3}, "x": {"min": [0], "max": [1]}, "gone": {"min": [0], "max": [1]}})";
  for (const std::string& text :
       {entries, R"({"format": "rewrite-engine/stats", "version": 1, "note": 1, "tensors": )" + entries + "}"}) {
    const Model model = read(text);
    const Network& network = model.network;
    CHECK(model.statistics.find(*network.find("y"))->min[1] == 5);
    CHECK(model.statistics.find(*network.find("x"))->max[0] == 1);
    CHECK(model.statistics.entries().size() == 3);
    CHECK(model.statistics.entries()[2].tensor == kNone);
    CHECK(model.sources.size() == 3);
  }
  const auto error = [&](const std::string& text) {
    const std::string what = error_of([&] { read(text); }, folder.path());
    return unplaced(what.substr(what.find("stats.json: ") == 0 ? 12 : 0));
  };
  CHECK(error(R"({"y": {"min": [2], "max": [1]}})") == "calibration 'y', channel 0: min 2 is larger than max 1");
  CHECK(error(R"({"format": "rewrite-engine/model", "version": 1, "tensors": {}})") ==
        "expected \"format\" to be \"rewrite-engine/stats\", as calibrate writes it, found \"rewrite-engine/model\"");
  CHECK(error(R"({"format": "rewrite-engine/stats", "version": 3, "tensors": {}})") ==
        "expected \"version\" to be 1, found 3");
  CHECK(error(R"({"format": "rewrite-engine/stats", "version": 1})") == "the key \"tensors\" is missing");
  CHECK(error(R"({"format": {"min": [0], "max": [1]}})") == "no error");  // a tensor of that name
  CHECK(error("") == "is empty, expected JSON");
}
