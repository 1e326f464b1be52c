#include "runtime/report/reasons.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <set>

#include "graph/base/printable.hpp"
#include "runtime/laws/guard.hpp"

namespace rw::runtime {
namespace {

std::string type_name(const Told& told, OperatorId op) { return graph::printable(told.analysis.network->type_of(op)); }

// What a guard reads of the operator: "transB = 0".
std::string values_of(const dsl::Guard& guard, const Site& site) {
  std::string text;
  for (const dsl::Expr& expr : guard.exprs) {
    if (expr.op != dsl::ExprOp::attribute || expr.index == dsl::kOwnWord) continue;
    const std::string value = expr.type.kind == dsl::Kind::text ? "\"" + graph::printable(site.text(expr.text)) + "\""
                                                                : fmt::format("{}", attribute_number(site, expr.text));
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", expr.text, value);
  }
  return text;
}

// Why a clause that may name the operator's type does not admit this one: "does not name it", "names Gemm only where
// transB == 1 (here transB = 0)".
std::string not_named(const Told& told, dsl::Position clause, OperatorId op) {
  const dsl::Terms* terms = terms_at(told.rules.program, clause);
  if (!terms) return "does not name it";
  if (is_excepted(*terms, told.analysis, op)) return "excepts it";
  const Site site = told.analysis.site(op);
  for (const dsl::Term& term : terms->terms) {
    const bool by_law = term.law != dsl::kNoLaw;
    if (by_law ? laws()[term.law] != &told.analysis.law(op) : term.op != told.analysis.network->type_of(op)) continue;
    const std::string named = by_law ? fmt::format("law {}", laws()[term.law]->name) : type_name(told, op);
    for (const auto& guard : term.guards) {
      if (holds(*guard, site)) continue;
      const std::string values = values_of(*guard, site);
      return fmt::format("names {} only where {}{}", named,
                         graph::printable(told.rules.sources.text(guard->exprs[guard->root].at)),
                         values.empty() ? "" : fmt::format(" (here {})", values));
    }
    if (term.on_channel)
      return fmt::format("names {} only `on channel` (here axis = {})", named, attribute_number(site, "axis"));
  }
  return "does not name it";
}

std::string with_reason(const Told& told, const Miss& miss, const char* clause) {
  const std::string at = place(told, miss.clause);
  std::string text =
      miss.reason.empty() ? fmt::format("`{}` ({}) failed", clause, at) : fmt::format("{} ({})", miss.reason, at);
  if (!miss.seen.empty()) text.append(": ").append(miss.seen);
  return text;
}

std::string claimed(const Told& told, const Miss& miss) {
  const dsl::Rule& rule = told.rules.program.rules[miss.claimed_by];
  return fmt::format("claimed by {} ({})", rule.name, place(told, rule.at));
}
std::string claimed_kind(const Told& told, const Miss& miss) {
  return fmt::format("claimed by {}", told.rules.program.rules[miss.claimed_by].name);
}
std::string parent(const Told& told, const Miss& miss) {
  return fmt::format("{} offers a scale to it, and `parents` ({}) {}", node_name(told, miss.op),
                     place(told, miss.clause), not_named(told, miss.clause, miss.op));
}
std::string parent_kind(const Told& told, const Miss& miss) {
  return fmt::format("{} offers a scale, which no rule wants as a parent", type_name(told, miss.op));
}
std::string child(const Told& told, const Miss& miss) {
  return fmt::format("{} absorbs its scale, and `children` ({}) {}", node_name(told, miss.op), place(told, miss.clause),
                     not_named(told, miss.clause, miss.op));
}
std::string child_kind(const Told& told, const Miss& miss) {
  return fmt::format("{} absorbs the scale, which no rule wants as a child", type_name(told, miss.op));
}
std::string no_child(const Told&, const Miss&) { return "nothing absorbs its scale"; }
std::string inner(const Told& told, const Miss& miss) {
  const bool joining = told.regions.is_joining(miss.op);
  const char* clause = joining ? "join" : "through";
  const dsl::Terms* terms = terms_at(told.rules.program, miss.clause);
  const std::string at = place(told, miss.clause);
  if (!terms)
    return fmt::format("{} {} inside, and the region ({}) has no `{}`", node_name(told, miss.op),
                       joining ? "joins" : "stands", at, clause);
  return fmt::format("{} {} inside, and `{}` ({}) {}", node_name(told, miss.op), joining ? "joins" : "stands", clause,
                     at, not_named(told, miss.clause, miss.op));
}
std::string inner_kind(const Told& told, const Miss& miss) {
  return fmt::format("{} {} inside, which no rule admits there", type_name(told, miss.op),
                     told.regions.is_joining(miss.op) ? "joins" : "stands");
}
std::string no_through(const Told& told, const Miss& miss) {
  return fmt::format("nothing stands inside that `must through` ({}) asks for", place(told, miss.clause));
}
std::string no_through_kind(const Told&, const Miss&) { return "has nothing inside that the rule must find there"; }
std::string no_join(const Told& told, const Miss& miss) {
  return fmt::format("it has none of the joins that `join` ({}) asks for", place(told, miss.clause));
}
std::string no_join_kind(const Told&, const Miss&) { return "has no operator that the rule wants as a join"; }
std::string leak(const Told& told, const Miss& miss) { return leak_text(told, {miss.tensor, miss.op}); }
std::string leak_of_kind(const Told& told, const Miss& miss) { return leak_kind(told, {miss.tensor, miss.op}); }
std::string no_free_channel(const Told&, const Miss&) { return "every channel that a parent offers is pinned"; }
std::string no_free_channel_kind(const Told&, const Miss&) { return "no channel is free"; }
std::string condition(const Told& told, const Miss& miss) { return with_reason(told, miss, "where"); }
std::string condition_kind(const Told&, const Miss& miss) {
  return std::string(miss.reason.empty() ? "a condition failed" : miss.reason);
}
std::string data(const Told& told, const Miss& miss) { return "could not run: " + with_reason(told, miss, "needs"); }
std::string data_kind(const Told&, const Miss& miss) {
  return miss.reason.empty() ? "could not run" : fmt::format("could not run: {}", miss.reason);
}

// One row an obstacle, in the order of the enumeration: what is said of one region, and of many.
struct ReasonRow {
  std::string (*one)(const Told&, const Miss&);
  std::string (*many)(const Told&, const Miss&);
};
constexpr std::array kRows = {
    ReasonRow{claimed, claimed_kind},
    ReasonRow{parent, parent_kind},
    ReasonRow{child, child_kind},
    ReasonRow{no_child, no_child},
    ReasonRow{inner, inner_kind},
    ReasonRow{no_through, no_through_kind},
    ReasonRow{no_join, no_join_kind},
    ReasonRow{leak, leak_of_kind},
    ReasonRow{no_free_channel, no_free_channel_kind},
    ReasonRow{condition, condition_kind},
    ReasonRow{data, data_kind},
};
static_assert(kRows.size() == static_cast<std::size_t>(Obstacle::data) + 1);

const ReasonRow& row(const Miss& miss) { return kRows[static_cast<std::size_t>(miss.obstacle)]; }

const char* boundary(const graph::Tensor& tensor) { return tensor.is_output ? "an output" : "an input"; }

}  // namespace

const dsl::Terms* terms_at(const dsl::Program& program, dsl::Position at) {
  for (const dsl::Rule& rule : program.rules) {
    if (!rule.region) continue;
    for (const dsl::Terms* terms : {&rule.region->parents, &rule.region->children})
      if (terms->at == at) return terms;
    for (const dsl::Terms& terms : rule.region->through)
      if (terms.at == at) return &terms;
    for (const dsl::Terms& join : rule.region->joins)
      if (join.at == at) return &join;
  }
  return nullptr;
}

std::string place(const Told& told, dsl::Position at) { return told.rules.sources.name_and_line(at); }

std::string node_name(const Told& told, OperatorId op) {
  return fmt::format("{} '{}'", type_name(told, op), graph::printable(told.analysis.network->op(op).name));
}

std::string tensor_name(const Told& told, TensorId tensor) {
  return fmt::format("'{}'", graph::printable(told.analysis.network->tensor(tensor).name));
}

std::string scale_range(double smallest, double largest) {
  return smallest == largest ? fmt::format("{:.4g}", smallest) : fmt::format("{:.4g} .. {:.4g}", smallest, largest);
}

std::string leak_text(const Told& told, const Leak& leak) {
  if (leak.op == kNone)
    return fmt::format("{} is {} of the network", tensor_name(told, leak.tensor),
                       boundary(told.analysis.network->tensor(leak.tensor)));
  return fmt::format("leaks at {}: {}", node_name(told, leak.op), told.analysis.why_blocked(leak.op));
}

std::string leak_kind(const Told& told, const Leak& leak) {
  if (leak.op == kNone)
    return fmt::format("is {} of the network", boundary(told.analysis.network->tensor(leak.tensor)));
  return fmt::format("leaks at {}: {}", type_name(told, leak.op), told.analysis.kind_of_block(leak.op));
}

std::vector<OperatorId> idle_parents(const Told& told, const std::vector<bool>& asked) {
  const dsl::Program& program = told.rules.program;
  std::set<std::string_view> types;
  std::set<std::uint32_t> wanted_laws;
  for (std::size_t rule = 0; rule < program.rules.size(); ++rule) {
    if (!asked[rule] || !program.rules[rule].region) continue;
    for (const dsl::Term& term : program.rules[rule].region->parents.terms) {
      if (term.law == dsl::kNoLaw) types.insert(term.op);
      if (term.law != dsl::kNoLaw) wanted_laws.insert(term.law);
    }
  }
  for (const dsl::LawBinding& binding : program.laws)
    if (wanted_laws.count(binding.law) != 0) types.insert(binding.op);
  const graph::Network& network = *told.analysis.network;
  std::vector<bool> wanted(network.type_count(), false);
  for (const std::string_view type : types)
    if (const auto found = network.find_type(type)) wanted[*found] = true;
  std::vector<OperatorId> idle;
  for (OperatorId op = 0; op < network.operators().size(); ++op)
    if (!network.removed(op) && wanted[network.op(op).type] && !told.analysis.holds(op)) idle.push_back(op);
  return idle;
}

std::string describe(const Told& told, const Miss& miss) { return row(miss).one(told, miss); }

Chief chief_of(const Region& region, Misses::Range misses) {
  const Miss* furthest = nullptr;  // clauses are checked in the order of the obstacles
  for (const auto& [rule, miss] : misses)
    if (!furthest || miss.obstacle > furthest->obstacle) furthest = &miss;
  const bool conditional = furthest && furthest->obstacle >= Obstacle::condition;
  if (!conditional && !region.leaks.empty()) return {.leak = &region.leaks[0]};
  return {.miss = furthest};
}

std::string chief_text(const Told& told, const Chief& chief) {
  if (chief.leak) return leak_text(told, *chief.leak);
  return chief.miss ? describe(told, *chief.miss) : "no rule ran";
}

std::string chief_kind(const Told& told, const Chief& chief) {
  if (chief.leak) return leak_kind(told, *chief.leak);
  return chief.miss ? row(*chief.miss).many(told, *chief.miss) : "no rule ran";
}

}  // namespace rw::runtime
