// A rewritten network by names: what a writer needs that does not copy the file it was read from.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

struct NamedNode {
  std::string_view type;  // "domain::Type" as in Network::type_name
  std::string_view name;
  std::vector<std::string_view> inputs, outputs;  // "": absent
  std::span<const Attribute> attributes;
};

// Views live in the model, the rewriting and here. Constant operators with a value are constants and no nodes.
struct NamedNetwork {
  std::vector<NamedNode> nodes;
  std::vector<RewrittenConstant> constants;  // in the order of the network, copies and added ones behind
  Arena texts;                               // of attributes that are graphs
};

// `body` gives a graph in an attribute as the other format has it. Error: a constant or an attribute of a type that is
// not known here. `format`: for the message.
NamedNetwork named(const Model& model, const Rewritten& rewritten, std::string_view format,
                   FunctionRef<std::string(std::string_view graph, const Model& from)> body);

}  // namespace rw::graph
