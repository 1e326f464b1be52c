// Changes to one NodeProto, the rest of which stays byte for byte.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "graph/formats/onnx_wire.hpp"
#include "graph/rewriting.hpp"

namespace rw::graph::onnx {

struct NodeChange {
  std::map<std::uint32_t, std::string_view> inputs, outputs;  // by slot
  std::optional<std::string_view> type;                       // with this type, only the first input and no attributes
  bool removed = false;
};

// The changes of a rewriting by operator; names are borrowed from it.
std::map<OperatorId, NodeChange> node_changes(const Rewriting& rewriting);

// The node's field with the change in it. Error: the change is to what a graph within the node reads.
std::string changed_node(const Field& node, const NodeChange& change);

}  // namespace rw::graph::onnx
