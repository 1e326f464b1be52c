// What comes out of an ONNX file that a rewriting changes, byte for byte.
#include "graph/formats/onnx/onnx.hpp"
#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"

using namespace rw::graph;
using namespace rw::test;
namespace o = rw::test::onnx;
using o::Dims;

namespace {

struct Case {
  TemporaryFolder folder;
  Model model;
  explicit Case(const std::string& bytes, const std::vector<std::pair<std::string, std::string>>& files = {}) {
    for (const auto& [name, content] : files) write_file(folder / name, content);
    write_file(folder / "m.onnx", bytes);
    std::filesystem::create_directory(folder / "out");
    model = read_model(folder / "m.onnx");
  }
  TensorId id(std::string_view name) const { return model.network.find(name).value(); }
  // Multiplies the whole tensor.
  ConstantEdit times(std::string_view name, double factor) const {
    const auto dims = model.network.tensor(id(name)).constant->shape.dims();
    return {id(name), {{dims.begin(), dims.end()}, {dims.begin(), dims.end()}, {{AxisMask(), {factor}}}}};
  }
  ConstantCopy copy(const std::string& name, std::string_view of, double factor) const {
    return {name, id(of), times(of, factor).edit};
  }
  std::string write(const Rewriting& rewriting, const std::string& name = "out/m.onnx") const {
    write_model(model, rewriting, folder / name);
    return read_file(folder / name);
  }
};

// With an unknown field, metadata and a doc string on every level.
std::string model_with(const o::Parts& nodes, const o::Parts& initializers) {
  const o::Message graph = o::bytes(10, "about the graph") +
                           o::graph(nodes, initializers, {o::value("x", {1, 2})}, {o::value("y", {1, 2})}) +
                           o::number(999, 7);
  return o::number(1, 8) + o::bytes(2, "somebody") + o::bytes(7, graph) + o::bytes(8, o::number(2, 17)) +
         o::bytes(14, o::bytes(1, "key") + o::bytes(2, "value")) + o::bytes(888, "unknown");
}

const o::Message kAdd = o::node("Add", {"x", "w"}, {"y"}, {}, "add") + o::bytes(6, "a doc string");

std::string adding(const o::Message& initializer) { return model_with({kAdd}, {initializer}); }

}  // namespace

TEST_CASE("Without changes the file is the same") {
  for (const std::string& bytes :
       {adding(o::floats("w", {1, 2}, {1, 2})), adding(o::tensor_head("w", 1, {2}) + o::real(4, 1) + o::real(4, 2))}) {
    const Case test(bytes);
    CHECK(test.write({}) == bytes);
  }
}

TEST_CASE("A scaled initializer changes its elements and nothing else") {
  const Case test(adding(o::floats("w", {1, 2}, {1.5, -2}) + o::bytes(12, "a doc string")));
  CHECK(test.write({.constants = {test.times("w", 4)}}) ==
        adding(o::floats("w", {1, 2}, {6, -8}) + o::bytes(12, "a doc string")));
}

TEST_CASE("A packed list of floats is scaled where it is, other typed elements become raw data") {
  const Case packed(adding(o::tensor_head("w", 1, {2}) + o::bytes(4, o::raw<float>({1, 2}))));
  CHECK(packed.write({.constants = {packed.times("w", 2)}}) ==
        adding(o::tensor_head("w", 1, {2}) + o::bytes(4, o::raw<float>({2, 4}))));
  const Case half(
      adding(o::tensor_head("w", 10, {2}) + o::number(5, 0x3C00) + o::number(5, 0x4000)));  // 1, 2 in float16
  CHECK(half.write({.constants = {half.times("w", 2)}}) ==
        adding(o::tensor("w", 10, {2}, o::raw<std::uint16_t>({0x4000, 0x4400}))));
}

TEST_CASE("Float16 weights keep their type") {
  const Case test(adding(o::tensor("w", 10, {2}, o::raw<std::uint16_t>({0x3C00, 0x4000}))));
  CHECK(test.write({.constants = {test.times("w", 0.5)}}) ==
        adding(o::tensor("w", 10, {2}, o::raw<std::uint16_t>({0x3800, 0x3C00}))));
}

TEST_CASE("An expanded constant changes its shape and the lengths around it") {
  const Case test(adding(o::floats("w", {1}, {3})));
  // [1] becomes [1, 100]: long enough that every length takes more bytes.
  ConstantEdit edit{test.id("w"), {{1, 100}, {1, 100}, {{AxisMask::of({1}), std::vector<double>(100, 2.0)}}}};
  CHECK(test.write({.constants = {edit}}) == adding(o::floats("w", {1, 100}, std::vector<float>(100, 6.0F))));
}

TEST_CASE("A shared initializer is copied for the node that wants it otherwise") {
  const o::Message second = o::node("Mul", {"y", "w"}, {"z"}, {}, "mul");
  const Case test(model_with({kAdd, second}, {o::floats("w", {1}, {3})}));
  const Rewriting rewriting{.copies = {test.copy("w@add", "w", 2)}, .rebindings = {{0, 1, 0}}};
  const Case after(test.write(rewriting));
  CHECK(values_of(after.model.network, "w") == std::vector<double>{3});
  CHECK(values_of(after.model.network, "w@add") == std::vector<double>{6});
  const Network& network = after.model.network;
  CHECK(network.tensor(network.op(0).inputs[1]).name == "w@add");
  CHECK(network.tensor(network.op(1).inputs[1]).name == "w");
  // The rest of the changed node is as it was.
  CHECK(read_file(after.folder / "m.onnx")
            .find(o::node("Add", {"x", "w@add"}, {"y"}, {}, "add") + o::bytes(6, "a doc string")) != std::string::npos);
}

TEST_CASE("An edited Constant node gets an initializer, beside it where it is still read") {
  const auto constant = o::node("Constant", {}, {"k"}, {o::attribute("value_float", 1.5F)}, "k");
  const auto mul = o::node("Mul", {"x", "k"}, {"y"}, {}, "mul");
  for (const bool still : {false, true}) {
    const Case test(still ? model_with({constant, mul, o::node("Add", {"y", "k"}, {"z"}, {}, "add")}, {})
                          : model_with({constant, mul}, {}));
    const Rewriting rewriting{.copies = {test.copy("k@mul", "k", 2)}, .rebindings = {{1, 1, 0}}};
    const Case after(test.write(rewriting));
    CHECK(values_of(after.model.network, "k@mul") == std::vector<double>{3});
    CHECK(after.model.network.find("k").has_value() == still);
    if (still) CHECK(values_of(after.model.network, "k") == std::vector<double>{1.5});
  }
}

TEST_CASE("Nodes are changed, replaced and removed") {
  const Case test(model_with({o::node("Identity", {"x"}, {"t"}, {}, "id"),
                              o::node("Clip", {"t", "w"}, {"u"}, {o::attribute("min", 0.0F)}, "clip"),
                              o::node("My", {"u"}, {"y"}, {}, "my", "here")},
                             {o::floats("w", {}, {0})}));
  Rewriting rewriting;
  rewriting.graph.removed = {{0}};
  rewriting.graph.inputs = {{1, 0, "x"}, {2, 1, "extra"}};
  rewriting.graph.outputs = {{1, 0, "v"}};
  rewriting.graph.inputs.push_back({2, 0, "v"});
  rewriting.graph.replacements = {{1, "Relu"}};
  const std::array<float, 1> values = {7};
  const std::array<std::int64_t, 1> dims = {1};
  rewriting.graph.added = {{"extra", {DType::float32, Shape(dims), std::as_bytes(std::span(values))}}};
  const Case after(test.write(rewriting));
  const Network& network = after.model.network;
  REQUIRE(network.operators().size() == 2);
  CHECK(network.type_of(0) == "Relu");
  CHECK(network.op(0).attributes.empty());
  CHECK(network.op(0).inputs.size() == 1);
  CHECK(network.tensor(network.op(0).inputs[0]).name == "x");
  CHECK(network.tensor(network.op(1).inputs[0]).name == "v");
  CHECK(network.tensor(network.op(1).inputs[1]).name == "extra");
  CHECK(network.type_of(1) == "here::My");
  CHECK(values_of(network, "extra") == std::vector<double>{7});
  CHECK_FALSE(network.find("w"));  // nobody reads it any more
}

TEST_CASE("What a graph within a node reads cannot be exchanged") {
  const o::Message body = o::graph({o::node("Relu", {"w"}, {"b"})}, {}, {}, {o::value("b", {})});
  const Case test(model_with({o::node("If", {"x"}, {"y"}, {o::attribute_graph("then_branch", body)}, "if")},
                             {o::floats("w", {1}, {1})}));
  const Rewriting rewriting{.copies = {test.copy("w@if", "w", 2)}, .rebindings = {{0, 1, 0}}};
  CHECK(error_of([&] { test.write(rewriting); }).find("a graph within a node reads") != std::string::npos);
}

TEST_CASE("External data") {
  const std::string a = o::raw<float>({1, 2, 3, 4}), b = o::raw<float>({5, 6});
  const std::string bytes =
      model_with({kAdd, o::node("Mul", {"y", "v"}, {"z"}), o::node("Sub", {"z", "u"}, {"o"})},
                 {o::external("w", 1, {2}, "a.bin", "0", "8"), o::external("v", 1, {2}, "b.bin", "", ""),
                  o::external("u", 1, {2}, "a.bin", "8", "8")});
  const Case test(bytes, {{"a.bin", a}, {"b.bin", b}});

  SECTION("without changes goes to files with names made from the output's") {
    const std::string renamed = model_with({kAdd, o::node("Mul", {"y", "v"}, {"z"}), o::node("Sub", {"z", "u"}, {"o"})},
                                           {o::external("w", 1, {2}, "m-00001-of-00002.onnx.data", "0", "8"),
                                            o::external("v", 1, {2}, "m-00002-of-00002.onnx.data", "", ""),
                                            o::external("u", 1, {2}, "m-00001-of-00002.onnx.data", "8", "8")});
    const std::vector<std::string> files = {"m-00001-of-00002.onnx.data", "m-00002-of-00002.onnx.data", "m.onnx"};
    for (int times = 0; times < 2; ++times) {  // what the first time has written is as good the second time
      CHECK(test.write({}) == renamed);
      CHECK(listing(test.folder / "out") == files);
    }
    CHECK(read_file(test.folder / "out" / files[0]) == a);
    CHECK(read_file(test.folder / "out" / files[1]) == b);
  }
  SECTION("without changes in the same folder is not copied") {
    CHECK(test.write({}, "n.onnx") == bytes);
    CHECK_FALSE(std::filesystem::exists(test.folder / "n.onnx.data"));
  }
  SECTION("never takes the place of another file") {
    write_file(test.folder / "out/m-00001-of-00002.onnx.data", "somebody else's");
    test.write({});
    CHECK(read_file(test.folder / "out/m-00001-of-00002.onnx.data") == "somebody else's");
    const Model after = read_model(test.folder / "out/m.onnx");
    CHECK(values_of(after.network, "u") == std::vector<double>{3, 4});
  }
  SECTION("goes to one new file where some of it changes") {
    test.write({.constants = {test.times("v", 2)}});
    const Model after = read_model(test.folder / "out/m.onnx");
    CHECK(after.sources.size() == 2);
    CHECK(after.sources[1]->path() == test.folder / "out/m.onnx.data");
    CHECK(values_of(after.network, "w") == std::vector<double>{1, 2});
    CHECK(values_of(after.network, "v") == std::vector<double>{10, 12});
    CHECK(values_of(after.network, "u") == std::vector<double>{3, 4});
    CHECK_FALSE(std::filesystem::exists(test.folder / "out/a.bin"));
  }
}

// A file of external data may be named anywhere in a model: by the tensor of an attribute, in a body, in a body within
// it, in a function of the model.
TEST_CASE("External data within nodes, bodies and functions gets its new name, too") {
  const auto model = [](const std::string& a, const std::string& b) {
    const auto at = [](const std::string& name, const std::string& file) {
      return o::external(name, 1, {2}, file, "0", "8");
    };
    const o::Message deep = o::graph({o::node("Constant", {}, {"d"}, {o::attribute_tensor("value", at("", b))})},
                                     {at("e", a)}, {}, {o::value("d", {2})});
    const o::Message body = o::graph({o::node("If", {"x"}, {"i"}, {o::attribute_graph("then_branch", deep)}, "inner")},
                                     {at("f", b), o::floats("g", {1}, {1})}, {}, {o::value("i", {2})});
    const o::Message list = o::bytes(1, "bodies") + o::bytes(11, body) + o::bytes(11, deep) + o::number(20, 10);
    const o::Message tensors =
        o::bytes(1, "all") + o::bytes(10, at("", a)) + o::bytes(10, at("", b)) + o::number(20, 9);
    const o::Message function = o::bytes(1, "F") + o::bytes(4, "p") + o::bytes(5, "q") +
                                o::bytes(7, o::node("Constant", {}, {"k"}, {o::attribute_tensor("value", at("", b))})) +
                                o::bytes(7, o::node("If", {"p"}, {"q"}, {o::attribute_graph("else_branch", body)})) +
                                o::bytes(10, "my") + o::number(777, 7);
    return model_with({o::node("Constant", {}, {"k"}, {o::attribute_tensor("value", at("", a))}),
                       o::node("If", {"x"}, {"h"}, {o::attribute_graph("then_branch", body)}, "outer"),
                       o::node("Many", {"h"}, {"l"}, {list, tensors}, "many", "my"),
                       o::node("F", {"l"}, {"y"}, {}, "f", "my")},
                      {at("w", a), o::floats("v", {1}, {1})}) +
           o::bytes(25, function);
  };
  const std::string first = "m-00001-of-00002.onnx.data", second = "m-00002-of-00002.onnx.data";
  const std::string a = o::raw<float>({1, 2}), b = o::raw<float>({3, 4});
  const Case test(model("a.bin", "b.bin"), {{"a.bin", a}, {"b.bin", b}});
  CHECK(test.write({}) == model(first, second));
  CHECK(read_file(test.folder / "out" / first) == a);
  CHECK(read_file(test.folder / "out" / second) == b);
  CHECK(listing(test.folder / "out") == std::vector<std::string>{first, second, "m.onnx"});
  CHECK(test.write({}, "n.onnx") == model("a.bin", "b.bin"));  // the files stand there already

  SECTION("where initializers move to a file of their own as well") {
    test.write({.constants = {test.times("w", 2)}});
    const Model after = read_model(test.folder / "out/m.onnx");
    CHECK(values_of(after.network, "w") == std::vector<double>{2, 4});
    CHECK(values_of(after.network, "k") == std::vector<double>{1, 2});
    const std::string text = read_file(test.folder / "out/m.onnx");
    CHECK(text.find("a.bin") == std::string::npos);
    CHECK(text.find("b.bin") == std::string::npos);
    CHECK(listing(test.folder / "out") == std::vector<std::string>{first, second, "m.onnx", "m.onnx.data"});
  }
}

TEST_CASE("Before IR version 4 initializers are inputs, too: new ones come, those that nobody reads go") {
  const auto file = [](std::int64_t version, const o::Message& graph) {
    return o::number(1, version) + o::bytes(7, graph) + o::bytes(8, o::number(2, 8));
  };
  const o::Parts inputs = {o::value("x", {1, 2}), o::value("w", {1, 2}), o::value("v", {1, 2})};
  const o::Message before =
      o::graph({o::node("Add", {"x", "w"}, {"t"}, {}, "first"), o::node("Mul", {"t", "v"}, {"y"}, {}, "second")},
               {o::floats("w", {1, 2}, {1, 2}), o::floats("v", {1, 2}, {3, 4})}, inputs, {o::value("y", {1, 2})});
  const o::Message added = o::floats("w@first", {1, 2}, {2, 4});
  for (const std::int64_t version : {3, 4}) {
    const Case test(file(version, before));
    const std::string after = test.write({.copies = {test.copy("w@first", "w", 2)}, .rebindings = {{0, 1, 0}}});
    const o::Parts nodes = {o::node("Add", {"x", "w@first"}, {"t"}, {}, "first"),
                            o::node("Mul", {"t", "v"}, {"y"}, {}, "second")};
    const o::Message v = o::floats("v", {1, 2}, {3, 4}), w = o::floats("w", {1, 2}, {1, 2});
    const o::Message expected = version == 3
                                    ? o::graph(nodes, {v}, {inputs[0], inputs[2]}, {o::value("y", {1, 2})}) +
                                          o::bytes(5, added) + o::bytes(11, o::value("w@first", {1, 2}))
                                    : o::graph(nodes, {w, v}, inputs, {o::value("y", {1, 2})}) + o::bytes(5, added);
    CHECK(after == file(version, expected));
    const Model read = read_model(test.folder / "out/m.onnx");
    CHECK(read.network.inputs().size() == 1);
    CHECK(values_of(read.network, "w@first") == std::vector<double>{2, 4});
  }
}

TEST_CASE("Sparse constants stay as they are, but for the names of their files") {
  const auto graph = [](const std::string& location, float w) {
    const o::Message values = o::external("s", 1, {2}, location, "0", "8");
    return o::graph({kAdd, o::node("Mul", {"y", "s"}, {"z"}),
                     o::node("Constant", {}, {"c"},
                             {o::attribute_sparse("sparse_value", o::sparse(values, {0, 1}, {4}))}, "k")},
                    {o::floats("w", {1, 2}, {w, 2})}, {o::value("x", {1, 2})}, {o::value("y", {1, 2})}) +
           o::bytes(15, o::sparse(values, {0, 3}, {2, 2})) + o::number(999, 7);
  };
  const Case test(o::model(graph("a.bin", 1)), {{"a.bin", o::raw<float>({5, 6})}});
  CHECK(test.write({}, "n.onnx") == o::model(graph("a.bin", 1)));
  CHECK(test.write({.constants = {test.times("w", 1)}}, "n.onnx") == o::model(graph("a.bin", 1)));
  CHECK(test.write({}) == o::model(graph("m.onnx.data", 1)));
  CHECK(read_file(test.folder / "out/m.onnx.data") == o::raw<float>({5, 6}));
  const Case alone(
      o::model(o::graph({o::node("Mul", {"x", "s"}, {"y"})}, {}, {o::value("x", {2})}, {o::value("y", {2})}) +
               o::bytes(15, o::sparse(o::floats("s", {1}, {1}), {0}, {2}))));
  CHECK(error_of([&] { write_model(alone.model, {}, alone.folder / "out/m.json"); }, alone.folder.path())
            .find("initializer 's': a sparse constant has no place in model.json") != std::string::npos);
}

TEST_CASE("Models go to model.json and back") {
  const Case test(model_with({kAdd, o::node("Clip", {"y", "", "k"}, {"z"}, {o::attribute("alpha", 0.1F)}, "clip")},
                             {o::floats("w", {1, 2}, {1, 2}), o::ints("k", {2}, {3, -4})}));
  write_model(test.model, {.constants = {test.times("w", 2)}}, test.folder / "out/m.json");
  const Model json = read_model(test.folder / "out/m.json");
  CHECK(values_of(json.network, "w") == std::vector<double>{2, 4});
  CHECK(values_of(json.network, "k") == std::vector<double>{3, -4});
  CHECK(json.network.opset() == 17);
  CHECK(to_string(json.network.tensor(json.network.find("x").value()).shape) == "[1, 2]");
  write_model(json, {}, test.folder / "out/back.onnx");
  const Model back = read_model(test.folder / "out/back.onnx");
  CHECK(values_of(back.network, "w") == std::vector<double>{2, 4});
  CHECK(back.network.op(1).inputs[1] == kNone);
  CHECK(std::get<double>(*back.network.op(1).find("alpha")) == static_cast<double>(0.1F));
}

TEST_CASE("Bodies of If and Loop go to model.json and back") {
  const o::Message deep = o::graph({o::node("Scale", {"w", "x"}, {"d"}, {o::attribute("by", 0.5F)}, "", "my")}, {}, {},
                                   {o::value("d", {})});
  const o::Message body = o::graph({o::node("If", {"c"}, {"b"}, {o::attribute_graph("then_branch", deep)}, "inner")},
                                   {o::floats("own", {2}, {1, 0.1F})}, {o::value("i", {-1, 2}, 7)},
                                   {o::value("b", {2}), o::value("own", {2})});
  const Case test(model_with({o::node("If", {"c"}, {"y", "z"}, {o::attribute_graph("then_branch", body)}, "outer")},
                             {o::floats("w", {1}, {1}), o::ints("c", {}, {1})}));
  write_model(test.model, {}, test.folder / "out/m.json");
  const Model json = read_model(test.folder / "out/m.json");
  write_model(json, {}, test.folder / "out/back.onnx");
  const Model back = read_model(test.folder / "out/back.onnx");
  for (const Model* each : {&test.model, &json, &back}) {
    const Operator& op = each->network.op(0);
    std::vector<std::string> reads;
    for (const TensorId id : op.inputs) reads.emplace_back(each->network.tensor(id).name);
    CHECK(reads == std::vector<std::string>{"c", "c", "w", "x"});
    CHECK(op.captured == 3);
  }
  // The second way there finds what the first one wrote.
  write_model(back, {}, test.folder / "out/again.json");
  CHECK(std::get<Opaque>(*read_model(test.folder / "out/again.json").network.op(0).find("then_branch")).text ==
        std::get<Opaque>(*json.network.op(0).find("then_branch")).text);
}

TEST_CASE("Functions have no place in model.json") {
  const Case test(adding(o::floats("w", {1}, {1})) + o::bytes(25, o::bytes(1, "F")));
  CHECK(error_of([&] { write_model(test.model, {}, test.folder / "out/m.json"); }, test.folder.path())
            .find("the model defines functions, for which model.json has no place") != std::string::npos);
}
