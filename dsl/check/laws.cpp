#include <fmt/core.h>

#include <algorithm>

#include "dsl/check/check.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// What an operator must do to stand in a clause.
struct Part {
  bool LawWord::*does;
  std::string_view what;    // "can ..."
  std::string_view clause;  // as it is written
  std::string_view remedy;
};
constexpr Part kParents = {&LawWord::offers, "offer a scale", "parents", "name one that does, as Conv"};
constexpr Part kChildren = {&LawWord::absorbs, "absorb a scale", "children", "name one that does, as Conv"};
constexpr Part kThrough = {&LawWord::ties, "carry a scale", "through", "take it out"};
constexpr Part kMustThrough = {&LawWord::ties, "carry a scale", "must through", "name one that does, as Relu"};
constexpr Part kJoin = {&LawWord::joins, "join several inputs", "join",
                        "name one that does, as Add; others stand in `through`"};

class LawChecker {
 public:
  LawChecker(CheckContext& context, const BoundLaws& bound) : context_(context), bound_(bound) {}

  void check(const Rule& rule) const {
    if (!rule.region) return;
    const RegionPattern& region = *rule.region;
    require(region.parents, kParents);
    require(region.children, kChildren);
    for (const Terms& terms : region.through)
      terms.required ? require(terms, kMustThrough) : warn_of_all(terms, kThrough);
    for (const Terms& terms : region.joins)
      if (terms.required) require(terms, kJoin);
  }

 private:
  const LawWord& word(std::uint32_t law) const { return context_.vocabulary.laws[law]; }

  bool can(const Term& term, const Part& part) const {
    if (term.law != kNoLaw) return word(term.law).*part.does && !bound_.operators_of(term.law).empty();
    const auto laws = bound_.laws_of(term.op);
    return std::any_of(laws.begin(), laws.end(), [&](std::uint32_t law) { return word(law).*part.does; });
  }

  void require(const Terms& terms, const Part& part) const {
    const auto& all = terms.terms;
    if (all.empty()) return;
    if (std::any_of(all.begin(), all.end(), [&](const Term& term) { return can(term, part); })) {
      for (const Term& term : all) warn_of_idle(term, part);
      return;
    }
    context_.reporter.error(
        "never-matches", span(all.front().at, all.back().at),
        fmt::format("no operator of this `{}` can {}: the rule never matches", part.clause, part.what),
        fmt::format("{}: {}", why_not(all.front(), part), part.remedy));
  }

  // Without any of them the rule may match as well.
  void warn_of_all(const Terms& terms, const Part& part) const {
    const auto& all = terms.terms;
    if (!all.empty() && std::none_of(all.begin(), all.end(), [&](const Term& term) { return can(term, part); }))
      context_.reporter.warning(
          "never-matches", span(all.front().at, all.back().at),
          fmt::format("no operator of this `{}` can {}: it admits nothing", part.clause, part.what),
          fmt::format("{}: {}", why_not(all.front(), part), part.remedy));
    else
      for (const Term& term : all) warn_of_idle(term, part);
  }

  // A law that is written in the clause itself; what a set holds may be meant for other clauses.
  void warn_of_idle(const Term& term, const Part& part) const {
    if (term.law == kNoLaw || word(term.law).*part.does || !context_.sources.text(term.at).starts_with("law")) return;
    context_.reporter.warning("never-matches", term.at, why_not(term, part) + ": it admits nothing here",
                              "take it out");
  }

  std::string why_not(const Term& term, const Part& part) const {
    if (term.law != kNoLaw) {
      const std::string_view law = word(term.law).name;
      return word(term.law).*part.does ? fmt::format("no `op` line binds an operator to law {}", law)
                                       : fmt::format("an operator of law {} cannot {}", law, part.what);
    }
    const auto laws = bound_.laws_of(term.op);
    if (laws.empty()) return fmt::format("{} has no law: it blocks", term.op);
    return fmt::format("{} has law {}", term.op, word(laws.back()).name);
  }

  CheckContext& context_;
  const BoundLaws& bound_;
};

std::string_view domain_of(std::string_view op) {
  const std::size_t colons = op.find("::");
  return colons == std::string_view::npos ? std::string_view() : op.substr(0, colons);
}

// `known`: filled once it is asked for.
void warn_of_unknown(CheckContext& context, const CheckContext::OperatorUse& use, std::vector<std::string>& known) {
  if (context.reporter.is_full(use.at.source, Severity::warning)) return;
  if (context.bound_operators.contains(use.op) || context.vocabulary.attributes(use.op)) return;
  if (known.empty()) known = context.vocabulary.operators();
  std::string hint = did_you_mean(use.op, std::vector<std::string_view>(known.begin(), known.end()));
  // Of a domain whose operators are known nobody can say that one which is not treats its channels alike.
  const bool known_domain = std::any_of(known.begin(), known.end(),
                                        [&](const std::string& each) { return domain_of(each) == domain_of(use.op); });
  if (hint.empty() && known_domain) hint = "`rewrite-engine ops` lists the operators that are known";
  if (!known_domain)
    hint += fmt::format("{}add `op {} law pass` only if it treats every channel alike", hint.empty() ? "" : " else ",
                        use.op);
  context.reporter.warning("unknown-operator", use.at, fmt::format("nobody knows operator '{}': it blocks", use.op),
                           std::move(hint));
}

}  // namespace

void check_laws(CheckContext& context, const BoundLaws& bound) {
  std::vector<std::string> known;
  for (const CheckContext::OperatorUse& use : context.operator_uses) warn_of_unknown(context, use, known);
  if (!context.laws_are_known) return;
  const LawChecker laws(context, bound);
  for (const Rule& rule : context.program.rules) laws.check(rule);
}

}  // namespace rw::dsl
