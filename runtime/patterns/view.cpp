#include "runtime/patterns/view.hpp"

#include <algorithm>

#include "runtime/laws/guard.hpp"

namespace rw::patterns {

View::View(const graph::Editor& editor, const runtime::Analysis& analysis, std::span<const dsl::LawBinding> laws,
           const graph::Statistics& statistics, const runtime::Plan& plan)
    : editor_(editor), analysis_(analysis), laws_(laws), statistics_(statistics), plan_(plan) {
  note_added();
}

std::optional<graph::Linear> View::linear(OperatorId op, std::string* why) const {
  const graph::Node at = node(op);
  if (!at.form().linear) return std::nullopt;
  std::string unread;
  auto found = at.form().linear(at, why ? *why : unread);
  if (found && !found->bias) found->bias = at.form().bias;
  return found;
}

void View::note_added() {
  by_type_.resize(network().type_count());
  const auto all = static_cast<OperatorId>(network().operators().size());
  for (; listed_ < all; ++listed_)
    if (!network().removed(listed_)) by_type_[network().op(listed_).type].push_back(listed_);
}

std::span<const OperatorId> View::of_type(TypeId type) const {
  return type < by_type_.size() ? std::span<const OperatorId>(by_type_[type]) : std::span<const OperatorId>();
}

bool View::open(OperatorId op) const {
  return editor_.can_edit(op) && (!analysed(op) || !analysis_.operators[op].skipped);
}

std::uint32_t View::law(OperatorId op) const {
  if (analysed(op) && !analysis_.operators[op].unknown) {
    const auto all = runtime::laws();
    const auto found = std::find(all.begin(), all.end(), analysis_.operators[op].law);
    return found == all.end() ? dsl::kNoLaw : static_cast<std::uint32_t>(found - all.begin());
  }
  const std::string_view type = network().type_of(op);
  for (auto each = laws_.rbegin(); each != laws_.rend(); ++each)
    if (each->op == type && !each->guard) return each->law;
  return dsl::kNoLaw;
}

bool View::admits(const dsl::Term& term, OperatorId op) const {
  if (term.law == dsl::kNoLaw ? network().type_of(op) != term.op : law(op) != term.law) return false;
  const bool asks = !term.guards.empty() || term.on_channel;
  if (asks && (!analysed(op) || !runtime::holds(term, analysis_.site(op)))) return false;
  return std::none_of(term.excepted.begin(), term.excepted.end(), [&](const auto& list) {
    return std::any_of(list->begin(), list->end(), [&](const dsl::Term& each) { return admits(each, op); });
  });
}

bool View::may_obey(std::string_view type, std::uint32_t law) const {
  return std::any_of(laws_.begin(), laws_.end(),
                     [&](const dsl::LawBinding& each) { return each.law == law && each.op == type; });
}

}  // namespace rw::patterns
