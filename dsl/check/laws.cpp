#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "dsl/check/check.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// For each operator the laws that it may obey: those bound with a guard, back to the last one bound without.
using LawsOf = std::map<std::string_view, std::vector<std::uint32_t>>;

LawsOf collect_laws(const Program& program) {
  LawsOf out;
  for (const LawBinding& binding : program.laws) {
    std::vector<std::uint32_t>& laws = out[binding.op];
    if (binding.guard == nullptr) laws.clear();
    if (std::find(laws.begin(), laws.end(), binding.law) == laws.end()) laws.push_back(binding.law);
  }
  return out;
}

class LawChecker {
 public:
  explicit LawChecker(CheckContext& context) : context_(context), laws_(collect_laws(context.program)) {}

  void check(const Rule& rule) const {
    if (!rule.region) return;
    const RegionPattern& region = *rule.region;
    require(region.parents, &LawWord::offers, "offer a scale", "parents");
    require(region.children, &LawWord::absorbs, "absorb a scale", "children");
    for (const Terms& terms : region.through) require(terms, &LawWord::ties, "carry a scale", "through");
    for (const JoinClause& join : region.joins) {
      if (join.required) require(join.terms, &LawWord::ties, "carry a scale", "join");
    }
  }

 private:
  bool can(const std::string& op, bool LawWord::*does) const {
    const auto found = laws_.find(op);
    return found != laws_.end() && std::any_of(found->second.begin(), found->second.end(),
                                               [&](std::uint32_t law) { return context_.vocabulary.laws[law].*does; });
  }

  void require(const Terms& terms, bool LawWord::*does, std::string_view what, std::string_view clause) const {
    const auto& all = terms.terms;
    if (all.empty() || std::any_of(all.begin(), all.end(), [&](const Term& term) { return can(term.op, does); }))
      return;
    const Term& first = all.front();
    const Position at = span(first.at, all.back().at);
    context_.reporter.error("never-matches", at,
                            fmt::format("no operator of this `{}` can {}: the rule never matches", clause, what),
                            law_of(first.op));
  }

  std::string law_of(const std::string& op) const {
    const auto found = laws_.find(op);
    if (found == laws_.end()) return fmt::format("{} has no law: it blocks", op);
    return fmt::format("{} has law {}", op, context_.vocabulary.laws[found->second.back()].name);
  }

  CheckContext& context_;
  LawsOf laws_;
};

// `known`: filled once it is asked for.
void warn_of_unknown(CheckContext& context, const CheckContext::OperatorUse& use, std::vector<std::string>& known) {
  if (context.reporter.is_full(use.at.source, Severity::warning)) return;
  if (context.bound_operators.contains(use.op) || context.vocabulary.attributes(use.op)) return;
  if (known.empty()) known = context.vocabulary.operators();
  const std::string_view meant = nearest(use.op, std::vector<std::string_view>(known.begin(), known.end()));
  const std::string guess = meant.empty() ? "" : fmt::format("did you mean '{}'? else ", meant);
  context.reporter.warning("unknown-operator", use.at, fmt::format("nobody knows operator '{}': it blocks", use.op),
                           fmt::format("{}add `op {} law pass`, or the law that it obeys", guess, use.op));
}

}  // namespace

void check_laws(CheckContext& context) {
  std::vector<std::string> known;
  for (const CheckContext::OperatorUse& use : context.operator_uses) warn_of_unknown(context, use, known);
  if (!context.laws_are_known) return;
  const LawChecker laws(context);
  for (const Rule& rule : context.program.rules) laws.check(rule);
}

}  // namespace rw::dsl
