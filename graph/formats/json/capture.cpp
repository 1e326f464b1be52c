#include "graph/formats/json/capture.hpp"

#include <algorithm>

namespace rw::graph {
namespace {

constexpr int kMaxDepth = 200;

using NameList = std::vector<std::string>;

void sort_unique(NameList& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

// A list of names, or of objects with a "name". The body is not ours to judge: anything else is passed over.
void take_names(json::Value& value, NameList& names) {
  if (value.kind() != json::Kind::array) return;
  value.array([&](json::Value& each) {
    if (each.kind() == json::Kind::string) names.emplace_back(each.string());
    if (each.kind() != json::Kind::object) return;
    each.find("name", [&](json::Value& name) { names.emplace_back(name.string()); });
  });
}

class Body {
 public:
  Body(NameList& defines, int depth) : defines_(defines), depth_(depth) {}

  void read(json::Value& graph) {
    if (depth_ > kMaxDepth) throw graph.error("graphs are nested more than 200 levels deep");
    graph.object([&](std::string_view key, json::Value& value) {
      if (key == "inputs") take_names(value, defined_);
      if (key == "outputs") take_names(value, used_);
      if (key == "tensors" && value.kind() == json::Kind::object)
        value.object([&](std::string_view name, json::Value&) { defined_.emplace_back(name); });
      if (key == "nodes" && value.kind() == json::Kind::array) value.array([&](json::Value& node) { read_node(node); });
    });
  }

  NameList free() {
    sort_unique(used_);
    sort_unique(defined_);
    defines_.insert(defines_.end(), defined_.begin(), defined_.end());
    NameList names;
    std::set_difference(used_.begin(), used_.end(), defined_.begin(), defined_.end(), std::back_inserter(names));
    std::erase(names, "");  // an optional input that is absent
    return names;
  }

 private:
  // The "graph" of a nested network ("op": "Graph") has names of its own and reads nothing but its inputs.
  void read_node(json::Value& node) {
    if (node.kind() != json::Kind::object) return;
    node.object([&](std::string_view key, json::Value& value) {
      if (key == "inputs") take_names(value, used_);
      if (key == "outputs") take_names(value, defined_);
      if (key == "attributes" && value.kind() == json::Kind::object)
        value.object([&](std::string_view, json::Value& attribute) { read_attribute(attribute); });
    });
  }

  void read_attribute(json::Value& attribute) {
    if (attribute.kind() != json::Kind::object) return;
    attribute.find("graph", [&](json::Value& graph) {
      if (graph.kind() != json::Kind::object) return;
      Body inner(defines_, depth_ + 1);
      inner.read(graph);
      const NameList names = inner.free();
      used_.insert(used_.end(), names.begin(), names.end());
    });
  }

  NameList& defines_;
  int depth_;
  NameList used_, defined_;
};

}  // namespace

void read_captures(json::Value& graph, std::vector<std::string>& names, std::vector<std::string>& defines) {
  Body body(defines, 1);
  body.read(graph);
  const NameList found = body.free();
  names.insert(names.end(), found.begin(), found.end());
}

}  // namespace rw::graph
