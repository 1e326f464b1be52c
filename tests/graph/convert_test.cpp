// What a model declares, on the way to the other format and back.
#include <limits>

#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/onnx_said.hpp"

using namespace rw::graph;
using namespace rw::test;
namespace o = rw::test::onnx;

namespace {

// --- types of ONNX, as TypeProto

o::Message dim(std::int64_t size) { return o::number(1, size); }
o::Message dim(const std::string& name) { return o::bytes(2, name); }
o::Message tensor_type(int element, const o::Parts& dims) {
  o::Message shape;
  for (const o::Message& each : dims) shape += o::bytes(1, each);
  return o::bytes(1, o::number(1, element) + o::bytes(2, shape));
}
o::Message unranked(int element) { return o::bytes(1, o::number(1, element)); }
o::Message sequence(const o::Message& of) { return o::bytes(4, o::bytes(1, of)); }
o::Message optional(const o::Message& of) { return o::bytes(9, o::bytes(1, of)); }
o::Message map(int key, const o::Message& value) { return o::bytes(5, o::number(1, key) + o::bytes(2, value)); }
o::Message said(const std::string& name, const o::Message& type) { return o::bytes(1, name) + o::bytes(2, type); }

// A model with operators of other domains alone.
struct Parts {
  o::Parts nodes, initializers, inputs, outputs, inner;

  std::string model(const std::vector<std::pair<std::string, std::int64_t>>& opsets = {{"my", 3}}) const {
    o::Message graph = o::graph(nodes, initializers, inputs, outputs);
    for (const o::Message& each : inner) graph += o::bytes(13, each);
    std::string text = o::number(1, 8) + o::bytes(7, graph);
    for (const auto& [domain, version] : opsets) text += o::bytes(8, o::bytes(1, domain) + o::number(2, version));
    return text;
  }
};

o::Message my(const std::string& type, const o::Names& inputs, const o::Names& outputs,
              const o::Parts& attributes = {}) {
  return o::node(type, inputs, outputs, attributes, type + " " + outputs[0], "my");
}

struct Way {
  TemporaryFolder folder;
  std::vector<std::string> told;
  std::string json, back;

  explicit Way(const std::string& onnx, const Rewriting& rewriting = {}) {
    write_file(folder / "m.onnx", onnx);
    write_model(read_model(folder / "m.onnx"), rewriting, folder / "there.json");
    json = read_file(folder / "there.json");
    write_model(read_model(folder / "there.json"), {}, folder / "back.onnx");
    back = read_file(folder / "back.onnx");
    told = differences(onnx_said(onnx), onnx_said(back));
  }
  bool says(const std::string& text) const { return json.find(text) != std::string::npos; }
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("Dimensions keep their names, and 0 stays 0") {
  const Way way(Parts{
      .nodes = {my("Op", {"x"}, {"t"}), my("Op", {"t"}, {"y"})},
      .inputs = {said("x", tensor_type(1, {dim("batch"), dim(0), o::Message(), dim(3)}))},
      .outputs = {said("y", tensor_type(11, {dim("batch"), dim(0)}))},
      .inner = {said("t", tensor_type(7, {dim(0), dim("n+1")}))},
  }
                    .model());
  CHECK(way.told == Told{});
  CHECK(way.says(R"({"name": "x", "dtype": "float32", "shape": ["batch", 0, -1, 3]})"));
  CHECK(way.says(R"({"name": "y", "dtype": "float64", "shape": ["batch", 0]})"));
  CHECK(way.says(R"("t": {"dtype": "int64", "shape": [0, "n+1"]})"));
}

TEST_CASE("Values that are no tensors of numbers keep their types") {
  const Way way(Parts{
      .nodes = {my("Op", {"text", "list", "perhaps", "table"}, {"t", "u"}), my("Op", {"t", "u"}, {"y"})},
      .inputs = {said("text", tensor_type(8, {dim("n")})), said("list", sequence(tensor_type(1, {dim("n"), dim(2)}))),
                 said("perhaps", optional(sequence(unranked(6)))), said("table", map(7, map(8, unranked(1))))},
      .outputs = {said("y", sequence(o::Message()))},
      .inner = {said("t", optional(unranked(8))), said("u", sequence(map(8, tensor_type(10, {}))))},
  }
                    .model());
  CHECK(way.told == Told{});
  CHECK(way.says(R"({"name": "text", "dtype": "string", "shape": ["n"]})"));
  CHECK(way.says(R"({"name": "list", "sequence": {"dtype": "float32", "shape": ["n", 2]}})"));
  CHECK(way.says(R"({"name": "perhaps", "optional": {"sequence": {"dtype": "int32"}}})"));
  CHECK(way.says(R"({"name": "table", "map": {"key": "int64", "value": {"map": {"key": "string", "value": )"
                 R"({"dtype": "float32"}}}}})"));
  CHECK(way.says(R"({"name": "y", "sequence": {}})"));
  CHECK(way.says(R"("u": {"sequence": {"map": {"key": "string", "value": {"dtype": "float16", "shape": []}}}})"));
}

TEST_CASE("Nothing is said of tensors of which the file says nothing") {
  const Parts parts = {.nodes = {o::node("Relu", {"x"}, {"t"}), o::node("Relu", {"t"}, {"u"}), my("Op", {"u"}, {"y"})},
                       .inputs = {said("x", unranked(10))},
                       .outputs = {o::bytes(1, "y")},
                       .inner = {said("u", tensor_type(10, {dim(-1)}))}};
  const Way way(parts.model({{"", 17}, {"my", 1}}));
  CHECK(way.told == Told{});
  CHECK(way.says(R"("outputs": [
    {"name": "y"}
  ])"));
  CHECK(way.says(R"("shapes": {
    "u": {"dtype": "float16", "shape": [-1]}
  })"));
}

TEST_CASE("An initializer among the inputs stays there") {
  const Parts parts = {.nodes = {my("Op", {"x", "w"}, {"y"})},
                       .initializers = {o::floats("w", {2, 1}, {1, 2}), o::ints("unread", {1}, {7})},
                       .inputs = {o::value("w", {2, 1}), o::value("x", {2, 3}), o::bytes(1, "unread")},
                       .outputs = {o::value("y", {})},
                       .inner = {o::value("unread", {1}, 7)}};
  const Way way(parts.model());
  CHECK(way.told == Told{});
  CHECK(way.says(R"({"name": "w", "dtype": "float32", "shape": [2, 1], "constant": true})"));
  CHECK(way.says(R"({"name": "unread", "constant": true})"));

  const Model json = read_model(way.folder / "there.json");
  CHECK(json.network.inputs().size() == 1);
  CHECK(values_of(json.network, "w") == std::vector<double>{1, 2});
  const TensorId w = json.network.find("w").value();
  const Rewriting grown = {.constants = {{w, {{2, 3}, {2, 3}, {{AxisMask::of({1}), {1, 2, 4}}}}}}};

  SECTION("and says its new shape in model.json") {
    write_model(json, grown, way.folder / "grown.json");
    CHECK(read_file(way.folder / "grown.json").find(R"("w", "dtype": "float32", "shape": [2, 3])") !=
          std::string::npos);
    CHECK(values_of(read_model(way.folder / "grown.json").network, "w") == std::vector<double>{1, 2, 4, 2, 4, 8});
  }
  SECTION("and in ONNX") {
    write_model(json, grown, way.folder / "grown.onnx");
    CHECK(onnx_said(read_file(way.folder / "grown.onnx")).inputs.at(0).type == "1[2, 3]");
  }
  SECTION("on the way to model.json") {
    const Way changed(parts.model(), grown);
    CHECK(changed.says(R"({"name": "w", "dtype": "float32", "shape": [2, 3], "constant": true})"));
  }
}

TEST_CASE("Of what contradicts itself the first word counts") {
  const Way way(Parts{
      .nodes = {my("Op", {"x", "w"}, {"t"}), my("Op", {"t"}, {"y"})},
      .initializers = {o::floats("w", {2}, {1, 2})},
      .inputs = {o::value("x", {2, 3}), o::value("w", {2}, 2)},
      .outputs = {o::value("y", {4}), o::value("x", {2, 4})},
      .inner = {o::value("w", {3}), o::value("t", {-1, 7}), o::value("t", {6}), o::value("y", {4}, 7)},
  }
                    .model());
  CHECK(way.told == Told{});
  CHECK(way.says(R"({"name": "w", "constant": true})"));
  CHECK(way.says(R"({"name": "x"})"));
  CHECK(way.says(R"("shapes": {
    "t": {"dtype": "float32", "shape": ["n", 7]}
  })"));
  for (const char* file : {"m.onnx", "there.json", "back.onnx"}) {
    const Model model = read_model(way.folder / file);
    const auto shape = [&](const char* name) {
      return to_string(model.network.tensor(*model.network.find(name)).shape);
    };
    CHECK(shape("x") == "[2, 3]");
    CHECK(shape("y") == "[4]");
    CHECK(shape("t") == "[?, 7]");
    CHECK(model.network.tensor(*model.network.find("y")).dtype == DType::float32);
  }
}

TEST_CASE("A constant that grows says its new shape wherever the file speaks of it") {
  const TemporaryFolder folder;
  const std::string text = model_text(R"("inputs": ["x"], "outputs": ["y"],
    "shapes": {"k": [], "y": [3, 4]},
    "tensors": {"k": {"dtype": "float32", "shape": [], "data": [3]}},
    "nodes": [{"name": "in", "op": "Graph", "inputs": ["x", "k"], "outputs": ["y"], "graph": {
       "inputs": ["a", {"shape": [ ], "name": "b"}], "outputs": ["c"], "shapes": {"b": {"dtype": "float32", "shape": []}},
       "nodes": [{"op": "Mul", "inputs": ["a", "b"], "outputs": ["c"]}]}}])");
  const Model model = read_text(folder, text);
  write_model(model, {.constants = {{*model.network.find("k"), {{3, 1}, {3}, {{AxisMask::of({0}), {1, 0.5, 2}}}}}}},
              folder / "out.json");
  std::string expected = replaced(text, R"("k": [])", R"("k": [3, 1])");
  expected = replaced(expected, R"("shape": [], "data": [3])", R"("shape": [3, 1], "data": [3, 1.5, 6])");
  expected = replaced(expected, R"("shape": [ ])", R"("shape": [3, 1])");
  CHECK(read_file(folder / "out.json") ==
        replaced(expected, R"("dtype": "float32", "shape": []})", R"("dtype": "float32", "shape": [3, 1]})"));
  CHECK(values_of(read_model(folder / "out.json").network, "k") == std::vector<double>{3, 1.5, 6});
}

TEST_CASE("A constant that goes is no input any more") {
  const TemporaryFolder folder;
  const Model model =
      read_text(folder, model_text(R"("inputs": ["x", {"name": "w", "constant": true}], "outputs": ["y"],
    "tensors": {"w": {"dtype": "float32", "shape": [], "data": [3]}, "v": {"dtype": "float32", "shape": [], "data": [3]}},
    "opset": {"": 17}, "nodes": [{"op": "Mul", "inputs": ["x", "w"], "outputs": ["y"]}])"));
  Rewriting rewriting;
  rewriting.graph.inputs.push_back({.op = 0, .slot = 1, .name = "v"});
  write_model(model, rewriting, folder / "out.json");
  CHECK(read_file(folder / "out.json").find(R"("inputs": ["x"], "outputs")") != std::string::npos);
  CHECK(read_model(folder / "out.json").network.inputs().size() == 1);
  write_model(model, rewriting, folder / "out.onnx");
  CHECK(onnx_said(read_file(folder / "out.onnx")).inputs.size() == 1);
}

TEST_CASE("Bodies keep what they declare") {
  o::Message deep = o::graph({my("Op", {"w", "i"}, {"d"})}, {}, {}, {said("d", sequence(unranked(1)))});
  o::Message body =
      o::graph({o::node("If", {"c"}, {"b"}, {o::attribute_graph("then_branch", deep)}, "inner", "other")},
               {o::floats("own", {2}, {1, 0.1F})}, {said("i", tensor_type(7, {dim("n"), dim(0)})), o::bytes(1, "own")},
               {said("b", optional(unranked(8)))}) +
      o::bytes(13, said("b", optional(unranked(8)))) + o::bytes(13, o::value("t", {-1, 4}, 11));
  const Way way(Parts{
      .nodes = {my("Loop", {"c"}, {"y"}, {o::attribute_graph("body", body)})},
      .initializers = {o::floats("w", {1}, {1})},
      .inputs = {o::value("c", {}, 9)},
      .outputs = {o::value("y", {2})},
  }
                    .model({{"my", 2}, {"other", 5}}));
  CHECK(way.told == Told{});
}

TEST_CASE("Attributes keep their types") {
  const auto attribute = [](const std::string& name, int kind, const o::Message& value) {
    return o::bytes(1, name) + value + o::number(20, kind);
  };
  const float inf = std::numeric_limits<float>::infinity();
  const o::Parts attributes = {
      o::attribute("inf", inf),
      o::attribute("nan", std::numeric_limits<float>::quiet_NaN()),
      o::attribute("one", 1.0F),
      o::attribute_text("text", "-inf"),
      attribute("floats", 6, o::real(7, -inf)),
      attribute("more", 6, o::real(7, -inf) + o::real(7, 2)),
      attribute("no floats", 6, ""),
      attribute("no integers", 7, ""),
      attribute("no texts", 8, ""),
      attribute("texts", 8, o::bytes(9, "inf")),
      attribute("type", 13, o::bytes(14, optional(tensor_type(7, {dim("n")})))),
      o::attribute_tensor("tensor", o::floats("", {2}, {inf, 0.1F})),
  };
  const o::Message body = o::graph({my("Op", {"x"}, {"b"}, attributes)}, {}, {}, {o::value("b", {})});
  o::Parts all = attributes;
  all.push_back(o::attribute_graph("body", body));
  const Way way(
      Parts{.nodes = {my("Op", {"x"}, {"y"}, all)}, .inputs = {o::value("x", {})}, .outputs = {o::value("y", {})}}
          .model());
  CHECK(way.told == Told{});
  CHECK(
      way.says(R"("inf": {"float": "inf"}, "nan": {"float": "nan"}, "one": 1.0, "text": "-inf", "floats": {"floats": )"
               R"(["-inf"]}, "more": ["-inf", 2.0], "no floats": {"floats": []}, "no integers": [], )"));
  CHECK(way.says(R"("type": {"type": {"optional": {"dtype": "int64", "shape": ["n"]}}})"));
}

TEST_CASE("An operator set is asked for where an operator is of it, in bodies too") {
  const TemporaryFolder folder;
  const auto model = [&](const std::string& op, const std::string& inner, const std::string& opset) {
    return read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"], "opset": {)" + opset + R"(}, "nodes": [
      {"op": ")" + op + R"(", "inputs": ["x"], "outputs": ["y"], "attributes": {"body": {"graph": {"outputs": ["z"],
        "nodes": [{"op": ")" + inner + R"(", "inputs": ["x"], "outputs": ["z"]}]}}}}])"));
  };
  const auto error = [&](const Model& from) {
    return error_of([&] { write_model(from, {}, folder / "out.onnx"); }, folder.path());
  };
  const std::string missing =
      "m.json: opset: the model does not say which version of the ONNX operators it uses; ONNX needs it";
  CHECK(error(model("my::Do", "Relu", R"("my": 1)")) == missing);
  CHECK(error(model("Do", "my::Relu", "")) == missing);
  CHECK(error(model("my::Do", "your::Relu", "")) == "no error");
  CHECK(onnx_said(read_file(folder / "out.onnx")).opsets ==
        std::map<std::string, std::int64_t>{{"my", 1}, {"your", 1}});
  CHECK(error(model("my::Do", "Relu", R"("": 12, "my": 4)")) == "no error");
  CHECK(onnx_said(read_file(folder / "out.onnx")).opsets == std::map<std::string, std::int64_t>{{"", 12}, {"my", 4}});
}

TEST_CASE("A type that model.json lacks is named") {
  const TemporaryFolder folder;
  const auto refusal = [&](const Parts& parts) {
    write_file(folder / "m.onnx", parts.model());
    const Model model = read_model(folder / "m.onnx");
    return error_of([&] { write_model(model, {}, folder / "m.json"); }, folder.path());
  };
  const auto input = [&](const o::Message& type) {
    return refusal({.nodes = {my("Op", {"x"}, {"y"})}, .inputs = {said("x", type)}, .outputs = {o::value("y", {})}});
  };
  const auto no_place = [](const std::string& place, const std::string& what) {
    return "m.onnx: " + place + ": " + what + " has no place in model.json; keep the model's format";
  };
  CHECK(input(unranked(17)) == no_place("tensor 'x'", "its type float8e4m3fn"));
  CHECK(input(sequence(optional(unranked(14)))) == no_place("tensor 'x'", "its type complex64"));
  CHECK(input(map(99, unranked(1))) == no_place("tensor 'x'", "its type number 99"));
  CHECK(input(o::bytes(8, o::number(1, 1))) == no_place("tensor 'x'", "its type sparse tensor"));
  CHECK(input(o::bytes(7, "")) == no_place("tensor 'x'", "its type opaque"));
  CHECK(input(o::Message()) == "m.onnx: input 'x': its element type is not said: model.json needs it");
  const auto constant = [&](const o::Message& initializer, const o::Parts& attributes) {
    return refusal({.nodes = {my("Op", {"x"}, {"y"}, attributes)},
                    .initializers = {initializer},
                    .inputs = {o::value("x", {})},
                    .outputs = {o::value("y", {})}});
  };
  const o::Message w = o::floats("w", {}, {1}), text = o::tensor_head("s", 8, {1}) + o::bytes(6, "text");
  CHECK(constant(text, {}) == no_place("initializer 's'", "a constant of type string"));
  CHECK(constant(w, {o::attribute_tensor("a", text)}) ==
        no_place("node 'Op y'", "its attribute 'a', a tensor of type string,"));
  CHECK(constant(w, {o::bytes(1, "a") + o::bytes(11, o::graph({}, {}, {}, {})) + o::number(20, 10)}) ==
        no_place("node 'Op y'", "its attribute 'a', a list of graphs,"));
  CHECK(constant(w, {o::attribute_tensor("a", o::tensor("", 9, {2}, {'\1', '\2'}))}) ==
        no_place("node 'Op y'", "attribute 'a': an element of type bool that is neither 0 nor 1"));
  CHECK(constant(w, {o::attribute_graph("body", o::graph({}, {text}, {}, {}))}) ==
        no_place("node 'Op y'", "in its attribute 'body': initializer 's': a constant of type string"));
  CHECK(constant(w, {o::attribute_graph("body", o::graph({}, {}, {said("i", unranked(22))}, {}))}) ==
        no_place("node 'Op y'", "in its attribute 'body': tensor 'i': its type int4"));
}

TEST_CASE("Mistakes in types of model.json are told with their place") {
  const auto error = [](const std::string& entry) {
    const TemporaryFolder folder;
    const std::string told = error_of(
        [&] {
          read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"], "shapes": {"t": )" + entry + R"(},
            "nodes": [{"op": "my::Op", "inputs": ["x"], "outputs": ["t"]},
                      {"op": "my::Op", "inputs": ["t"], "outputs": ["y"]}])"));
        },
        folder.path());
    return told.find("column") == std::string::npos ? told : told.substr(told.find(": ", told.find("column")) + 2);
  };
  CHECK(error("[0, -1, \"n\"]") == "no error");
  CHECK(error(R"({"dtype": "string"})") == "no error");
  CHECK(error("[-2]") ==
        "expected a dimension: an integer of 0 or more, or -1 or a name where it is not known, found -2");
  CHECK(error(R"({"dtype": "float8"})").starts_with("the element type \"float8\" is not known, expected float32, "));
  CHECK(error(R"({"dtype": "int8", "sequence": {}})") ==
        R"(expected one of a tensor ("dtype", "shape"), a "sequence", an "optional" and a "map")");
  CHECK(error(R"({"map": {"key": "int64"}})") == "the key \"value\" is missing");
  CHECK(error(R"({"sequence": 3})") == "expected an object, found 3");
  std::string deep = "[1]";
  for (int i = 0; i < 40; ++i) deep = R"({"sequence": )" + deep + "}";
  CHECK(error(deep) == "types within types, more than 32 deep");
}

TEST_CASE("Types that two places say must agree") {
  const auto error = [](const std::string& outputs, const std::string& shapes) {
    const TemporaryFolder folder;
    return error_of(
        [&] {
          read_text(folder, model_text(R"("inputs": ["x"], "outputs": [)" + outputs + R"(], "shapes": {)" + shapes +
                                       R"(}, "nodes": [{"op": "my::Op", "inputs": ["x"], "outputs": ["y"]}])"));
        },
        folder.path());
  };
  CHECK(error(R"({"name": "y", "dtype": "int64"})", R"("y": [2])") == "no error");
  CHECK(error(R"({"name": "y", "dtype": "int64"})", R"("y": {"dtype": "int8"})") ==
        "m.json: tensor 'y': has the type int64 in one place and int8 in another");
  CHECK(error(R"("y")", R"("x": {"dtype": "int8"})") ==
        "m.json: tensor 'x': has the type float32 in one place and int8 in another");
  CHECK(error(R"({"name": "y", "constant": true})", "").ends_with("an output cannot say that it is a constant"));
}
