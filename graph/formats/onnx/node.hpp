// NodeProtos: changes to one, the rest of which stays byte for byte, and new ones.
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

// A new NodeProto, without the header of a field; graphs in its attributes are GraphProtos already.
std::string node_message(const NamedNode& node);

}  // namespace rw::graph::onnx
