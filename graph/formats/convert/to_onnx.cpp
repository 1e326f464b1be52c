#include "graph/formats/convert/to_onnx.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "graph/base/error.hpp"
#include "graph/formats/convert/body.hpp"
#include "graph/formats/convert/named.hpp"
#include "graph/formats/json/origin.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/node.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/wire.hpp"
#include "graph/formats/statistics/file.hpp"
#include "graph/mark.hpp"

namespace rw::graph {
namespace {

using namespace onnx;

constexpr std::uint64_t kMostInside = std::uint64_t{1} << 30U;  // protobuf ends at 2 GiB
constexpr std::uint64_t kPage = 4096;

// The IR version that came with an operator set: https://github.com/onnx/onnx/blob/main/docs/Versioning.md
struct IrRow {
  std::int64_t opset, ir;
};
constexpr std::array<IrRow, 5> kIr = {{{23, 11}, {21, 10}, {19, 9}, {15, 8}, {0, 7}}};

std::int64_t ir_version(std::int64_t opset) {
  for (const IrRow& row : kIr)
    if (opset >= row.opset) return row.ir;
  return kIr.back().ir;
}

class Encoder {
 public:
  Encoder(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out)
      : network_(model.network),
        declared_(dynamic_cast<const JsonOrigin&>(*model.origin).declared),
        named_(named(
            model, rewritten,
            {[this](const Opaque& each) { return each.type ? onnx_type(each.text) : onnx_body(each.text, domains_); },
             [](OperatorId, std::string_view) { return std::string(); }})),
        location_(out.stem().string() + std::string(kEnding)),
        graph_(model.sources),
        data_(model.sources),
        file_(model.sources) {
    gather();
  }

  void write(Output& output) {
    for (const NamedNode& node : named_.nodes) domains_.emplace(domain_of_type(node.type));
    if (!network_.opset() && domains_.contains(""))
      throw Error("", "opset", "the model does not say which version of the ONNX operators it uses; ONNX needs it");
    lay_out();
    if (!data_.empty()) {
      data_.write(output.add_named(std::string(kEnding), data_.size()));
      if (const std::string location = output.choose_stem() + std::string(kEnding); location != location_) {
        location_ = location;
        lay_out();
      }
    }
    std::string head;
    append_integer(ModelProto::kIrVersion, ir_version(network_.opset().value_or(0)), head);
    append_text(ModelProto::kProducerName, "rewrite-engine", head);
    file_.text(head + header(ModelProto::kGraph, graph_.size()));
    file_.append(std::move(graph_));
    file_.text(opsets());
    if (!output.mark().value_or("").empty()) {
      std::string mark;
      append_entry(ModelProto::kMetadataProps, kMarkKey, *output.mark(), mark);
      file_.text(std::move(mark));
    }
    file_.write(output.add_model(file_.size()));
  }

 private:
  static constexpr std::string_view kEnding = ".onnx.data";

  void lay_out() {
    graph_ = graph_.like();
    data_ = data_.like();
    add_nodes();
    add_constants();
    add_declared();
  }

  void add_nodes() {
    std::string text;
    for (const NamedNode& each : named_.nodes) append_text(GraphProto::kNode, node_message(each), text);
    append_text(GraphProto::kName, network_.name().empty() ? "graph" : network_.name(), text);
    graph_.text(std::move(text));
  }

  void add_constants() {
    std::uint64_t bytes = 0;
    for (const RewrittenConstant& each : named_.constants) bytes += each.value->bytes.size();
    for (const RewrittenConstant& each : named_.constants)
      add_constant(each, bytes > kMostInside && each.value->bytes.size() >= kPage);
  }

  void add_constant(const RewrittenConstant& constant, bool outside) {
    std::string head = tensor_head(constant.name, constant.value->dtype, constant.shape());
    if (!outside) {
      Pieces elements = graph_.like();
      put(constant, elements);
      return append_tensor(GraphProto::kInitializer, head, std::move(elements), graph_);
    }
    data_.zeros((kPage - data_.size() % kPage) % kPage);
    const std::uint64_t begin = data_.size();
    put(constant, data_);
    append_external({location_, begin, data_.size() - begin}, head);
    std::string field;
    append_text(GraphProto::kInitializer, head, field);
    graph_.text(std::move(field));
  }

  static void put(const RewrittenConstant& constant, Pieces& to) {
    if (constant.edit)
      to.scaled(*constant.value, *constant.edit, constant.name);
    else
      to.copy({reinterpret_cast<const char*>(constant.value->bytes.data()), constant.value->bytes.size()});
  }

  // What the model declares; of an output of which it says nothing, what is known.
  void add_declared() {
    std::unordered_map<std::string_view, const RewrittenConstant*> constants;
    for (const RewrittenConstant& each : named_.constants) constants.emplace(each.name, &each);
    const auto constant = [&](std::string_view name) {
      const auto found = constants.find(name);
      return found == constants.end() ? nullptr : found->second;
    };
    std::string text;
    const auto add = [&](std::uint32_t field, const Declared& said) { append_text(field, value_info(said), text); };
    for (const Declared& each : declared_.inputs)
      if (!each.constant)
        add(GraphProto::kInput, completed(each));
      else if (const RewrittenConstant* value = constant(each.name))
        add(GraphProto::kInput, of_constant(each, *value));
    for (const Declared& each : declared_.outputs) add(GraphProto::kOutput, completed(each));
    if (!declared_.inner.empty()) {
      const std::unordered_set<std::string_view> made = made_by_nodes();
      std::set<TensorId> said;
      for (const Declared& each : declared_.inner) {
        const auto id = network_.find(each.name);
        const Tensor* tensor = id ? &network_.tensor(*id) : nullptr;
        // A nested network may call a tensor of the boundary otherwise.
        if (!tensor || (tensor->name != each.name && (tensor->is_input || tensor->is_output))) continue;
        const RewrittenConstant* value = constant(tensor->name);
        if ((!value && !tensor->is_input && !made.contains(tensor->name)) || !said.insert(*id).second) continue;
        Declared entry = value ? of_constant(each, *value) : completed(each);
        entry.name = tensor->name;
        if (entry.type.kind != ValueType::Kind::tensor || entry.type.element != 0) add(GraphProto::kValueInfo, entry);
      }
    }
    graph_.text(std::move(text));
  }

  std::unordered_set<std::string_view> made_by_nodes() const {
    std::unordered_set<std::string_view> made;
    for (const NamedNode& node : named_.nodes) made.insert(node.outputs.begin(), node.outputs.end());
    return made;
  }

  // With what other places say of the tensor. ONNX has no place for a shape without an element type.
  Declared completed(Declared said) {
    using Kind = ValueType::Kind;
    const TensorId id = *network_.find(said.name);
    const Tensor& tensor = network_.tensor(id);
    const bool nothing = said.type.kind == Kind::none;
    if (!nothing && said.type.kind != Kind::tensor) return said;
    said.type.kind = Kind::tensor;
    if (said.type.element == 0) said.type.element = row(tensor.dtype).onnx;
    if (nothing) said.type.shape = tensor.shape;
    if (said.type.shape.known()) fill(said.type, known_.at(id).shape);
    return said;
  }

  void fill(ValueType& type, const Shape& known) {
    if (!known.known() || known.rank() != type.shape.rank()) return;
    const std::span<std::int64_t> dims = arena_.make<std::int64_t>(type.shape.dims().size());
    for (std::size_t i = 0; i < dims.size(); ++i)
      dims[i] = type.shape.dims()[i] < 0 ? known.dims()[i] : type.shape.dims()[i];
    type.shape = Shape(dims);
  }

  // What all places together say of each tensor.
  void gather() {
    for (const auto* list : {&declared_.inputs, &declared_.outputs, &declared_.inner})
      for (const Declared& each : *list) {
        const auto id = network_.find(each.name);
        if (!id) continue;
        const Known more = {each.type.dtype(), each.type.known_shape(arena_)};
        const auto [known, first] = known_.try_emplace(*id, more);
        if (!first) known->second = together(known->second, more, arena_).value_or(known->second);
      }
  }

  static Declared of_constant(Declared said, const RewrittenConstant& constant) {
    said.type.kind = ValueType::Kind::tensor;
    said.type.element = row(constant.value->dtype).onnx;
    if (!constant.edit && said.type.shape.known()) return said;
    said.type.shape = Shape(constant.shape());
    said.type.names = {};
    return said;
  }

  // Domains that are used and not said get their first version.
  std::string opsets() const {
    std::string text;
    const auto add = [&](std::string_view domain, std::int64_t version) {
      std::string message;
      append_text(OperatorSetId::kDomain, domain, message);
      append_integer(OperatorSetId::kVersion, version, message);
      append_text(ModelProto::kOpsetImport, message, text);
    };
    std::set<std::string_view> said;
    for (const auto& [domain, version] : network_.opsets()) {
      add(domain, version);
      said.insert(domain);
    }
    for (const std::string& domain : domains_)
      if (!said.contains(domain)) add(domain, 1);
    return text;
  }

  const Network& network_;
  const Declarations& declared_;
  std::set<std::string, std::less<>> domains_;  // that operators are of, in bodies too
  const NamedNetwork named_;
  Arena arena_;
  std::unordered_map<TensorId, Known> known_;
  std::string location_;
  Pieces graph_, data_, file_;
};

}  // namespace

void encode_onnx(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output) {
  write_statistics_beside(model, rewritten.rewriting(), out, output);
  Encoder(model, rewritten, out).write(output);
}

}  // namespace rw::graph
