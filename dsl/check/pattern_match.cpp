// The lines of `match`: what they look for, and the names that they bind.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "dsl/check/formula_parts.hpp"
#include "dsl/check/pattern_parts.hpp"
#include "dsl/check/scope.hpp"
#include "dsl/check/terms.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

// ---- numbers in brackets: `(1 / sqrt(2))` ----

struct NumberFunction {
  std::string_view name;
  double (*value)(double);
};
constexpr NumberFunction kNumberFunctions[] = {
    {"sqrt", [](double x) { return std::sqrt(x); }}, {"abs", [](double x) { return std::abs(x); }},
    {"exp", [](double x) { return std::exp(x); }},   {"log", [](double x) { return std::log(x); }},
    {"exp2", [](double x) { return std::exp2(x); }}, {"log2", [](double x) { return std::log2(x); }}};

// What a formula of numbers comes to; nothing where it is more than that.
std::optional<double> number_of(const tree::File& file, tree::FormulaId id) {
  const tree::Formula& formula = file.formulas[id];
  const auto operand = [&](std::size_t i) { return number_of(file, formula.operands[i]); };
  if (formula.form == tree::Form::number) return formula.number;
  if (formula.form == tree::Form::call && formula.operands.size() == 1) {
    const auto row = std::find_if(std::begin(kNumberFunctions), std::end(kNumberFunctions),
                                  [&](auto& each) { return each.name == formula.word.text; });
    const auto value = row == std::end(kNumberFunctions) ? std::nullopt : operand(0);
    return value ? std::optional(row->value(*value)) : std::nullopt;
  }
  const bool chain = formula.form == tree::Form::sum || formula.form == tree::Form::product;
  if (!chain && formula.form != tree::Form::negate) return std::nullopt;
  std::optional<double> all = operand(0);
  if (all && !chain) return -*all;
  for (std::size_t i = 1; all && i < formula.operands.size(); ++i) {
    const auto next = operand(i);
    if (!next) return std::nullopt;
    const tree::Sign sign = formula.signs[i - 1];
    all = sign == tree::Sign::add        ? *all + *next
          : sign == tree::Sign::subtract ? *all - *next
          : sign == tree::Sign::multiply ? *all * *next
                                         : *all / *next;
  }
  return all;
}

class MatchChecker {
 public:
  MatchChecker(PatternDraft& draft, PatternFormulas& formulas)
      : draft_(draft), pattern_(draft.pattern), formulas_(formulas) {}

  void check(const tree::Clause& clause) {
    if (clause.lines.size() > kMaxPatternLines)
      return draft_.error("too-large", clause.word, fmt::format("a match has at most {} lines", kMaxPatternLines),
                          "make several rules of it");
    for (const tree::PatternLine& line : clause.lines) collect(line);
    const std::size_t errors = draft_.context.reporter.errors();
    draft_.matching = true;
    for (const tree::PatternLine& line : clause.lines) check_line(line);
    draft_.matching = false;
    draft_.later.clear();
    if (draft_.context.reporter.errors() != errors) return;
    constants_are_constants();
    check_rests();
    check_hangs_together();
    check_no_circle();
  }

 private:
  // ---- names ----

  // What the match binds, for "used before it is bound".
  void collect(const tree::PatternLine& line) {
    for (const tree::Output& output : line.outputs)
      if (output.form != tree::Output::Form::anything) draft_.later.emplace(output.name.text, output.name.at);
    for (const tree::Alternative& each : line.found) collect(each);
  }
  void collect(const tree::Alternative& found) {
    if (!found.call) draft_.later.emplace(found.name.text, found.name.at);
    if (found.as) draft_.later.emplace(found.as->text, found.as->at);
    for (const tree::Operand& operand : found.operands) {
      if (operand.form == tree::Operand::Form::constant) draft_.later.emplace(operand.name.text, operand.name.at);
      for (const tree::Alternative& each : operand.found) collect(each);
    }
  }

  // A name that stands for a thing of this sort; kNoName after an error.
  NameId bind(const tree::Word& word, NameSort sort, PatternKind kind) {
    const auto taken = draft_.scope.find(word.text);
    if (taken == draft_.scope.end()) {
      const NameId id = draft_.add(word, sort, kind);
      draft_.scope.emplace(word.text, PatternMeaning{PatternMeaning::Sort::name, id, kind});
      draft_.later.erase(word.text);
      note(id);
      return id;
    }
    if (taken->second.sort == PatternMeaning::Sort::parameter) {
      draft_.error("duplicate-name", word.at, fmt::format("'{}' is a parameter of the rule", word.text),
                   "choose another name");
      return kNoName;
    }
    const NameId id = taken->second.index;
    PatternName& name = pattern_.names[id];
    if (name.sort == NameSort::tensor && sort == NameSort::constant && !draft_.entries[id].made) {
      name.sort = NameSort::constant;
      draft_.entries[id].kind = PatternKind::constant;
    }
    const bool reads_constant = name.sort == NameSort::constant && sort == NameSort::tensor;
    if (name.sort != sort && !reads_constant) {
      clash(word, name, sort);
      return kNoName;
    }
    note(id);
    return id;
  }

  void clash(const tree::Word& word, const PatternName& name, NameSort sort) {
    const bool made = name.sort == NameSort::tensor && sort == NameSort::constant;
    draft_.error(
        "duplicate-name", word.at,
        made ? fmt::format("'{}' is made by a line of the match: it is no constant", word.text)
             : fmt::format("'{}' is {} here and {} in line {}", word.text, sort_name(sort), sort_name(name.sort),
                           draft_.line_of(name.at)),
        made ? fmt::format("line {} makes it", draft_.line_of(name.at)) : "choose another name for one of them");
  }

  void note(NameId id) {
    PatternDraft::Entry& entry = draft_.entries[id];
    ++entry.places;
    if (!entry.bound) {
      entry.bound = true;
      bound_.push_back(id);
    }
    if (line_ != nullptr) line_->names.push_back(id);
  }

  void bind_operator(NameId id, const OperatorList& operators, Call& call) {
    if (id == kNoName) return;
    call.op = id;
    PatternDraft::Entry& entry = draft_.entries[id];
    if (pattern_.names[id].sort == NameSort::op)
      entry.always_operator = true;
    else
      pattern_.names[id].is_operator = true;
    add_operators(entry.operators, operators);
  }

  // ---- lines ----

  void check_line(const tree::PatternLine& line) {
    lines_.emplace_back();
    line_ = &lines_.back();
    MatchLine out;
    out.at = line.at;
    for (const tree::Output& output : line.outputs) out.outputs.push_back(check_output(output));
    const NameId first = out.outputs[0].name;
    out.alternatives = check_alternatives(line.found, first);
    if (first != kNoName) {
      const auto& all = out.alternatives;
      draft_.entries[first].always_operator = std::all_of(all.begin(), all.end(), [&](const Alternative& each) {
        return each.call != kNoCall && pattern_.calls[each.call].op == first;
      });
    }
    pattern_.lines.push_back(std::move(out));
    line_ = nullptr;
  }

  Output check_output(const tree::Output& output) {
    Output out;
    out.at = output.at;
    if (output.form == tree::Output::Form::anything) {
      out.form = Output::Form::anything;
      return out;
    }
    const bool rest = output.form == tree::Output::Form::rest;
    out.form = rest ? Output::Form::rest : Output::Form::tensor;
    const NameId id =
        bind(output.name, rest ? NameSort::rest : NameSort::tensor, rest ? PatternKind::rest : PatternKind::tensor);
    if (id == kNoName) return out;
    out.name = id;
    if (pattern_.names[id].sort == NameSort::constant) {
      draft_.error("duplicate-name", output.name.at,
                   fmt::format("'{}' is a constant in line {}: no line makes it", output.name.text,
                               draft_.line_of(pattern_.names[id].at)),
                   "choose another name");
    } else if (draft_.entries[id].made) {
      draft_.error("duplicate-name", output.name.at, fmt::format("'{}' is made twice", output.name.text),
                   "other ways to make it stand behind `or`");
    }
    draft_.entries[id].made = true;
    if (line_ != nullptr) line_->makes.push_back(id);
    return out;
  }

  // Names that each of them binds are bound behind them; those that only some do are not.
  std::vector<Alternative> check_alternatives(const std::vector<tree::Alternative>& found, NameId op) {
    std::vector<Alternative> out;
    std::unordered_map<NameId, std::size_t> bound_by;
    const std::size_t before = bound_.size();
    for (const tree::Alternative& each : found) {
      out.push_back(check_alternative(each, op));
      if (found.size() == 1) return out;
      for (; bound_.size() > before; bound_.pop_back()) {
        draft_.entries[bound_.back()].bound = false;
        ++bound_by[bound_.back()];
      }
    }
    for (const auto& [id, count] : bound_by) {
      if (count != found.size()) continue;
      draft_.entries[id].bound = true;
      bound_.push_back(id);
    }
    return out;
  }

  Alternative check_alternative(const tree::Alternative& found, NameId op) {
    Alternative out;
    out.at = found.at;
    if (!found.call) {
      out.tensor = bind(found.name, NameSort::tensor, PatternKind::tensor);
      return out;
    }
    if (pattern_.calls.size() >= kMaxPatternCalls) {
      if (!std::exchange(full_, true))
        draft_.error("too-large", found.name.at, fmt::format("a match has at most {} operators", kMaxPatternCalls),
                     "make several rules of it");
      return out;
    }
    out.call = static_cast<CallId>(pattern_.calls.size());
    pattern_.calls.emplace_back();
    Call call = check_call(found, op);
    pattern_.calls[out.call] = std::move(call);
    return out;
  }

  Call check_call(const tree::Alternative& found, NameId op) {
    Call call;
    call.at = found.at;
    call.by_law = found.form == tree::TermForm::law;
    const tree::Term term = {found.name, found.form, false, tree::kNoFormula, found.name.at};
    WrittenTerms written = write_out(draft_.context, draft_.names, {&term, 1}, {});
    call.terms = std::move(written.terms);
    OperatorList operators = list_operators(draft_.context, call.terms);
    operators.has_unknown |= written.broken;
    for (const tree::Operand& operand : found.operands) call.operands.push_back(check_operand(operand));
    for (const tree::Setting& setting : found.settings) check_setting(setting, operators, call);
    if (found.as) op = bind_as(*found.as);
    bind_operator(op, operators, call);
    return call;
  }

  NameId bind_as(const tree::Word& word) {
    const NameId before = draft_.find(word.text);
    if (before != kNoName && pattern_.names[before].sort == NameSort::op && draft_.entries[before].bound) {
      draft_.error("duplicate-name", word.at, fmt::format("'{}' is an operator already", word.text),
                   fmt::format("in line {}: choose another name", draft_.line_of(pattern_.names[before].at)));
      return kNoName;
    }
    return bind(word, NameSort::op, PatternKind::operation);
  }

  // ---- operands ----

  static std::optional<Default> default_of(const std::optional<tree::Default>& otherwise) {
    if (!otherwise) return std::nullopt;
    return Default{otherwise->none, otherwise->value};
  }

  Operand check_operand(const tree::Operand& operand) {
    using Form = tree::Operand::Form;
    Operand out;
    out.at = operand.at;
    switch (operand.form) {
      case Form::constant:
        out.form = Operand::Form::constant;
        out.name = bind(operand.name, NameSort::constant, PatternKind::constant);
        out.otherwise = default_of(operand.otherwise);
        break;
      case Form::dots:
        out.form = Operand::Form::rest;
        break;
      case Form::anything:
        out.form = Operand::Form::anything;
        break;
      case Form::none:
        out.form = Operand::Form::absent;
        break;
      case Form::number:
        out.form = Operand::Form::number;
        out.number = operand.number.value;
        break;
      case Form::formula:
        check_number(operand, out);
        break;
      case Form::found:
        check_found(operand, out);
        break;
    }
    return out;
  }

  void check_number(const tree::Operand& operand, Operand& out) {
    out.form = Operand::Form::number;
    const auto number = number_of(*draft_.names.file, operand.formula);
    if (!number)
      draft_.error("wrong-kind", operand.at, "an operand in brackets is a number: (1 / 3)",
                   "an operator stands without brackets; a condition on a constant stands in `where`");
    else if (std::isnan(*number))
      draft_.error("out-of-range", operand.at, "this comes to no number",
                   "does it divide 0 by 0, or take the root of a number below 0?");
    else
      out.number = *number;
  }

  void check_found(const tree::Operand& operand, Operand& out) {
    const tree::Alternative& first = operand.found[0];
    const bool name = !first.call && operand.found.size() == 1;
    if (operand.rest && name) {
      out.form = Operand::Form::rest;
      out.name = bind(first.name, NameSort::rest, PatternKind::rest);
      return;
    }
    if (operand.rest)
      draft_.error("misplaced", operand.at, "`...` stands alone or behind a name, not behind an operator",
                   "give the operator a line and a name of its own");
    if (operand.otherwise && !name)
      draft_.error("misplaced", operand.otherwise->spelled.at, "what is absent has a name: constant w or 0",
                   "another operator stands behind `or`, or a tensor");
    if (name) {
      out.form = Operand::Form::tensor;
      out.name = bind(first.name, NameSort::tensor, PatternKind::tensor);
      out.otherwise = default_of(operand.otherwise);
      return;
    }
    out.form = Operand::Form::made;
    out.alternatives = check_alternatives(operand.found, kNoName);
  }

  // ---- settings ----

  void check_setting(const tree::Setting& setting, const OperatorList& operators, Call& call) {
    const bool twice = std::any_of(call.settings.begin(), call.settings.end(),
                                   [&](const Setting& each) { return each.setting == setting.name.text; });
    if (twice)
      draft_.error("duplicate-name", setting.name.at, fmt::format("setting '{}' stands twice", setting.name.text),
                   "take one of them out");
    Setting out;
    out.setting = setting.name.text;
    out.at = setting.at;
    const PatternKind kind = setting_kind(draft_, operators, setting.name);
    out.otherwise = default_of(setting.otherwise);
    if (setting.value == tree::kNoFormula) {
      out.form = Setting::Form::anything;
    } else if (const tree::Formula& value = draft_.names.file->formulas[setting.value]; binds(value)) {
      out.form = Setting::Form::bind;
      const bool seen = draft_.find(value.word.text) != kNoName;
      out.name = bind(value.word, NameSort::setting, kind);
      if (out.name != kNoName && seen && draft_.entries[out.name].kind != kind)
        draft_.entries[out.name].kind = PatternKind::anything;
    } else {
      out.form = Setting::Form::value;
      out.expr = formulas_.check_setting(setting.value, kind).expr;
    }
    if (out.otherwise && out.form != Setting::Form::bind)
      draft_.error("misplaced", setting.otherwise->spelled.at, "what is absent has a name", "write axis a or 0");
    call.settings.push_back(std::move(out));
  }

  // A name alone that is not bound so far.
  bool binds(const tree::Formula& value) const {
    if (value.form != tree::Form::name || value.bracketed) return false;
    const auto known = draft_.scope.find(value.word.text);
    if (known == draft_.scope.end()) return !draft_.later.contains(value.word.text);
    return known->second.sort == PatternMeaning::Sort::name && !draft_.entries[known->second.index].bound &&
           pattern_.names[known->second.index].sort == NameSort::setting;
  }

  // ---- the match as a whole ----

  // A name may stand before its `constant`.
  void constants_are_constants() {
    for (Call& call : pattern_.calls)
      for (Operand& operand : call.operands)
        if (operand.form == Operand::Form::tensor && operand.name != kNoName &&
            pattern_.names[operand.name].sort == NameSort::constant)
          operand.form = Operand::Form::constant;
  }

  // What stands between two `...` tells where the first of them ends.
  void check_rests() {
    for (const Call& call : pattern_.calls) {
      bool open = false, known = true;
      for (const Operand& operand : call.operands) {
        if (operand.form != Operand::Form::rest) {
          known = known || is_known(operand);
          continue;
        }
        if (open && !known)
          draft_.error("never-matches", operand.at, "nobody can tell where one `...` ends and the next begins",
                       "between them stands what is known: an operator, a number or a tensor of another line");
        open = true;
        known = false;
      }
    }
    for (const MatchLine& line : pattern_.lines) {
      const auto rests = std::count_if(line.outputs.begin(), line.outputs.end(),
                                       [](const Output& each) { return each.form == Output::Form::rest; });
      if (rests > 1)
        draft_.error("never-matches", line.at, "of the outputs of a line one has `...`", "take it out of the others");
    }
  }

  bool is_known(const Operand& operand) const {
    using Form = Operand::Form;
    if (operand.form == Form::number || operand.form == Form::made) return true;
    const bool name = operand.form == Form::tensor || operand.form == Form::constant;
    return name && operand.name != kNoName && draft_.entries[operand.name].places > 1;
  }

  // Lines that share a tensor; a constant may stand in a model anywhere.
  void check_hangs_together() {
    std::vector<std::size_t> group(lines_.size());
    for (std::size_t i = 0; i < group.size(); ++i) group[i] = i;
    const auto root = [&](std::size_t i) {
      while (group[i] != i) i = group[i] = group[group[i]];
      return i;
    };
    std::unordered_map<NameId, std::size_t> first;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      for (const NameId id : lines_[i].names) {
        const NameSort sort = pattern_.names[id].sort;
        if (sort != NameSort::tensor && sort != NameSort::rest) continue;
        const auto [there, fresh] = first.emplace(id, i);
        if (!fresh) group[root(i)] = root(there->second);
      }
    }
    for (std::size_t i = 1; i < lines_.size(); ++i) {
      if (root(i) == root(0)) continue;
      draft_.error("never-matches", pattern_.lines[i].at, "this line does not hang together with the first one",
                   "lines of a match share tensors");
      return;
    }
  }

  // A tensor is not made from itself.
  void check_no_circle() {
    std::unordered_map<NameId, std::size_t> made_by;
    for (std::size_t i = 0; i < lines_.size(); ++i)
      for (const NameId id : lines_[i].makes) made_by.emplace(id, i);
    enum class Seen : char { no, open, done };
    std::vector<Seen> seen(lines_.size(), Seen::no);
    std::optional<std::size_t> circle;
    const std::function<void(std::size_t)> visit = [&](std::size_t i) {
      seen[i] = Seen::open;
      const Line& line = lines_[i];
      for (std::size_t k = line.makes.size(); k < line.names.size() && !circle; ++k) {
        const auto maker = made_by.find(line.names[k]);
        if (maker == made_by.end()) continue;
        if (seen[maker->second] == Seen::open) circle = maker->second;
        if (seen[maker->second] == Seen::no) visit(maker->second);
      }
      seen[i] = Seen::done;
    };
    for (std::size_t i = 0; i < lines_.size() && !circle; ++i)
      if (seen[i] == Seen::no) visit(i);
    if (!circle) return;
    const MatchLine& line = pattern_.lines[*circle];
    draft_.error("never-matches", line.outputs[0].at,
                 fmt::format("'{}' is made from itself", pattern_.names[lines_[*circle].makes[0]].name),
                 "what it reads has another name");
  }

  struct Line {
    std::vector<NameId> makes;
    std::vector<NameId> names;  // all that stand in it, first those that it makes
  };

  PatternDraft& draft_;
  Pattern& pattern_;
  PatternFormulas& formulas_;
  std::vector<NameId> bound_;  // in the order in which they were
  std::vector<Line> lines_;
  Line* line_ = nullptr;  // that is read
  bool full_ = false;     // too many operators: said already
};

}  // namespace

void check_match(PatternDraft& draft, PatternFormulas& formulas, const tree::Clause& clause) {
  MatchChecker(draft, formulas).check(clause);
}

}  // namespace rw::dsl
