// Changes to one NodeProto, the rest of which stays byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/formats/onnx/wire.hpp"
#include "graph/node_changes.hpp"

namespace rw::graph::onnx {

// The names that a node reads: its inputs, and what the graphs in it read from outside.
std::vector<std::string_view> names_read(const Field& node);

// The node's field with the change in it. Error: the change is to what a graph within the node reads.
std::string changed_node(const Field& node, const NodeChange& change);

// The field of a new node.
std::string inserted_node(const InsertedOperator& node);

}  // namespace rw::graph::onnx
