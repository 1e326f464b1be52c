#include "dsl/check/terms.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "dsl/check/formula.hpp"
#include "dsl/check/formula_parts.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

void note_use(CheckContext& context, const std::string& op, Position at) {
  if (context.used_operators.insert(fmt::format("{}:{}", at.source, op)).second)
    context.operator_uses.push_back({op, at});
}

void unknown_set(CheckContext& context, const FileNames& names, const tree::Word& word) {
  const auto later = names.later_sets.find(word.text);
  if (later != names.later_sets.end()) {
    const bool itself = later->second.offset <= word.at.offset;
    context.reporter.error(
        "not-yet-known", word.at,
        itself ? fmt::format("set '{}' cannot hold itself", word.text)
               : fmt::format("set '{}' is used before it is declared", word.text),
        itself ? "take it out" : fmt::format("move it up from line {}", context.sources.locate(later->second).line));
    return;
  }
  std::string hint;
  for (const auto& file : context.files) {
    if (hint.empty() && file->sets.contains(word.text)) {
      hint = fmt::format("{} declares it: `use` that file", context.sources[file->file->source].name);
    }
  }
  if (hint.empty()) hint = did_you_mean(word.text, visible_names(names, &FileNames::sets));
  if (hint.empty()) {
    const std::vector<std::string> known = context.vocabulary.operators();
    hint = did_you_mean(word.text, std::vector<std::string_view>(known.begin(), known.end()));
  }
  context.reporter.error("unknown-name", word.at, fmt::format("unknown set '{}'", word.text), std::move(hint));
}

// The law that a term names; kNoLaw after an error.
std::uint32_t find_law(CheckContext& context, const tree::Word& word) {
  const auto& laws = context.vocabulary.laws;
  const auto law = std::find_if(laws.begin(), laws.end(), [&](auto& row) { return row.name == word.text; });
  if (law != laws.end()) return static_cast<std::uint32_t>(law - laws.begin());
  context.reporter.error("unknown-name", word.at, fmt::format("unknown law '{}'", word.text),
                         meant_or_all(word.text, words_of(laws)));
  return kNoLaw;
}

// The set that a term names; null after an error.
const SetEntry* find_set(CheckContext& context, const FileNames& names, const tree::Word& word) {
  const Found<SetEntry> found = find_name(names, &FileNames::sets, word.text);
  if (found.second != nullptr) {
    context.reporter.error("duplicate-name", word.at, fmt::format("two files that are used declare '{}'", word.text),
                           fmt::format("{} and {}", context.sources.name_and_line(found.entry->at),
                                       context.sources.name_and_line(found.second->at)));
    return nullptr;
  }
  if (found.entry == nullptr) unknown_set(context, names, word);
  return found.entry;
}

bool too_many(CheckContext& context, std::size_t terms, Position at) {
  const bool here = terms > kMaxTerms;
  if (!here && context.terms <= kMaxProgramTerms) return false;
  context.reporter.error(
      "too-large", at,
      fmt::format("with its sets written out this has more than {} operators", here ? kMaxTerms : kMaxProgramTerms),
      "a law admits many at once: law pass");
  return true;
}

// One term, without what is said of it.
WrittenTerms write_out(CheckContext& context, const FileNames& names, const tree::Term& term) {
  switch (term.form) {
    case tree::TermForm::op:
      note_use(context, term.name.text, term.name.at);
      return {{{term.name.text, kNoLaw, false, {}, term.at, {}}}, false};
    case tree::TermForm::law:
      if (const std::uint32_t law = find_law(context, term.name); law != kNoLaw)
        return {{{"", law, false, {}, term.at, {}}}, false};
      return {{}, true};
    case tree::TermForm::set:
      break;
  }
  const SetEntry* set = find_set(context, names, term.name);
  if (set == nullptr) return {{}, true};
  return {set->terms, set->broken};
}

}  // namespace

std::shared_ptr<const Guard> check_guard(CheckContext& context, const FileNames& names, tree::FormulaId condition,
                                         std::span<const Term> operators) {
  auto guard = std::make_shared<Guard>();
  Surroundings around;
  around.place = Surroundings::Place::guard;
  around.own = list_operators(context, operators);
  std::uint32_t slots = 0;  // there is no `let` in a guard
  FormulaChecker formulas(context, names, around, guard->exprs, slots);
  Scope scope;
  const CheckedFormula value = formulas.check_condition(condition, scope);
  if (value.any_about) return nullptr;
  guard->root = value.expr;
  return guard;
}

namespace {

WrittenTerms write_out(CheckContext& context, const FileNames& names, std::span<const tree::Term> terms) {
  WrittenTerms out;
  for (const tree::Term& term : terms) {
    if (context.reporter.is_full(term.at.source)) return {{}, true};
    WrittenTerms written = write_out(context, names, term);
    context.terms += written.terms.size();
    if (too_many(context, out.terms.size() + written.terms.size(), term.at)) return {{}, true};
    std::shared_ptr<const Guard> guard;
    if (term.guard != tree::kNoFormula) {
      guard = check_guard(context, names, term.guard, written.terms);
      written.broken |= guard == nullptr;
    }
    out.broken |= written.broken;
    for (Term& each : written.terms) {
      each.on_channel |= term.on_channel;
      each.at = term.at;
      if (guard != nullptr) each.guards.push_back(guard);
      out.terms.push_back(std::move(each));
    }
  }
  return out;
}

bool names_all(const Term& term, const std::string& op) {
  return term.law == kNoLaw && term.op == op && !term.on_channel && term.guards.empty() && term.excepted.empty();
}

// A name behind `except` that stands for nothing before it.
void warn_of_idle(CheckContext& context, std::span<const Term> terms, const Term& excepted) {
  const bool may_be = excepted.law != kNoLaw || std::any_of(terms.begin(), terms.end(), [&](const Term& each) {
                        return each.law != kNoLaw || each.op == excepted.op;
                      });
  if (!may_be)
    context.reporter.warning("unused", excepted.at,
                             fmt::format("{} is not among what stands before `except`", excepted.op), "take it out");
}

void take_out(CheckContext& context, std::vector<Term>& terms, std::vector<Term> excepted, Position at) {
  for (const Term& each : excepted)
    if (context.sources.text(each.at).starts_with(each.op)) warn_of_idle(context, terms, each);
  std::erase_if(terms, [&](const Term& term) {
    return term.law == kNoLaw &&
           std::any_of(excepted.begin(), excepted.end(), [&](const Term& each) { return names_all(each, term.op); });
  });
  if (terms.empty())
    context.reporter.error("never-matches", at, "`except` takes out all that stands before it",
                           "then no operator is left: name more before it");
  const auto list = std::make_shared<const TermList>(std::move(excepted));
  for (Term& term : terms) term.excepted.push_back(list);
}

}  // namespace

WrittenTerms write_out(CheckContext& context, const FileNames& names, std::span<const tree::Term> terms,
                       std::span<const tree::Term> excepted) {
  WrittenTerms out = write_out(context, names, terms);
  if (excepted.empty()) return out;
  WrittenTerms less = write_out(context, names, excepted);
  out.broken |= less.broken;
  if (!out.broken) take_out(context, out.terms, std::move(less.terms), span(excepted.front().at, excepted.back().at));
  return out;
}

}  // namespace rw::dsl
