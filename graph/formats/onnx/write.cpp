#include "graph/formats/onnx/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/locations.hpp"
#include "graph/formats/onnx/node.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/onnx/relocation.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/statistics/file.hpp"
#include "graph/mark.hpp"

namespace rw::graph {
namespace {

using namespace onnx;

bool is_data(std::uint32_t number) {
  return number == TensorProto::kRawData || number == TensorProto::kFloatData || number == TensorProto::kInt32Data ||
         number == TensorProto::kInt64Data || number == TensorProto::kDoubleData || number == TensorProto::kUint64Data;
}

std::string_view key_of(const Field& entry) {
  std::string_view key;
  for (Fields fields(entry); fields.next();)
    if (fields->number == StringStringEntry::kKey) key = fields->text();
  return key;
}

std::string_view view_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Writer {
 public:
  Writer(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out)
      : model_(model),
        rewritten_(rewritten),
        rewriting_(rewritten.rewriting()),
        origin_(dynamic_cast<const OnnxOrigin&>(*model.origin)),
        orphans_(orphans()),
        relocation_(model, origin_, out, changes_external()),
        graph_(model.sources) {}

  void write(const std::filesystem::path& out, Output& output) {
    lay_out();
    if (relocation_.write(output)) lay_out();
    Pieces file(model_.sources);
    put_around(output.mark(), file);
    write_statistics_beside(model_, rewriting_, out, output);
    file.write(output.add_model(file.size()));
  }

 private:
  void lay_out() {
    graph_ = graph_.like();
    copy_graph();
    add_constants();
  }

  // Before this version of the format every initializer is an input of the graph, too.
  bool lists_initializers() const {
    constexpr std::int64_t kFree = 4;
    return origin_.ir_version > 0 && origin_.ir_version < kFree;
  }

  const Literal& literal(TensorId tensor) const { return *model_.network.tensor(tensor).constant; }

  bool is_external(TensorId tensor) const {
    const auto& value = model_.network.tensor(tensor).constant;
    if (!value || value->bytes.empty()) return false;
    return std::any_of(origin_.external.files().begin(), origin_.external.files().end(),
                       [&](const ExternalFiles::File& each) {
                         const auto offset = each.file->offset_of(value->bytes.data());
                         return offset && *offset < each.file->bytes().size();
                       });
  }

  bool changes_external() const {
    return std::any_of(rewriting_.constants.begin(), rewriting_.constants.end(),
                       [&](const ConstantEdit& each) { return is_external(each.tensor); }) ||
           std::any_of(rewriting_.copies.begin(), rewriting_.copies.end(),
                       [&](const ConstantCopy& each) { return is_external(each.tensor); });
  }

  // The fields of the graph in their order, each as it is or changed; nodes in another order where edits of the graph
  // ask for it: then all of them stand where the first one stood.
  void copy_graph() {
    const bool sorted = rewriting_.graph.empty() || rewritten_.is_sorted();
    OperatorId node = 0;
    std::size_t initializer = 0;
    for (Fields fields(origin_.graph); fields.next();) {
      switch (fields->number) {
        case GraphProto::kNode:
          if (sorted)
            copy_node(*fields, node);
          else if (node == 0)
            copy_sorted_nodes();
          ++node;
          break;
        case GraphProto::kInitializer:
          copy_initializer(*fields, origin_.initializers[initializer++]);
          break;
        case GraphProto::kSparseInitializer:
          keep_constant(*fields, renamed_sparse(*fields, relocation_.renames()));
          break;
        case GraphProto::kInput:
        case GraphProto::kValueInfo:
          copy_value_info(*fields);
          break;
        default:
          graph_.copy(fields->whole);
      }
    }
  }

  void copy_sorted_nodes() {
    std::vector<Field> nodes;
    for (Fields fields(origin_.graph); fields.next();)
      if (fields->number == GraphProto::kNode) nodes.push_back(*fields);
    rewritten_.for_each_sorted(
        [&](const RewrittenOperator& op) { op.id < nodes.size() ? copy_own_node(nodes[op.id], op.id) : put_node(op); });
    changed_ = true;
  }

  void copy_node(const Field& field, OperatorId op) {
    rewritten_.for_each_in_front(op, [&](const RewrittenOperator& each) { put_node(each); });
    copy_own_node(field, op);
  }

  void put_node(const RewrittenOperator& op) {
    std::string field;
    append_text(GraphProto::kNode, node_message(rewritten_.named(op)), field);
    graph_.text(std::move(field));
    changed_ = true;
  }

  void copy_own_node(const Field& field, OperatorId op) {
    const OperatorChange* change = rewritten_.change(op);
    if (change && change->removed) {
      changed_ = true;
      return;
    }
    const auto renamed = relocation_.renames().empty() ? std::nullopt : renamed_node(field, relocation_.renames());
    if (!change && !renamed) return graph_.copy(field.whole);
    std::string message;
    if (renamed) append_text(GraphProto::kNode, *renamed, message);
    changed_ = true;
    if (!change) return graph_.text(std::move(message));
    if (!renamed) return graph_.text(changed_node(field, *change, rewritten_));
    Fields with_names(message, field.offset);
    with_names.next();
    graph_.text(changed_node(*with_names, *change, rewritten_));
  }

  // Constants that nobody reads any more, such as those of a BatchNormalization that was folded, but for those that the
  // file calls inputs, too, where it need not.
  std::set<TensorId> orphans() const {
    std::set<TensorId> all = rewritten_.orphans();
    if (all.empty() || lists_initializers()) return all;
    for (Fields fields(origin_.graph); fields.next();)
      if (fields->number == GraphProto::kInput)
        if (const auto id = model_.network.find(name_of(*fields))) all.erase(*id);
    return all;
  }

  static std::string_view name_of(const Field& value_info) {
    std::string_view name;
    for (Fields fields(value_info); fields.next();)
      if (fields->number == ValueInfo::kName) name = fields->text();
    return name;
  }

  void copy_initializer(const Field& field, TensorId tensor) {
    if (orphans_.count(tensor) != 0) {
      changed_ = true;
      return;
    }
    const Edit* edit = rewritten_.edit(tensor);
    const bool moves = relocation_.moves() && (is_external(tensor) || is_empty_external(field, tensor));
    if (!edit && !moves)
      return keep_constant(field,
                           relocation_.renames().empty() ? std::nullopt : renamed_tensor(field, relocation_.renames()));
    changed_ = true;
    if (moves) return move_initializer(field, tensor, edit);
    scale_initializer(field, tensor, *edit);
  }

  bool is_empty_external(const Field& field, TensorId tensor) const {
    return literal(tensor).bytes.empty() && !external_location(field).empty();
  }

  // As it is, but for the names of its files; nothing in `renamed`: they stay.
  void keep_constant(const Field& field, const std::optional<std::string>& renamed) {
    if (!renamed) return graph_.copy(field.whole);
    changed_ = true;
    std::string message;
    append_text(field.number, *renamed, message);
    graph_.text(std::move(message));
  }

  // Elements that stand in one piece in the file and keep their number are scaled where they are; all others become raw
  // data.
  void scale_initializer(const Field& field, TensorId tensor, const Edit& edit) {
    const Literal& source = literal(tensor);
    const bool reshaped =
        !std::equal(edit.shape.begin(), edit.shape.end(), source.shape.dims().begin(), source.shape.dims().end());
    const auto at = origin_.file->offset_of(source.bytes.data());
    if (at && !reshaped && !source.bytes.empty()) {
      const std::string_view elements = view_of(source.bytes);
      const auto before = static_cast<std::size_t>(elements.data() - field.whole.data());
      graph_.copy(field.whole.substr(0, before));
      graph_.scaled(source, edit, model_.network.tensor(tensor).name);
      return graph_.copy(field.whole.substr(before + elements.size()));
    }
    Pieces elements(model_.sources);
    elements.scaled(source, edit, model_.network.tensor(tensor).name);
    append_tensor(GraphProto::kInitializer, head_of(field, edit.shape), std::move(elements), graph_);
  }

  // The fields of a tensor but its elements, with another shape. (An edited tensor is not external here.)
  static std::string head_of(const Field& field, std::span<const std::int64_t> dims) {
    std::string head;
    append_dims(dims, head);
    for (Fields fields(field); fields.next();)
      if (fields->number != TensorProto::kDims && !is_data(fields->number)) head += fields->whole;
    return head;
  }

  void move_initializer(const Field& field, TensorId tensor, const Edit* edit) {
    const Literal& source = literal(tensor);
    const ExternalPlace place =
        edit ? relocation_.scale(source, *edit, model_.network.tensor(tensor).name) : relocation_.keep(source.bytes);
    std::string message;
    append_dims(edit ? std::span<const std::int64_t>(edit->shape) : source.shape.dims(), message);
    for (Fields fields(field); fields.next();) {
      if (fields->number == TensorProto::kDims || fields->number == TensorProto::kDataLocation) continue;
      if (fields->number == TensorProto::kExternalData) {
        const std::string_view key = key_of(*fields);
        if (key == "location" || key == "offset" || key == "length" || (edit && key == "checksum")) continue;
      }
      message += fields->whole;
    }
    append_external(place, message);
    std::string out;
    append_text(GraphProto::kInitializer, message, out);
    graph_.text(std::move(out));
  }

  static std::string info_of(std::string_view name, DType dtype, std::span<const std::int64_t> shape) {
    Declared said = {name, {.kind = ValueType::Kind::tensor, .element = row(dtype).onnx}};
    said.type.shape = Shape(shape);
    return value_info(said);
  }

  // What the file says of the shape of a constant that gets another one; nothing of tensors that are gone.
  void copy_value_info(const Field& field) {
    const std::string_view name = name_of(field);
    const bool concerned = !rewriting_.constants.empty() || !orphans_.empty() || !rewriting_.graph.empty();
    const auto tensor = concerned ? model_.network.find(name) : std::nullopt;
    if (tensor && (orphans_.count(*tensor) != 0 || is_gone(*tensor))) {
      changed_ = true;
      return;
    }
    const Edit* edit = tensor ? rewritten_.edit(*tensor) : nullptr;
    if (!edit || std::equal(edit->shape.begin(), edit->shape.end(), literal(*tensor).shape.dims().begin(),
                            literal(*tensor).shape.dims().end()))
      return graph_.copy(field.whole);
    std::string out;
    append_text(field.number, info_of(name, literal(*tensor).dtype, edit->shape), out);
    graph_.text(std::move(out));
  }

  // It was made by an operator that was taken out.
  bool is_gone(TensorId tensor) const { return !rewriting_.graph.empty() && !rewritten_.gives(tensor); }

  void add_constants() {
    for (const ConstantCopy& each : rewriting_.copies) {
      add_copy(each);
      add_input(each.name, literal(each.tensor).dtype, each.edit.shape);
    }
    for (const RewrittenConstant& each : rewritten_.added()) {
      add_constant(each);
      add_input(each.name, each.value->dtype, each.shape());
    }
  }

  void add_input(std::string_view name, DType dtype, std::span<const std::int64_t> shape) {
    if (!lists_initializers()) return;
    std::string out;
    append_text(GraphProto::kInput, info_of(name, dtype, shape), out);
    graph_.text(std::move(out));
  }

  void add_copy(const ConstantCopy& copy) {
    const Literal& source = literal(copy.tensor);
    std::string head = tensor_head(copy.name, source.dtype, copy.edit.shape);
    changed_ = true;
    if (relocation_.moves() && is_external(copy.tensor)) {
      append_external(relocation_.scale(source, copy.edit, copy.name), head);
      std::string out;
      append_text(GraphProto::kInitializer, head, out);
      return graph_.text(std::move(out));
    }
    Pieces elements(model_.sources);
    elements.scaled(source, copy.edit, copy.name);
    append_tensor(GraphProto::kInitializer, head, std::move(elements), graph_);
  }

  void add_constant(const RewrittenConstant& added) {
    Pieces elements(model_.sources);
    if (added.edit)
      elements.scaled(*added.value, *added.edit, added.name);
    else
      elements.copy(view_of(added.value->bytes));
    changed_ = true;
    append_tensor(GraphProto::kInitializer, tensor_head(added.name, added.value->dtype, added.shape()),
                  std::move(elements), graph_);
  }

  // The model's other fields. A graph without changes keeps its header too, in whatever way its length is encoded.
  void put_around(const std::optional<std::string>& mark, Pieces& file) {
    const std::string_view whole = origin_.file->text();
    if (!changed_ && !mark && relocation_.renames().empty()) return file.copy(whole);
    const std::string_view graph = origin_.graph.whole;
    const auto begin = static_cast<std::size_t>(graph.data() - whole.data());
    copy_around(whole.substr(0, begin), 0, mark.has_value(), file);
    if (graph_.size() == origin_.graph.payload.size())
      file.copy(graph.substr(0, graph.size() - origin_.graph.payload.size()));
    else
      file.text(header(ModelProto::kGraph, graph_.size()));
    file.append(std::move(graph_));
    copy_around(whole.substr(begin + graph.size()), begin + graph.size(), mark.has_value(), file);
    if (mark.value_or("").empty()) return;
    std::string entry;
    append_entry(ModelProto::kMetadataProps, kMarkKey, *mark, entry);
    file.text(std::move(entry));
  }

  // Fields of the model that are not the graph; functions say names of files, too.
  void copy_around(std::string_view fields_of_model, std::uint64_t offset, bool unmarked, Pieces& file) const {
    for (Fields fields(fields_of_model, offset); fields.next();) {
      if (unmarked && fields->number == ModelProto::kMetadataProps && text_entry(*fields).key == kMarkKey) continue;
      const bool function = fields->number == ModelProto::kFunctions && !relocation_.renames().empty();
      const auto renamed = function ? renamed_function(*fields, relocation_.renames()) : std::nullopt;
      if (!renamed) {
        file.copy(fields->whole);
        continue;
      }
      std::string message;
      append_text(ModelProto::kFunctions, *renamed, message);
      file.text(std::move(message));
    }
  }

  const Model& model_;
  const Rewritten& rewritten_;
  const Rewriting& rewriting_;
  const OnnxOrigin& origin_;
  const std::set<TensorId> orphans_;
  Relocation relocation_;
  Pieces graph_;
  bool changed_ = false;
};

}  // namespace

void write_onnx(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output) {
  Writer(model, rewritten, out).write(out, output);
}

}  // namespace rw::graph
