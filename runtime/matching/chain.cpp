#include "runtime/matching/chain.hpp"

#include <algorithm>

namespace rw::runtime {
namespace {

// Paths looked at from one operator. A `->` among operators with many consumers has more paths than anybody wants.
constexpr int kMostSteps = 10'000;

}  // namespace

Chain::Chain(const dsl::Rule& rule, const Analysis& analysis) : rule_(rule), analysis_(analysis) {
  for (const dsl::ChainElement& element : rule.chain) clauses_.emplace_back(element.terms, analysis);
}

bool Chain::admits(const graph::Editor& editor, std::size_t element, OperatorId op) const {
  return editor.can_edit(op) && !editor.network().op(op).nested() && !analysis_.operators[op].skipped &&
         clauses_[element].admits(analysis_, op);
}

bool Chain::find(const graph::Editor& editor, OperatorId first,
                 graph::FunctionRef<bool(std::span<const OperatorId>)> take) const {
  if (!admits(editor, 0, first)) return false;
  int steps = 0;
  std::vector<OperatorId> path;
  // Depth first: what is still to be tried of each element.
  std::vector<std::vector<OperatorId>> open = {{first}};
  while (!open.empty() && ++steps <= kMostSteps) {
    if (open.back().empty()) {
      open.pop_back();
      if (!path.empty()) path.pop_back();
      continue;
    }
    path.push_back(open.back().back());
    open.back().pop_back();
    if (path.size() == length()) {
      if (take(path)) return true;
      path.pop_back();
      continue;
    }
    open.emplace_back();
    const std::size_t next = path.size();
    const auto outputs = editor.network().op(path.back()).outputs;
    if (outputs.empty() || outputs[0] == kNone) continue;
    const auto uses = editor.consumers(outputs[0]);
    if (rule_.chain[next].only_consumer && (uses.size() != 1 || editor.network().tensor(outputs[0]).is_output))
      continue;
    for (const graph::Use& use : uses)
      if (admits(editor, next, use.op)) open.back().push_back(use.op);
    std::sort(open.back().rbegin(), open.back().rend());  // the first in the file is tried first
    open.back().erase(std::unique(open.back().begin(), open.back().end()), open.back().end());
  }
  return false;
}

std::vector<OperatorId> Chain::by_binding(std::span<const OperatorId> ops) const {
  std::vector<OperatorId> bound(rule_.bindings.size(), kNone);
  for (std::size_t i = 0; i < ops.size(); ++i)
    if (const dsl::BindingIndex binding = rule_.chain[i].terms.binding; binding != dsl::kNoBinding)
      bound[binding] = ops[i];
  return bound;
}

}  // namespace rw::runtime
