#include "graph/free_names.hpp"

#include <fmt/format.h>

namespace rw::graph {

std::string FreeNames::make(const std::string& base) {
  std::string name = base;
  if (is_taken(name)) {
    int& last = last_.try_emplace(base, 1).first->second;
    do name = fmt::format("{}_{}", base, ++last);
    while (is_taken(name));
  }
  given_.insert(name);
  return name;
}

bool FreeNames::is_taken(std::string_view name) {
  return network_.find(name) || network_.find_operator(name) || is_hidden(name) || given_.contains(name);
}

bool FreeNames::is_hidden(std::string_view name) {
  if (!hidden_) {
    hidden_.emplace();
    for (const Operator& op : network_.operators())
      for (const Attribute& attribute : op.attributes)
        if (const auto* graph = std::get_if<Opaque>(&attribute.value))
          hidden_->insert(graph->defines.begin(), graph->defines.end());
  }
  return hidden_->count(name) != 0;
}

}  // namespace rw::graph
