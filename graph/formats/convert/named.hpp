// A rewritten network by names: what a writer needs that does not copy the file it was read from.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

// Views live in the model, the rewriting and here. Constant operators with a value are constants and no nodes.
struct NamedNetwork {
  std::vector<NamedNode> nodes;
  std::vector<RewrittenConstant> constants;  // in the order of the network, copies and added ones behind
  Arena texts;                               // of attributes that are graphs
};

// How what stands in attributes goes to the other format.
struct AttributeWays {
  FunctionRef<std::string(const Opaque& value)> text;  // a graph or a type as the other format has it
  // What an attribute is that is not read, for the message: "a list of graphs".
  FunctionRef<std::string(OperatorId op, std::string_view name)> kind;
};

// Error: an attribute that is not read.
NamedNetwork named(const Model& model, const Rewritten& rewritten, const AttributeWays& ways);

}  // namespace rw::graph
