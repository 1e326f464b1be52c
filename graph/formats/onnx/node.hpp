// Changes to one NodeProto, the rest of which stays byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/formats/onnx/wire.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph::onnx {

// The node's field with the change in it. Error: the change is to what a graph within the node reads.
std::string changed_node(const Field& node, const OperatorChange& change, const Rewritten& rewritten);

// The field of a new node.
std::string inserted_node(const InsertedOperator& node);

}  // namespace rw::graph::onnx
