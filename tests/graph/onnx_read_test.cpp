// What is read of an ONNX file, and what is refused. Files are put together byte by byte (tests/support/onnx_file.hpp).
#include <set>

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

// x -> Add(w) -> y, with this initializer of the name "w".
std::string sum_with(const o::Message& initializer) {
  return o::model(o::graph({o::node("Add", {"x", "w"}, {"y"}, {}, "add")}, {initializer}, {o::value("x", {1, 2})},
                           {o::value("y", {1, 2})}));
}

struct Read {
  TemporaryFolder folder;
  Model model;
  explicit Read(const std::string& bytes, const std::string& name = "m.onnx")
      : model((write_file(folder / name, bytes), read_model(folder / name))) {}
  const Network& network() const { return model.network; }
  const Tensor& tensor(std::string_view name) const { return network().tensor(network().find(name).value()); }
};

std::string refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "m.onnx", bytes);
  return error_of([&] { read_model(folder / "m.onnx"); }, folder.path());
}

std::vector<double> weight(const o::Message& initializer) {
  return values_of(Read(sum_with(initializer)).network(), "w");
}

}  // namespace

TEST_CASE("A graph is read with its names, shapes and attributes") {
  const Read read(o::model(
      o::graph({o::node("Conv", {"x", "w"}, {"t"},
                        {o::attribute("group", std::int64_t{2}), o::attribute("pads", Dims{0, 1})}, "first"),
                o::node("Fused", {"t", "", "w"}, {"y"},
                        {o::attribute("alpha", 0.5F), o::attribute_text("activation", "Relu")}, "", "com.microsoft")},
               {o::floats("w", {1, 2}, {1, 2})}, {o::value("x", {-1, 2})}, {o::value("y", {})})));
  const Network& network = read.network();
  REQUIRE(network.operators().size() == 2);
  const Operator& conv = network.op(0);
  CHECK(conv.name == "first");
  CHECK(network.type_of(0) == "Conv");
  CHECK(std::get<std::int64_t>(*conv.find("group")) == 2);
  CHECK(std::get<std::span<const std::int64_t>>(*conv.find("pads"))[1] == 1);
  CHECK(network.type_of(1) == "com.microsoft::Fused");
  CHECK(network.op(1).name == "com.microsoft::Fused_1");  // it has no name of its own
  CHECK(network.op(1).inputs[1] == kNone);
  CHECK(std::get<double>(*network.op(1).find("alpha")) == 0.5);
  CHECK(std::get<std::string_view>(*network.op(1).find("activation")) == "Relu");
  CHECK(network.opset() == 17);
  CHECK(network.name() == "tiny");
  CHECK(to_string(read.tensor("x").shape) == "[?, 2]");
  CHECK(read.tensor("x").dtype == DType::float32);
}

TEST_CASE("Initializers stay where they lie in the file") {
  const Read read(sum_with(o::floats("w", {1, 2}, {3, 4})));
  const Literal& value = *read.tensor("w").constant;
  CHECK(to_double(value) == std::vector<double>{3, 4});
  CHECK(read.model.sources.at(0)->offset_of(value.bytes.data()).has_value());
}

TEST_CASE("Elements in typed fields, packed and one by one") {
  const std::vector<double> expected = {1, -2};
  CHECK(weight(o::tensor_head("w", 1, {2}) + o::bytes(4, o::raw<float>({1, -2}))) == expected);
  CHECK(weight(o::tensor_head("w", 1, {2}) + o::real(4, 1) + o::real(4, -2)) == expected);
  CHECK(weight(o::tensor_head("w", 11, {2}) + o::bytes(10, o::raw<double>({1, -2}))) == expected);
  CHECK(weight(o::tensor_head("w", 6, {2}) + o::bytes(5, o::varint(1) + o::varint(static_cast<std::uint64_t>(-2)))) ==
        expected);
  CHECK(weight(o::tensor_head("w", 3, {2}) + o::number(5, 1) + o::number(5, -2)) == expected);
  CHECK(weight(o::tensor_head("w", 7, {2}) + o::number(7, 1) + o::number(7, -2)) == expected);
  CHECK(weight(o::tensor_head("w", 10, {2}) + o::number(5, 0x3C00) + o::number(5, 0xC000)) ==
        expected);  // bits of float16
  CHECK(weight(o::tensor_head("w", 16, {2}) + o::number(5, 0x3F80) + o::number(5, 0xC000)) == expected);  // of bfloat16
  CHECK(weight(o::tensor_head("w", 13, {1}) + o::number(11, 5)) == std::vector<double>{5});
  CHECK(weight(o::tensor_head("w", 9, {2}) + o::number(5, 1) + o::number(5, 0)) == std::vector<double>{1, 0});
  CHECK(weight(o::bytes(1, o::varint(2)) + o::number(2, 1) + o::bytes(8, "w") + o::bytes(9, o::raw<float>({1, -2}))) ==
        expected);
}

TEST_CASE("Constant nodes are constants with a producer") {
  const Read read(o::model(o::graph(
      {o::node("Constant", {}, {"a"}, {o::attribute_tensor("value", o::floats("", {2}, {1, 2}))}),
       o::node("Constant", {}, {"b"}, {o::attribute("value_float", 1.5F)}),
       o::node("Constant", {}, {"c"}, {o::attribute("value_ints", Dims{4, 5})}), o::node("Add", {"a", "b"}, {"y"})},
      {}, {}, {o::value("y", {2})})));
  CHECK(values_of(read.network(), "a") == std::vector<double>{1, 2});
  CHECK(values_of(read.network(), "b") == std::vector<double>{1.5});
  CHECK(read.tensor("b").shape.rank() == 0);
  CHECK(values_of(read.network(), "c") == std::vector<double>{4, 5});
  CHECK(read.tensor("c").dtype == DType::int64);
  CHECK(read.tensor("a").producer == 0);
}

TEST_CASE("An initializer that is an input too is a constant") {
  const Read read(o::model(o::graph({o::node("Add", {"x", "w"}, {"y"})}, {o::floats("w", {1}, {2})},
                                    {o::value("x", {1}), o::value("w", {1})}, {o::value("y", {1})})));
  CHECK(read.tensor("w").constant);
  CHECK_FALSE(read.tensor("w").is_input);
  CHECK(read.network().inputs().size() == 1);
}

TEST_CASE("Strings and other types that are not understood are given from outside") {
  const Read read(o::model(o::graph({o::node("Lookup", {"x", "s"}, {"y"}, {}, "", "my")},
                                    {o::tensor_head("s", 8, {1}) + o::bytes(6, "text")}, {o::value("x", {1})},
                                    {o::value("y", {1})})));
  CHECK_FALSE(read.tensor("s").constant);
  CHECK(read.tensor("s").is_input);
  CHECK(read.network().inputs().size() == 1);
}

TEST_CASE("Of sparse constants type and shape are read, and nothing else") {
  const o::Message sparse = o::sparse(o::floats("w", {2}, {1, 2}), {0, 5}, {2, 3});
  const Read read(o::model(o::graph({o::node("Add", {"x", "w"}, {"t"}),
                                     o::node("Constant", {}, {"c"}, {o::attribute_sparse("sparse_value", sparse)}),
                                     o::node("Add", {"t", "c"}, {"y"})},
                                    {}, {o::value("x", {2, 3})}, {o::value("y", {2, 3})}) +
                           o::bytes(15, sparse)));
  const Tensor& w = read.tensor("w");
  CHECK_FALSE(w.constant);
  CHECK(w.is_input);
  CHECK(w.dtype == DType::float32);
  CHECK(to_string(w.shape) == "[2, 3]");
  CHECK(read.network().inputs().size() == 1);
  CHECK_FALSE(read.tensor("c").constant);
}

TEST_CASE("What a graph in a node reads from outside is read by the node") {
  const o::Message deep = o::graph({o::node("Add", {"inner", "outer2"}, {"z"})}, {}, {}, {o::value("z", {})});
  const o::Message body =
      o::graph({o::node("Relu", {"outer1"}, {"inner"}),
                o::node("If", {"cond"}, {"b"},
                        {o::attribute_graph("then_branch", deep), o::attribute_graph("else_branch", deep)})},
               {o::floats("own", {1}, {1})}, {}, {o::value("b", {})});
  const Read read(o::model(
      o::graph({o::node("Abs", {"x"}, {"outer1"}), o::node("Neg", {"x"}, {"outer2"}),
                o::node("If", {"cond"}, {"y"},
                        {o::attribute_graph("then_branch", body), o::attribute_graph("else_branch", body)}, "branch")},
               {}, {o::value("x", {1}), o::value("cond", {}, 9)}, {o::value("y", {})})));
  const Operator& branch = read.network().op(2);
  std::set<std::string_view> names;
  for (const TensorId id : branch.inputs) names.insert(read.network().tensor(id).name);
  CHECK(names == std::set<std::string_view>{"cond", "outer1", "outer2"});  // neither "inner" nor "own"
  CHECK(branch.captured == branch.inputs.size() - 1);
  CHECK_FALSE(read.network().find("inner"));
}

TEST_CASE("Equal attributes are one list, wherever other fields of the node stand") {
  const o::Parts attributes = {o::attribute("a", std::int64_t{1}), o::attribute("b", Dims{2, 3})};
  const auto node = [&](const std::string& output, const o::Parts& own) {
    return o::node("F", {"x"}, {output}, own, output, "my");
  };
  constexpr std::uint32_t kAttribute = 5, kDoc = 6;
  const auto apart = node("q", {}) + o::bytes(kAttribute, attributes[0]) + o::bytes(kDoc, "said") +
                     o::bytes(kAttribute, attributes[1]);
  const Read read(o::model(
      o::graph({node("p", attributes), apart, node("r", attributes), node("s", {attributes[0]}), node("y", {})}, {},
               {o::value("x", {1, 2})}, {o::value("y", {1, 2})})));
  const auto list = [&](OperatorId id) { return read.network().op(id).attributes; };
  CHECK(list(0).data() == list(2).data());
  REQUIRE(list(1).size() == 2);
  CHECK(std::get<std::span<const std::int64_t>>(list(1)[1].value)[1] == 3);
  REQUIRE(list(3).size() == 1);
  CHECK(std::get<std::int64_t>(list(3)[0].value) == 1);
  CHECK(list(4).empty());
}

TEST_CASE("A function of the model is not the operator whose name it has") {
  const std::string bytes = o::model(o::graph({o::node("Relu", {"x"}, {"t"}), o::node("F", {"t"}, {"y"}, {}, "", "my")},
                                              {}, {o::value("x", {1})}, {o::value("y", {1})})) +
                            o::bytes(25, o::bytes(1, "Relu")) + o::bytes(25, o::bytes(1, "F") + o::bytes(10, "my"));
  const Read read(bytes);
  CHECK(read.network().type_of(0) == "function::Relu");
  CHECK(read.network().type_of(1) == "my::F");
  CHECK(read.network().is_function(read.network().op(0).type));
  CHECK(read.network().is_function(read.network().op(1).type));
}

TEST_CASE("Mistakes in ONNX files are told with their place") {
  CHECK(refusal("") == "m.onnx: is no ONNX model: there is no graph in it");
  CHECK(refusal("\x0f") == "m.onnx: byte 0: no field begins here: its wire type is not known");
  CHECK(refusal(sum_with(o::floats("w", {2, 2}, {1, 2}))) ==
        "m.onnx: initializer 'w': its raw_data has 8 bytes of elements, but float32 of shape [2, 2] takes 16");
  CHECK(refusal(sum_with(o::tensor_head("w", 1, {3}) + o::real(4, 1))) ==
        "m.onnx: initializer 'w': its typed data has 1 elements, but float32 of shape [3] takes 3");
  CHECK(refusal(sum_with(o::floats("w", {1}, {1}) + o::real(4, 1))) ==
        "m.onnx: initializer 'w': its elements stand in two places");
  CHECK(refusal(sum_with(o::tensor("w", 1, {Dims::value_type{1} << 40, Dims::value_type{1} << 40}, "")))
            .find("more elements than memory can have") != std::string::npos);
  CHECK(
      refusal(sum_with(o::tensor("w", 1, {0, Dims::value_type{1} << 62, Dims::value_type{1} << 62}, ""))) ==
      "m.onnx: initializer 'w': its shape [0, 4611686018427387904, 4611686018427387904] has more elements than memory "
      "can have");
  CHECK(refusal(sum_with(o::tensor("w", 1, {-1}, ""))) == "m.onnx: initializer 'w': a dimension of its shape is -1");
  CHECK(refusal(sum_with(o::tensor("w", 0, {}, ""))) ==
        "m.onnx: initializer 'w': its element type is 0, which there is not");
  CHECK(
      refusal(o::number(1, 8) + o::bytes(7, o::graph({o::node("Relu", {"x"}, {"y"})}, {}, {o::value("x", {1})}, {}))) ==
      "m.onnx: opset_import: the model does not say which version of the ONNX operators it uses");
  CHECK(refusal(o::model(o::graph({o::node("", {"x"}, {"y"}, {}, "a")}, {}, {o::value("x", {1})}, {})))
            .find("node 'a'") != std::string::npos);
  CHECK(refusal(o::model(o::graph({}, {o::floats("s", {1}, {1})}, {}, {}) +
                         o::bytes(15, o::sparse(o::floats("s", {1}, {1}), {0}, {4})))) ==
        "m.onnx: initializer 's': a second initializer has this name");
  CHECK(refusal(o::model(o::graph({}, {}, {}, {}) + o::bytes(15, o::sparse(o::floats("s", {1}, {1}), {0}, {-4})))) ==
        "m.onnx: initializer 's': a dimension of its shape is -4");
  CHECK(refusal(o::model(o::graph({}, {}, {}, {}) + o::bytes(15, o::sparse("", {0}, {4}))))
            .find("a sparse initializer without a name") != std::string::npos);
  CHECK(refusal(o::model(o::graph({o::node("Relu", {"nothing"}, {"y"}, {}, "a")}, {}, {}, {}))) ==
        "m.onnx: node 'a': nothing produces its input 'nothing': no node, no input of the network, no constant");
}

TEST_CASE("A length that lies allocates nothing") {
  // 2^62 bytes of raw_data, a list of 2^60 integers.
  const std::string lie = o::varint(7 * 8 + 2) + o::varint(std::uint64_t{1} << 62U) + "ab";
  CHECK(refusal(lie).find("needs 4611686018427387904 bytes, 2 are left") != std::string::npos);
  CHECK(refusal(o::varint(7 * 8 + 2) + o::varint(~std::uint64_t{0}) + "ab").find("are left") != std::string::npos);
}

TEST_CASE("Graphs nested without end are refused") {
  o::Message inner = o::graph({}, {}, {}, {});
  for (int depth = 0; depth < 300; ++depth)
    inner = o::graph({o::node("If", {}, {}, {o::attribute_graph("then_branch", inner)})}, {}, {}, {});
  CHECK(refusal(o::model(inner)).find("nested more than 200 levels deep") != std::string::npos);
}

TEST_CASE("Every prefix of a model is a model or an error with a place") {
  const o::Message body = o::graph({o::node("Relu", {"t"}, {"b"})}, {}, {}, {o::value("b", {})});
  const std::string bytes = o::model(o::graph(
      {o::node("Conv", {"x", "w"}, {"t"}, {o::attribute("pads", Dims{0, 0})}, "a"),
       o::node("If", {"c"}, {"y"}, {o::attribute_graph("then_branch", body), o::attribute_graph("else_branch", body)},
               "b")},
      {o::floats("w", {1, 1, 1}, {2})}, {o::value("x", {1, 1, 4}), o::value("c", {}, 9)}, {o::value("y", {})}));
  CHECK(refusal(bytes) == "no error");
  const TemporaryFolder folder;
  std::size_t errors = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_file(folder / "m.onnx", bytes.substr(0, size));
    const std::string error = error_of([&] { read_model(folder / "m.onnx"); }, folder.path());
    CHECK((error == "no error" || error.starts_with("m.onnx: ")));
    errors += error != "no error";
  }
  CHECK(errors == bytes.size());  // the opset comes last: without it there is no model
}

TEST_CASE("External data lies in the model's folder or below") {
  const auto refused = [](const std::string& location, const std::string& offset = "0",
                          const std::string& length = "8") {
    const TemporaryFolder folder;
    std::filesystem::create_directories(folder / "m/sub/folder");
    write_file(folder / "outside.bin", "12345678");
    write_file(folder / "m/w.bin", "12345678");
    write_file(folder / "m/sub/w.bin", "12345678");
    std::filesystem::create_symlink("../outside.bin", folder / "m/link.bin");
    write_file(folder / "m/m.onnx", sum_with(o::external("w", 1, {2}, location, offset, length)));
    return error_of([&] { read_model(folder / "m/m.onnx"); }, folder.path());
  };
  CHECK(refused("w.bin") == "no error");
  CHECK(refused("sub/w.bin") == "no error");
  CHECK(refused("w.bin", "", "") == "no error");
  CHECK(refused("../outside.bin").find("its path contains \"..\"") != std::string::npos);
  CHECK(refused("/etc/passwd").find("its path is absolute") != std::string::npos);
  CHECK(refused("link.bin").find("leads out of the model's folder") != std::string::npos);
  CHECK(refused("sub").find("is a folder") != std::string::npos);
  CHECK(refused("missing.bin").find("missing.bin") != std::string::npos);
  CHECK(refused("").find("external data without a location") != std::string::npos);
  CHECK(refused("w.bin", "4").find("leaves the file 'w.bin' of 8 bytes") != std::string::npos);
  CHECK(refused("w.bin", "18446744073709551615").find("leaves the file") != std::string::npos);
  CHECK(refused("w.bin", "0", "4").find("has 4 bytes, its type and shape take 8") != std::string::npos);
  CHECK(refused("w.bin", "-1").find("is no number of bytes") != std::string::npos);
}
