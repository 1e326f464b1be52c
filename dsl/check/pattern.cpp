// Rules with `match` and `replace`, clause by clause.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "dsl/check/check.hpp"
#include "dsl/check/pattern_parts.hpp"

namespace rw::dsl {

namespace {

using tree::ClauseWord;

// What a rule with `match` has not.
struct Foreign {
  ClauseWord word;
  std::string_view message, hint;
};
constexpr Foreign kForeign[] = {
    {ClauseWord::region, "a rule has a region or a match", "make a rule of its own for each"},
    {ClauseWord::act, "a rule with `match` has no `do`", "say what takes its place: replace { y = x }"},
    {ClauseWord::again, "`again` is for rules with a region", "take it out: a match takes whatever is there"},
    {ClauseWord::repeat, "`repeat` is for rules with a region", "take it out: such rules run until nothing changes"}};

class PatternRuleChecker {
 public:
  PatternRuleChecker(CheckContext& context, const FileNames& names, const tree::Rule& tree)
      : tree_(tree),
        errors_before_(context.reporter.errors()),
        draft_{context, names, rule_, rule_.pattern.emplace(), {}, {}, {}, {}, false, {}},
        formulas_(draft_) {}

  Rule check() {
    rule_.name = tree_.name.text;
    rule_.at = tree_.name.at;
    if (tree_.doc) rule_.doc = tree_.doc->text;
    for (const tree::NumberArgument& param : tree_.params) add_param(param);
    match_ = first(ClauseWord::match);
    replace_ = first(ClauseWord::replace);
    lacks(match_, "match", "say what it looks for: match { y = Relu(x) }");
    lacks(replace_, "replace", "say what takes its place: replace { y = x }");
    for (const tree::Clause& clause : tree_.clauses) check_clause(clause);
    check_whole();
    return std::move(rule_);
  }

 private:
  const tree::Clause* first(ClauseWord word) const {
    const auto found = std::find_if(tree_.clauses.begin(), tree_.clauses.end(),
                                    [&](const tree::Clause& clause) { return clause.form == word; });
    return found == tree_.clauses.end() ? nullptr : &*found;
  }

  void lacks(const tree::Clause* clause, std::string_view word, std::string hint) {
    if (clause != nullptr) return;
    draft_.error("missing-clause", tree_.name.at, fmt::format("rule '{}' has no `{}`", tree_.name.text, word),
                 std::move(hint));
  }

  void add_param(const tree::NumberArgument& param) {
    const auto index = static_cast<std::uint32_t>(rule_.params.size());
    const PatternMeaning meaning = {PatternMeaning::Sort::parameter, index, PatternKind::number};
    if (!draft_.scope.emplace(param.name.text, meaning).second)
      return draft_.error("duplicate-name", param.name.at, fmt::format("'{}' is taken", param.name.text),
                          "choose another name");
    rule_.params.push_back({param.name.text, param.value, param.name.at});
    draft_.used_params.push_back(0);
  }

  // ---- clauses ----

  void check_clause(const tree::Clause& clause) {
    using Handler = void (PatternRuleChecker::*)(const tree::Clause&);
    using P = PatternRuleChecker;
    static constexpr std::array<Handler, 10> kHandlers = {&P::foreign, &P::let,        &P::condition, &P::condition,
                                                          &P::foreign, &P::foreign,    &P::foreign,   &P::match,
                                                          &P::replace, &P::approximate};
    (this->*kHandlers[static_cast<std::size_t>(clause.form)])(clause);
  }

  void foreign(const tree::Clause& clause) {
    const auto row =
        std::find_if(std::begin(kForeign), std::end(kForeign), [&](auto& each) { return each.word == clause.form; });
    draft_.error("misplaced", clause.word, std::string(row->message), std::string(row->hint));
  }

  bool twice(const tree::Clause& clause, const tree::Clause* first_one, std::string_view word) {
    if (&clause == first_one) return false;
    draft_.error("duplicate-clause", clause.word, fmt::format("`{}` stands twice", word),
                 "make a rule of its own for each");
    return true;
  }

  void match(const tree::Clause& clause) {
    if (twice(clause, match_, "match")) return;
    rule_.pattern->match = clause.word;
    check_match(draft_, formulas_, clause);
    matched_ = draft_.context.reporter.errors() == errors_before_;
  }

  void replace(const tree::Clause& clause) {
    if (twice(clause, replace_, "replace")) return;
    rule_.pattern->replace = clause.word;
    replaced_ = true;
    if (match_ != nullptr && match_ > &clause)
      return draft_.error("misplaced", clause.word, "`match` stands before `replace`", "move it up");
    if (matched_) check_replace(draft_, formulas_, clause);
  }

  // Whether names are bound that the clause may speak of.
  bool between(const tree::Clause& clause) {
    const std::string word(draft_.context.sources.text(clause.word));
    if (replaced_) {
      draft_.error("misplaced", clause.word, fmt::format("`{}` stands before `replace`", word), "move it up");
    } else if (rule_.pattern->match.length == 0 && match_ != nullptr) {
      draft_.error("misplaced", clause.word, fmt::format("`{}` stands behind `match`", word), "move it down");
    }
    return matched_ && !replaced_;
  }

  void let(const tree::Clause& clause) {
    if (!between(clause)) return;
    const PatternValue value = formulas_.check_value_of(clause.expr);
    if (const auto taken = draft_.scope.find(clause.name.text); taken != draft_.scope.end()) {
      const bool param = taken->second.sort == PatternMeaning::Sort::parameter;
      const Position before =
          param ? rule_.params[taken->second.index].at : rule_.pattern->names[taken->second.index].at;
      return draft_.error("duplicate-name", clause.name.at, fmt::format("'{}' is taken", clause.name.text),
                          fmt::format("it is bound in line {}: choose another name", draft_.line_of(before)));
    }
    const NameId id = draft_.add(clause.name, NameSort::local, value.kind);
    draft_.entries[id].bound = true;
    draft_.scope.emplace(clause.name.text, PatternMeaning{PatternMeaning::Sort::name, id, value.kind});
    lets_.push_back(id);
    rule_.pattern->steps.push_back({PatternStep::Form::let, value.expr, id, "", clause.at});
  }

  void condition(const tree::Clause& clause) {
    if (!between(clause)) return;
    const auto form = clause.form == ClauseWord::where ? PatternStep::Form::where : PatternStep::Form::needs;
    const PatternValue value = formulas_.check_condition(clause.expr);
    rule_.pattern->steps.push_back({form, value.expr, kNoName, clause.reason ? clause.reason->text : "", clause.at});
  }

  void approximate(const tree::Clause& clause) {
    if (rule_.pattern->approximate)
      draft_.error("duplicate-clause", clause.word, "`approximate` stands twice", "take one of them out");
    rule_.pattern->approximate = clause.reason->text;
  }

  // ---- the rule as a whole ----

  void check_whole() {
    if (!draft_.statistics.empty() && !rule_.pattern->approximate)
      draft_.error("missing-clause", draft_.statistics[0],
                   "what statistics say holds on the data that was measured, not on all",
                   "say so: approximate \"on inputs like those that were measured\"");
    if (draft_.context.reporter.errors() != errors_before_) return;  // what is wrong may be the use
    for (const tree::NumberArgument& param : tree_.params) {
      const auto meaning = draft_.scope.find(param.name.text);
      if (draft_.used_params[meaning->second.index] == 0) unused(param.name.at, "parameter", param.name.text);
    }
    for (NameId id = 0; id < rule_.pattern->names.size(); ++id) {
      const PatternName& name = rule_.pattern->names[id];
      const bool let = std::find(lets_.begin(), lets_.end(), id) != lets_.end();
      const bool bound = name.sort == NameSort::setting || name.sort == NameSort::op;
      if (let && draft_.entries[id].places == 0) unused(name.at, "name", name.name);
      if (bound && draft_.entries[id].places < 2) unused(name.at, "name", name.name);
    }
  }

  void unused(Position at, std::string_view sort, const std::string& name) {
    draft_.context.reporter.warning("unused", at, fmt::format("{} '{}' is never used", sort, name),
                                    "take it out, or use it");
  }

  const tree::Rule& tree_;
  std::size_t errors_before_;
  Rule rule_;
  PatternDraft draft_;
  PatternFormulas formulas_;
  const tree::Clause* match_ = nullptr;
  const tree::Clause* replace_ = nullptr;
  std::vector<NameId> lets_;
  bool matched_ = false, replaced_ = false;
};

}  // namespace

Rule check_pattern_rule(CheckContext& context, const FileNames& names, const tree::Rule& rule) {
  return PatternRuleChecker(context, names, rule).check();
}

}  // namespace rw::dsl
