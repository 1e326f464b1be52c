// The edits of a rewriting, gathered by operator: what a writer does to one node.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/rewriting.hpp"

namespace rw::graph {

struct NodeChange {
  std::map<std::uint32_t, std::string_view> inputs, outputs;  // by slot
  std::optional<std::string_view> type;                       // with this type, only the first input and no attributes
  bool removed = false;

  // The names that the node reads and gives out afterwards; "": an optional one that is absent.
  std::vector<std::string_view> inputs_of(std::vector<std::string_view> names) const;
  std::vector<std::string_view> outputs_of(std::vector<std::string_view> names) const;
};

// Names are borrowed from the rewriting.
std::map<OperatorId, NodeChange> node_changes(const Rewriting& rewriting);

// By operator, what is inserted in front of it, in order.
std::multimap<OperatorId, const InsertedOperator*> insertions(const Rewriting& rewriting);

}  // namespace rw::graph
