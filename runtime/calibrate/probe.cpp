#include "runtime/calibrate/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "dsl/text/spelling.hpp"
#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/onnx/declared.hpp"
#include "graph/formats/onnx/encode.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/onnx/schema.hpp"
#include "runtime/data/arrays.hpp"

namespace rw::calibrate {
namespace {

using namespace graph::onnx;
using graph::Error;
using graph::Network;
using graph::Shape;

constexpr std::string_view kMin = "@min", kMax = "@max";

// The messages that a probe has behind those of its graph.
class ProbeText {
 public:
  explicit ProbeText(const Network& network) : network_(network) {}

  void add(const ProbePoint& point) {
    const graph::Tensor& tensor = network_.tensor(point.tensor);
    std::vector<std::int64_t> axes;
    for (int axis = 0; point.axis && axis < tensor.shape.rank(); ++axis)
      if (axis != *point.axis) axes.push_back(axis);
    // An axis of its own for a tensor that has no other: nothing is to be reduced, and without axes all would be.
    const std::vector<std::int64_t> dims = {point.axis ? tensor.shape[*point.axis] : 1};
    for (const auto& [type, ending] : {std::pair("ReduceMin", kMin), std::pair("ReduceMax", kMax)}) {
      const std::string name = std::string(tensor.name) + std::string(ending);
      if (network_.find(name) || network_.find_operator(name))
        throw Error("", "", fmt::format("the model has the name '{}' already", graph::printable(name)));
      add_node(point.axis && axes.empty() ? "Identity" : type, tensor.name, name, axes);
      graph::Declared said{name, {.kind = graph::ValueType::Kind::tensor, .element = graph::row(type_of(tensor)).onnx}};
      said.type.shape = point.axis ? Shape(dims) : Shape(std::span<const std::int64_t>());
      append_text(GraphProto::kOutput, value_info(said), text_);
    }
  }

  const std::string& text() const { return text_; }

 private:
  static graph::DType type_of(const graph::Tensor& tensor) {
    return tensor.dtype == graph::DType::undefined ? graph::DType::float32 : tensor.dtype;
  }

  void add_node(std::string_view type, std::string_view from, const std::string& to,
                const std::vector<std::int64_t>& axes) {
    std::string node;
    append_text(NodeProto::kInput, from, node);
    const bool by_input = network_.opset().value_or(18) >= 18;  // axes
    if (!axes.empty() && by_input) append_text(NodeProto::kInput, constant(axes), node);
    append_text(NodeProto::kOutput, to, node);
    append_text(NodeProto::kName, to, node);
    append_text(NodeProto::kOpType, type, node);
    if (type != "Identity") append_attribute("keepdims", {0}, false, node);
    if (!axes.empty() && !by_input) append_attribute("axes", axes, true, node);
    append_text(GraphProto::kNode, node, text_);
  }

  static void append_attribute(std::string_view name, const std::vector<std::int64_t>& values, bool list,
                               std::string& node) {
    std::string attribute;
    append_text(AttributeProto::kName, name, attribute);
    for (const std::int64_t value : values)
      append_integer(list ? AttributeProto::kInts : AttributeProto::kInt, value, attribute);
    append_integer(AttributeProto::kType, list ? kTypeInts : kTypeInt, attribute);
    append_text(NodeProto::kAttribute, attribute, node);
  }

  // The name of a constant that holds these axes, made where it is new.
  std::string constant(const std::vector<std::int64_t>& axes) {
    std::string name = "@axes";
    for (const std::int64_t axis : axes) name += fmt::format(".{}", axis);
    if (!constants_.insert(name).second) return name;
    if (network_.find(name)) throw Error("", "", fmt::format("the model has the name '{}' already", name));
    const std::int64_t count = static_cast<std::int64_t>(axes.size());
    std::string tensor = tensor_head(name, graph::DType::int64, std::span(&count, 1));
    append_text(TensorProto::kRawData, {reinterpret_cast<const char*>(axes.data()), axes.size() * sizeof axes[0]},
                tensor);
    append_text(GraphProto::kInitializer, tensor, text_);
    return name;
  }

  const Network& network_;
  std::string text_;
  std::set<std::string> constants_;
};

std::filesystem::path folder_of(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path();
  return std::filesystem::weakly_canonical(folder.empty() ? std::filesystem::path(".") : folder);
}

// Ranges that were given for a point, by channel.
struct Found {
  std::vector<float> min, max;
};

class ProbeReader {
 public:
  ProbeReader(const Network& network, const graph::ChannelAxes& channels, std::span<const ProbePoint> points)
      : network_(network), channels_(channels) {
    for (const ProbePoint& point : points) {
      const std::string name(network.tensor(point.tensor).name);
      points_.emplace(name, point);
      names_.push_back(name + std::string(kMin));
      names_.push_back(name + std::string(kMax));
    }
  }

  void read(const std::filesystem::path& file) {
    for (data::NamedArray& member : data::open_npz(file)) {
      const bool is_min = member.name.ends_with(kMin);
      const auto at = is_min || member.name.ends_with(kMax)
                          ? points_.find(member.name.substr(0, member.name.size() - kMin.size()))
                          : points_.end();
      if (at == points_.end()) {
        const graph::TensorId* own = output(member.name);
        if (own) continue;  // of the model itself
        std::vector<std::string_view> views(names_.begin(), names_.end());
        const std::string hint = dsl::did_you_mean(member.name, views);
        throw Error(file.string(), "",
                    fmt::format("'{}' is no output of the probe{}{}", graph::printable(member.name),
                                hint.empty() ? "" : ": ", graph::printable(hint)));
      }
      add(at->second, is_min, *member.array);
    }
  }

  Totals take() {
    Totals totals;
    for (const auto& [name, found] : found_) {
      if (found.min.empty() || found.max.empty())
        throw Error("", fmt::format("tensor '{}'", graph::printable(name)),
                    fmt::format("there is no '{}' of it", found.min.empty() ? kMin : kMax));
      TensorTotals& tensor = totals.tensors[name];
      tensor.axis = points_.at(name).axis;
      for (std::size_t i = 0; i < found.min.size(); ++i) {
        if (found.min[i] > found.max[i])
          throw Error(
              "", fmt::format("tensor '{}'", graph::printable(name)),
              fmt::format("channel {}: its minimum {} is larger than its maximum {}", i, found.min[i], found.max[i]));
        tensor.channels.push_back({.min = found.min[i], .max = found.max[i]});
      }
    }
    if (totals.tensors.empty()) throw Error("", "", "the files hold no outputs of the probe");
    return totals;
  }

 private:
  const graph::TensorId* output(std::string_view name) const {
    const auto outputs = network_.outputs();
    const auto found = std::find_if(outputs.begin(), outputs.end(),
                                    [&](graph::TensorId id) { return network_.tensor(id).name == name; });
    return found == outputs.end() ? nullptr : &*found;
  }

  void add(const ProbePoint& point, bool is_min, data::FileArray& array) {
    const data::StoredArray& stored = array.stored();
    const std::size_t channels = point.axis ? channels_.count(point.tensor) : 1;
    if (point.axis && (stored.shape.empty() || stored.shape.back() != static_cast<std::int64_t>(channels)))
      throw Error(stored.file, stored.place,
                  fmt::format("its shape is {}, and the tensor has {}", evaluator::to_string(stored.shape),
                              graph::plural(channels, "channel")));
    if (stored.elements() == 0) throw Error(stored.file, stored.place, "it holds no values");
    data::Values values(graph::DType::float32);
    array.read(0, stored.elements(), values);
    const evaluator::Array all = values.take({static_cast<std::int64_t>(stored.elements())});
    Found& found = found_[std::string(network_.tensor(point.tensor).name)];
    std::vector<float>& ends = is_min ? found.min : found.max;
    if (ends.empty()) ends.assign(all.floats().begin(), all.floats().begin() + static_cast<std::ptrdiff_t>(channels));
    for (std::size_t i = 0; i < all.floats().size(); ++i) {
      float& end = ends[i % channels];
      end = is_min ? std::min(end, all.floats()[i]) : std::max(end, all.floats()[i]);
    }
  }

  const Network& network_;
  const graph::ChannelAxes& channels_;
  std::map<std::string, ProbePoint> points_;
  std::vector<std::string> names_;
  std::map<std::string, Found> found_;
};

}  // namespace

std::vector<ProbePoint> probe_points(const runtime::Analysis& analysis, const runtime::Regions& regions) {
  std::vector<ProbePoint> points;
  for (runtime::RegionId id = 0; id < regions.size(); ++id) {
    if (regions[id].parents.empty()) continue;
    for (const graph::TensorId tensor : regions[id].tensors) {
      const graph::Tensor& info = analysis.network->tensor(tensor);
      if (info.constant || (info.producer == graph::kNone && !info.is_input)) continue;
      const bool counted = info.shape.known() && !info.shape.any_front();
      points.push_back({tensor, counted ? analysis.channels.axes(tensor).only() : std::nullopt});
    }
  }
  return points;
}

void write_probe(const graph::Model& model, std::span<const ProbePoint> points, const std::filesystem::path& out,
                 graph::Output& output) {
  const auto* origin = dynamic_cast<const graph::OnnxOrigin*>(model.origin.get());
  if (!origin || !out.native().ends_with(".onnx"))
    throw Error(origin ? out.string() : model.path.string(), "",
                "a probe is an ONNX model made of an ONNX model: expected names that end in .onnx");
  if (!origin->external.files().empty() && folder_of(out) != folder_of(model.path))
    throw Error(out.string(), "", "the model has external data: its probe must lie in the same folder");
  ProbeText probe(model.network);
  for (const ProbePoint& point : points) probe.add(point);
  const graph::MappedFile& file = *origin->file;
  const std::string_view payload = origin->graph.payload, whole = origin->graph.whole;
  const std::uint64_t begin = *file.offset_of(whole.data()), end = begin + whole.size();
  const std::string head = header(graph::onnx::ModelProto::kGraph, payload.size() + probe.text().size());
  graph::OutputFile& to =
      output.add(out, file.bytes().size() - whole.size() + head.size() + payload.size() + probe.text().size());
  to.copy(file, 0, begin);
  to.write(head);
  to.copy(file, end - payload.size(), payload.size());
  to.write(probe.text());
  to.copy(file, end, file.bytes().size() - end);
}

Totals read_probe(const Network& network, const graph::ChannelAxes& channels, std::span<const ProbePoint> points,
                  std::span<const std::filesystem::path> files) {
  ProbeReader reader(network, channels, points);
  for (const auto& file : files) reader.read(file);
  Totals totals = reader.take();
  for (const auto& file : files) totals.from.push_back(file.filename().string());
  return totals;
}

}  // namespace rw::calibrate
