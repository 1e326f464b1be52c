// There and back: a model of one format as a model of the other, and as one of the first again, has the network that it
// had. Bytes that begin with 'N' make a network that is valid, with '{' a model.json; others are an ONNX model.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/fuzz/grown_net.hpp"
#include "tests/fuzz/scratch.hpp"
#include "tests/support/onnx_said.hpp"
#include "tests/support/shell.hpp"

namespace {

using namespace rw;
using graph::kNone;
using graph::Literal;
using graph::Network;
using graph::Operator;
using graph::OperatorId;
using graph::Tensor;
using graph::TensorId;

[[noreturn]] void finding(const std::string& what) {
  std::fprintf(stderr, "FINDING: %s\n", what.c_str());
  std::abort();
}

// --- whether two networks are the same; else the end of the fuzzer's run

struct Same {
  const Network &a, &b;

  void networks() const {
    for (const auto& [domain, version] : a.opsets())
      if (b.opset(domain) != version) finding("the operator set of '" + std::string(domain) + "' differs");
    for (const auto& [domain, version] : b.opsets())  // one that a model uses and does not say is added
      if (a.opset(domain) != version && (a.opset(domain) || version != 1))
        finding("the operator set of '" + std::string(domain) + "' is new");
    const std::vector<OperatorId> mine = operators(a), yours = operators(b);
    if (mine.size() != yours.size())
      finding("there are " + std::to_string(mine.size()) + " and " + std::to_string(yours.size()) + " operators");
    for (std::size_t i = 0; i < mine.size(); ++i) nodes(a.op(mine[i]), b.op(yours[i]));
    boundary(a.inputs(), b.inputs(), "inputs");
    boundary(a.outputs(), b.outputs(), "outputs");
    for (TensorId id = 0; id < a.tensors().size(); ++id) tensors(a.tensor(id));
  }

 private:
  // A Constant operator comes back as a constant.
  static bool made_constant(const Network& network, OperatorId id) {
    return id != kNone && network.type_of(id) == "Constant" && network.op(id).outputs.size() == 1;
  }
  static const Literal* value_of(const Network& network, const Tensor& tensor) {
    if (tensor.constant || !made_constant(network, tensor.producer)) return tensor.constant;
    const graph::AttributeValue* value = network.op(tensor.producer).find("value");
    return value ? std::get_if<Literal>(value) : nullptr;
  }

  static std::vector<OperatorId> operators(const Network& network) {
    std::vector<OperatorId> list;
    for (OperatorId id = 0; id < network.operators().size(); ++id)  // one that neither reads nor makes anything goes
      if (!made_constant(network, id) && !network.removed(id)) list.push_back(id);
    return list;
  }

  static std::string_view name(const Network& network, TensorId id) {
    return id == kNone ? std::string_view() : network.tensor(id).name;
  }

  void boundary(std::span<const TensorId> mine, std::span<const TensorId> yours, const std::string& what) const {
    if (mine.size() != yours.size()) finding("the numbers of " + what + " differ");
    for (std::size_t i = 0; i < mine.size(); ++i)
      if (name(a, mine[i]) != name(b, yours[i])) finding("the names of " + what + " differ");
  }

  static std::span<const TensorId> own_inputs(const Operator& op) {
    return op.inputs.first(op.inputs.size() - op.captured);
  }
  static std::set<std::string_view> captured(const Network& network, const Operator& op) {
    std::set<std::string_view> names;
    for (const TensorId id : op.inputs.last(op.captured)) names.insert(name(network, id));
    return names;
  }

  void nodes(const Operator& mine, const Operator& yours) const {
    const std::string where = "operator '" + std::string(mine.name) + "': ";
    if (mine.name != yours.name) finding(where + "its name differs");
    if (a.type_name(mine.type) != b.type_name(yours.type)) finding(where + "its type differs");
    boundary(own_inputs(mine), own_inputs(yours), where + "inputs");
    if (captured(a, mine) != captured(b, yours)) finding(where + "what graphs in it read differs");
    boundary(mine.outputs, yours.outputs, where + "outputs");
    if (mine.attributes.size() != yours.attributes.size()) finding(where + "the numbers of attributes differ");
    for (std::size_t i = 0; i < mine.attributes.size(); ++i) {
      const graph::Attribute &one = mine.attributes[i], &other = yours.attributes[i];
      if (one.name != other.name || !values(one.value, other.value))
        finding(where + "attribute '" + std::string(one.name) + "' differs");
    }
  }

  static bool close(double x, double y) {  // ONNX holds attributes as float32
    return static_cast<float>(x) == static_cast<float>(y) || (std::isnan(x) && std::isnan(y));
  }

  static bool literals(const Literal& x, const Literal& y) {
    return x.dtype == y.dtype && x.shape == y.shape && x.bytes.size() == y.bytes.size() &&
           (x.bytes.empty() || std::memcmp(x.bytes.data(), y.bytes.data(), x.bytes.size()) == 0);
  }

  static bool values(const graph::AttributeValue& x, const graph::AttributeValue& y) {
    return x.index() == y.index() &&
           std::visit(
               [&]<typename T>(const T& mine) {
                 const T& yours = std::get<T>(y);
                 if constexpr (std::is_same_v<T, double>)
                   return close(mine, yours);
                 else if constexpr (std::is_same_v<T, std::span<const double>>)
                   return std::equal(mine.begin(), mine.end(), yours.begin(), yours.end(), close);
                 else if constexpr (std::is_same_v<T, Literal>)
                   return literals(mine, yours);
                 else if constexpr (std::is_same_v<T, graph::Opaque>)  // what is in it: declared()
                   return std::equal(mine.defines.begin(), mine.defines.end(), yours.defines.begin(),
                                     yours.defines.end());
                 else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::string_view>)
                   return mine == yours;
                 else
                   return std::equal(mine.begin(), mine.end(), yours.begin(), yours.end());
               },
               x);
  }

  void tensors(const Tensor& mine) const {
    const std::string where = "tensor '" + std::string(mine.name) + "': ";
    const auto found = b.find(mine.name);
    // A tensor that no operator has to do with may go.
    if (!found) {
      if ((mine.producer != kNone && !made_constant(a, mine.producer)) || mine.is_input || mine.is_output)
        finding(where + "it is not there any more");
      return;
    }
    const Tensor& yours = b.tensor(*found);
    if (mine.is_input != yours.is_input || mine.is_output != yours.is_output) finding(where + "its place differs");
    const Literal *value = value_of(a, mine), *other = value_of(b, yours);
    const bool made = made_constant(a, mine.producer) || made_constant(b, yours.producer);
    if (!made && (value == nullptr) != (other == nullptr)) finding(where + "it is constant in one of them");
    if (value && other && !literals(*value, *other)) finding(where + "its value differs");
    // ONNX has no place for a shape without a type.
    const bool lost = mine.dtype == graph::DType::undefined && !yours.shape.known();
    if (!value && !made && !lost && !same_shape(mine.shape, yours.shape))
      finding(where + "its shape differs: " + to_string(mine.shape) + " and " + to_string(yours.shape));
    if (!made && mine.dtype != yours.dtype) finding(where + "its type differs");
  }

  // Dimensions that are not known have no name here.
  static bool same_shape(const graph::Shape& x, const graph::Shape& y) {
    if (x.known() != y.known() || x.rank() != y.rank()) return false;
    for (int i = 0; i < x.rank(); ++i)
      if (std::max<std::int64_t>(x[i], -1) != std::max<std::int64_t>(y[i], -1)) return false;
    return true;
  }
};

// Whether two ONNX files declare the same, bodies of operators included, as another reader sees them.
void declared(const std::filesystem::path& before, const std::filesystem::path& after) {
  const auto said = [](const std::filesystem::path& path) { return test::onnx_said(test::read_file(path)); };
  for (const std::string& each : test::differences(said(before), said(after))) finding(each);
}

std::filesystem::path first_model(std::span<const std::uint8_t> bytes) {
  const std::string_view text = fuzz::text_of(bytes.data(), bytes.size());
  if (text.starts_with('{')) return fuzz::scratch_file("first.json", text);
  if (!text.starts_with('N') || bytes.size() < 8) return fuzz::scratch_file("first.onnx", text);
  fuzz::Draw draw(bytes.subspan(2));
  fuzz::GrownNet grown(draw);
  grown.grow();
  static const std::filesystem::path folder = std::filesystem::path(fuzz::scratch_file("unused", "")).parent_path();
  return grown.save(folder, "first", bytes[1] < 64 ? std::optional<std::uint64_t>(bytes[1]) : std::nullopt);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path from = first_model({data, size});
  const bool onnx = from.extension() == ".onnx";
  const std::filesystem::path there = from.parent_path() / (onnx ? "there.json" : "there.onnx"),
                              back = from.parent_path() / (onnx ? "back.onnx" : "back.json");
  std::optional<graph::Model> first;
  try {
    first = graph::read_model(from);
    graph::write_model(*first, {}, there);
  } catch (const graph::Error& error) {  // no model, or something in it for which the other format has no place
    if (error.message.empty()) finding("an error without a message");
    return 0;
  }
  try {
    const graph::Model second = graph::read_model(there);
    Same{first->network, second.network}.networks();
    graph::write_model(second, {}, back);
    const graph::Model third = graph::read_model(back);
    Same{first->network, third.network}.networks();
    if (onnx) {
      declared(from, back);
    } else {
      const std::filesystem::path again = from.parent_path() / "again.onnx";
      graph::write_model(third, {}, again);
      declared(there, again);
    }
  } catch (const graph::Error& error) {
    finding(error.what());
  }
  return 0;
}
