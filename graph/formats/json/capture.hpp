// What the body of an If, Loop or Scan reads from the network around it. The engine does not look into such a body, but
// a tensor that is read there must keep its scale.
#pragma once

#include <string>
#include <vector>

#include "graph/formats/text/json.hpp"

namespace rw::graph {

// Appends the names that the nodes and outputs of a graph object use and that nothing in it defines, sorted and each
// once, and to `defines` those that it, or a body within it, defines. The object can be read again afterwards.
// Error: bodies nested more than 200 deep.
void read_captures(json::Value& graph, std::vector<std::string>& names, std::vector<std::string>& defines);

}  // namespace rw::graph
