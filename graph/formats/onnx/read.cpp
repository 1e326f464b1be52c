#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include "graph/builder.hpp"
#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/locations.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/tensor.hpp"
#include "graph/formats/reading/attribute_lists.hpp"
#include "graph/mark.hpp"
#include "graph/operators/form.hpp"

namespace rw::graph {
namespace {

using namespace onnx;

constexpr std::int64_t kFirstWithOpsets = 3;  // IR version

class ModelReader {
 public:
  explicit ModelReader(const std::filesystem::path& path) : origin_(std::make_shared<OnnxOrigin>(path)) {
    origin_->file = MappedFile::open(path);
  }

  Model read() {
    read_model();
    read_graph();
    check_opsets();
    Model model{
        .network = builder_.finish(), .path = origin_->file->path(), .sources = {origin_->file}, .origin = origin_};
    for (const ExternalFiles::File& each : origin_->external.files()) model.sources.push_back(each.file);
    agree(model.mark, mark_, model.path);
    return model;
  }

 private:
  void read_model() {
    bool found = false;
    for (Fields fields(origin_->file->text(), 0); fields.next();) {
      switch (fields->number) {
        case ModelProto::kIrVersion:
          origin_->ir_version = fields->integer();
          break;
        case ModelProto::kOpsetImport:
          read_opset(*fields);
          break;
        case ModelProto::kMetadataProps:
          if (const TextEntry entry = text_entry(*fields); entry.key == kMarkKey) mark_ = entry.value;
          break;
        case ModelProto::kFunctions:
          read_function(*fields);
          break;
        case ModelProto::kGraph:
          if (found) throw fields->error("a second graph");
          origin_->graph = *fields;
          found = true;
          fields->text();
          break;
        default:
          break;
      }
    }
    if (!found) throw Error("", "", "is no ONNX model: there is no graph in it");
  }

  void read_opset(const Field& message) {
    std::string_view domain;
    std::int64_t version = 0;
    for (Fields fields(message); fields.next();) {
      if (fields->number == OperatorSetId::kDomain) domain = fields->text();
      if (fields->number == OperatorSetId::kVersion) version = fields->integer();
    }
    domains_.insert(std::string(domain_of(domain)));
    builder_.opset(domain_of(domain), version);
  }

  // A function may have the name of an operator that has a form; then it is not that operator.
  void read_function(const Field& message) {
    std::string_view name, domain;
    for (Fields fields(message); fields.next();) {
      if (fields->number == FunctionProto::kName) name = fields->text();
      if (fields->number == FunctionProto::kDomain) domain = fields->text();
    }
    builder_.function(*functions_.insert(full_type(domain_of(domain), name)).first);
    origin_->functions = true;
  }

  // What is used is told apart by what is defined, and may come before it in the file.
  void read_graph() {
    std::vector<Field> inputs, outputs;
    bool described = false;  // what lies inside
    each_field([&](const Field& field) {
      if (field.number == GraphProto::kName) builder_.name(field.text());
      if (field.number == GraphProto::kInitializer) read_initializer(field);
      if (field.number == GraphProto::kSparseInitializer) read_sparse_initializer(field);
      if (field.number == GraphProto::kInput) inputs.push_back(field);
      if (field.number == GraphProto::kOutput) outputs.push_back(field);
      described |= field.number == GraphProto::kValueInfo;
    });
    for (const Field& input : inputs) read_input(input);
    each_field([&](const Field& field) {
      if (field.number == GraphProto::kNode) read_node(field);
    });
    for (const Field& output : outputs) read_output(output);
    if (!described) return;
    each_field([&](const Field& field) {
      if (field.number == GraphProto::kValueInfo) read_value_info(field);
    });
  }

  template <typename F>
  void each_field(F f) {
    for (Fields fields(origin_->graph); fields.next();) f(*fields);
  }

  void read_initializer(const Field& message) {
    const std::string_view name = tensor_name(message);
    const auto place = [&] {
      return name.empty() ? fmt::format("initializer {}", origin_->initializers.size())
                          : fmt::format("initializer '{}'", name);
    };
    try {
      if (name.empty()) throw message.error("has no name");
      builder_.prefetch_tensor(name);
      const TensorMessage tensor = read_tensor(message, builder_.arena(), origin_->external);
      const TensorId id = builder_.tensor(name);
      if (!note(id, kGiven)) throw Error("", place(), "a second initializer has this name");
      if (tensor.value)
        builder_.constant(id, builder_.arena().keep(*tensor.value));
      else
        hold(id, DType::undefined, tensor.shape, tensor.element);
      origin_->initializers.push_back(id);
    } catch (const Error& error) {
      throw placed(error, place());
    }
  }

  // An initializer, an input, the output of a Constant node, a tensor within that has been described.
  enum Note : std::uint8_t { kGiven = 1, kInput = 2, kConstant = 4, kDescribed = 8 };
  bool noted(TensorId id, unsigned what) const { return id < notes_.size() && (notes_[id] & what) != 0; }
  bool note(TensorId id, Note what) {  // false: noted before
    if (noted(id, what)) return false;
    if (id >= notes_.size()) notes_.resize(id + 1);
    notes_[id] = static_cast<std::uint8_t>(notes_[id] | what);
    return true;
  }

  // A constant whose value is not understood is something given from outside: nothing changes it. `element`: its type;
  // 0 of a sparse one.
  void hold(TensorId id, DType dtype, Shape shape, std::int32_t element) {
    builder_.describe(id, dtype, shape);
    builder_.hold(id);
    origin_->held.push_back({id, element});
  }

  // Of a sparse one type and shape are known.
  void read_sparse_initializer(const Field& message) {
    std::string_view name;
    for (Fields fields(message); fields.next();)
      if (fields->number == SparseTensorProto::kValues) name = tensor_name(*fields);
    if (name.empty()) throw message.error("a sparse initializer without a name");
    try {
      const auto [shape, dtype] = read_sparse(message, builder_.arena());
      const TensorId id = builder_.tensor(name);
      if (!note(id, kGiven)) throw Error("", "", "a second initializer has this name");
      hold(id, dtype, shape, 0);
    } catch (const Error& error) {
      throw placed(error, fmt::format("initializer '{}'", name));
    }
  }

  void read_input(const Field& message) {
    const Declared said = read_declared(message, builder_.arena());
    if (said.name.empty()) throw message.error("an input of the graph without a name");
    const TensorId id = builder_.tensor(said.name);
    if (!note(id, kInput))
      throw Error("", fmt::format("input '{}'", said.name), "stands twice among the inputs of the graph");
    if (noted(id, kGiven)) return;
    builder_.describe(id, said.type.dtype(), said.type.known_shape(builder_.arena()));
    builder_.input(id);
  }

  void read_output(const Field& message) {
    const Declared said = read_declared(message, builder_.arena());
    if (said.name.empty()) throw message.error("an output of the graph without a name");
    const TensorId id = builder_.tensor(said.name);
    describe(id, said);
    builder_.output(id);
  }

  // Tensors that nobody makes or reads may have been left behind by other programs.
  void read_value_info(const Field& message) {
    const Declared said = read_declared(message, builder_.arena());
    if (const auto id = builder_.find(said.name); id && note(*id, kDescribed)) describe(*id, said);
  }

  // A constant is what it is; of what contradicts itself the first word counts.
  void describe(TensorId id, const Declared& said) {
    if (noted(id, kGiven | kConstant)) return;
    const Known known = {said.type.dtype(), said.type.known_shape(builder_.arena())};
    const Tensor& tensor = builder_.at(id);
    if (const auto both = together({tensor.dtype, tensor.shape}, known, builder_.arena()))
      builder_.describe(id, both->dtype, both->shape);
  }

  struct NodeParts {
    std::string_view name, type, domain;
    std::vector<std::string_view> input_names, output_names;
    std::vector<TensorId> inputs, outputs;  // once resolved
    std::vector<Field> attribute_fields;
    AttributeLists::List attributes;
    std::vector<std::string_view> captured;

    void clear() {
      name = type = domain = {};
      input_names.clear();
      output_names.clear();
      inputs.clear();
      outputs.clear();
      attribute_fields.clear();
      attributes = {};
      captured.clear();
    }
  };

  void read_node(const Field& message) {
    const std::uint32_t index = nodes_++;
    node_.clear();
    try {
      for (Fields fields(message); fields.next();) take(*fields);
      if (node_.type.empty()) throw message.error("it has no op_type");
      read_attributes();
      add_node();
    } catch (const Error& error) {
      if (error.place.starts_with("node ")) throw;
      throw placed(error, node_.name.empty() ? fmt::format("node {}", index) : fmt::format("node '{}'", node_.name));
    }
  }

  void take(const Field& field) {
    switch (field.number) {
      case NodeProto::kInput:
        node_.input_names.push_back(field.text());
        builder_.prefetch_tensor(field.text());
        return;
      case NodeProto::kOutput:
        node_.output_names.push_back(field.text());
        builder_.prefetch_tensor(field.text());
        return;
      case NodeProto::kName:
        node_.name = field.text();
        builder_.prefetch_operator(node_.name);
        return;
      case NodeProto::kOpType:
        node_.type = field.text();
        return;
      case NodeProto::kDomain:
        node_.domain = domain_of(field.text());
        return;
      case NodeProto::kAttribute:
        node_.attribute_fields.push_back(field);
        return;
      default:
        return;
    }
  }

  TensorId tensor(std::string_view name) { return name.empty() ? kNone : builder_.tensor(name); }

  // The bytes of the fields of attributes, as a rule one behind the other; empty: other fields stand between them.
  std::string_view text_of_attributes() const {
    if (node_.attribute_fields.empty()) return {};
    const std::string_view first = node_.attribute_fields.front().whole, last = node_.attribute_fields.back().whole;
    std::size_t size = 0;
    for (const Field& each : node_.attribute_fields) size += each.whole.size();
    return first.data() + size == last.data() + last.size() ? std::string_view(first.data(), size) : std::string_view();
  }

  void read_attributes() {
    Arena& arena = builder_.arena();
    node_.attributes = attribute_lists_.list(text_of_attributes(), arena, [&](auto& attributes) {
      for (const Field& each : node_.attribute_fields)
        attributes.push_back(read_attribute(each, arena, origin_->external, node_.captured));
      if (const auto twice = name_twice(attributes))
        throw Error("", "", fmt::format("attribute '{}' stands here twice", *twice));
    });
  }

  void add_node() {
    for (const std::string_view name : node_.input_names) node_.inputs.push_back(tensor(name));
    for (const std::string_view name : node_.output_names) node_.outputs.push_back(tensor(name));
    // What a graph in it reads from around it is read by the node too, so that nobody takes that tensor for free to
    // change.
    std::sort(node_.captured.begin(), node_.captured.end());
    node_.captured.erase(std::unique(node_.captured.begin(), node_.captured.end()), node_.captured.end());
    for (const std::string_view name : node_.captured) node_.inputs.push_back(builder_.tensor(name));
    if (!used_domains_.contains(node_.domain)) used_domains_.emplace(node_.domain);
    std::string type = full_type(node_.domain, node_.type);
    if (functions_.contains(type) && find_form(type)) type = std::string(kFunctionPrefix) + type;
    builder_.add(type, node_.name, node_.inputs, node_.outputs, node_.attributes,
                 static_cast<std::uint32_t>(node_.captured.size()));
    if (node_.domain.empty() && node_.type == "Constant") read_constant();
  }

  // The value of a Constant node: an attribute that says by its name what it is.
  void read_constant() {
    if (node_.outputs.size() != 1 || node_.outputs[0] == kNone) throw Error("", "", "a Constant has one output");
    for (const Attribute& each : node_.attributes)
      if (const auto value = constant_value(each)) {
        note(node_.outputs[0], kConstant);
        return builder_.constant_output(node_.outputs[0], *value);
      }
  }

  std::optional<Literal> constant_value(const Attribute& attribute) {
    Arena& arena = builder_.arena();
    const auto vector_of = [&](std::size_t count) {
      const std::array<std::int64_t, 1> dims = {static_cast<std::int64_t>(count)};
      return Shape(arena.store(std::span<const std::int64_t>(dims)));
    };
    const Shape scalar{std::span<const std::int64_t>()};
    const auto real = [&](std::span<const double> values, Shape shape) {
      const std::vector<float> narrow(values.begin(), values.end());  // they are floats in the file
      return Literal{DType::float32, shape, std::as_bytes(arena.store(std::span<const float>(narrow)))};
    };
    if (const auto* tensor = std::get_if<Literal>(&attribute.value); tensor && attribute.name == "value")
      return *tensor;
    if (const auto* value = std::get_if<double>(&attribute.value); value && attribute.name == "value_float")
      return real({value, 1}, scalar);
    if (const auto* values = std::get_if<std::span<const double>>(&attribute.value);
        values && attribute.name == "value_floats")
      return real(*values, vector_of(values->size()));
    if (const auto* value = std::get_if<std::int64_t>(&attribute.value); value && attribute.name == "value_int")
      return Literal{DType::int64, scalar, std::as_bytes(arena.store(std::span<const std::int64_t>(value, 1)))};
    if (const auto* values = std::get_if<std::span<const std::int64_t>>(&attribute.value);
        values && attribute.name == "value_ints")
      return Literal{DType::int64, vector_of(values->size()), std::as_bytes(*values)};
    return std::nullopt;
  }

  void check_opsets() const {
    if (domains_.empty() && origin_->ir_version < kFirstWithOpsets && origin_->ir_version > 0) return;
    if (used_domains_.contains("") && !domains_.contains(""))
      throw Error("", "opset_import", "the model does not say which version of the ONNX operators it uses");
  }

  std::shared_ptr<OnnxOrigin> origin_;
  NetworkBuilder builder_;
  std::set<std::string, std::less<>> domains_, used_domains_, functions_;
  std::vector<std::uint8_t> notes_;  // by tensor: what the file has said of it
  AttributeLists attribute_lists_;
  NodeParts node_;
  std::string mark_;
  std::uint32_t nodes_ = 0;
};

}  // namespace

ModelFiles files_of_onnx(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const std::set<std::string> names = onnx::external_locations(file->text(), true);
  ModelFiles files = {{names.begin(), names.end()}, ""};
  for (onnx::Fields fields(file->text(), 0); fields.next();)
    if (fields->number == onnx::ModelProto::kMetadataProps)
      if (const onnx::TextEntry entry = onnx::text_entry(*fields); entry.key == kMarkKey) files.mark = entry.value;
  return files;
}

Model read_onnx(const std::filesystem::path& path) {
  try {
    return ModelReader(path).read();
  } catch (const Error& error) {
    if (!error.file.empty()) throw;
    throw Error(path.string(), error.place, error.message);
  }
}

}  // namespace rw::graph
