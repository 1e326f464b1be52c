// AttributeProto, and what the graphs in it read from the network around them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/base/arena.hpp"
#include "graph/formats/onnx/external.hpp"
#include "graph/network.hpp"

namespace rw::graph::onnx {

inline constexpr int kMaxDepth = 200;  // of graphs within graphs

// Reads one attribute; its value lives in the file or the arena. Tensors of element types that are not known here,
// lists of tensors, of graphs and of types become Opaque{}; a graph is Opaque, too, and a type: the text is the
// message. `captured` gets the names that graphs in it read from outside, each once. Error: no name, a value that is
// missing or of another type than it says, a sparse tensor, graphs nested too deep.
Attribute read_attribute(const Field& message, Arena& arena, ExternalFiles& files,
                         std::vector<std::string_view>& captured);

// What an attribute is that became Opaque{}: "a tensor of type string", "a list of graphs". The second is one of the
// node that is operator `id` of the model.
std::string kind_of_attribute(const Field& message);
std::string kind_of_attribute(const Field& graph, OperatorId id, std::string_view name);

// The names that a GraphProto uses and that nothing in it defines, sorted, each once; `defines` gets those that it, or
// a graph in it, defines. Error: nested more than kMaxDepth deep.
std::vector<std::string_view> captures(const Field& graph, std::vector<std::string_view>& defines, int depth = 1);

}  // namespace rw::graph::onnx
