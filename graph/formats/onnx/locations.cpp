#include "graph/formats/onnx/locations.hpp"

#include "graph/formats/onnx/attribute.hpp"
#include "graph/formats/onnx/external.hpp"
#include "graph/formats/onnx/schema.hpp"

namespace rw::graph::onnx {
namespace {

class LocationReader {
 public:
  explicit LocationReader(bool initializers) : initializers_(initializers) {}

  void model(const Field& field) {
    if (field.number == ModelProto::kGraph) graph(field, 1);
    if (field.number != ModelProto::kFunctions) return;
    for (Fields fields(field); fields.next();)
      if (fields->number == FunctionProto::kNode) node(*fields, 1);
  }

  std::set<std::string> take() { return std::move(found_); }

 private:
  void graph(const Field& message, int depth) {
    if (depth > kMaxDepth) throw message.error("graphs are nested too deep");
    for (Fields fields(message); fields.next();) {
      if (fields->number == GraphProto::kInitializer && (initializers_ || depth > 1)) tensor(*fields);
      if (fields->number == GraphProto::kNode) node(*fields, depth);
    }
  }

  void node(const Field& message, int depth) {
    for (Fields fields(message); fields.next();)
      if (fields->number == NodeProto::kAttribute) attribute(*fields, depth);
  }

  void attribute(const Field& message, int depth) {
    for (Fields fields(message); fields.next();) {
      if (fields->number == AttributeProto::kTensor || fields->number == AttributeProto::kTensors) tensor(*fields);
      if (fields->number == AttributeProto::kGraph || fields->number == AttributeProto::kGraphs)
        graph(*fields, depth + 1);
    }
  }

  void tensor(const Field& message) {
    if (const std::string_view location = external_location(message); !location.empty()) found_.emplace(location);
  }

  bool initializers_;
  std::set<std::string> found_;
};

}  // namespace

std::set<std::string> external_locations(std::string_view model, bool initializers) {
  LocationReader reader(initializers);
  for (Fields fields(model, 0); fields.next();) reader.model(*fields);
  return reader.take();
}

std::string_view external_location(const Field& tensor) {
  ExternalText text;
  bool external = false;
  for (Fields fields(tensor); fields.next();) {
    if (fields->number == TensorProto::kExternalData) text.take(*fields);
    if (fields->number == TensorProto::kDataLocation) external = fields->integer() == 1;
  }
  return external ? text.location : std::string_view();
}

}  // namespace rw::graph::onnx
