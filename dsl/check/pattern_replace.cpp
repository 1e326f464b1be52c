// The lines of `replace`: operators that are made, and the tensors that they make again.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "dsl/check/formula_parts.hpp"
#include "dsl/check/pattern_parts.hpp"
#include "dsl/check/scope.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

class ReplaceChecker {
 public:
  ReplaceChecker(PatternDraft& draft, PatternFormulas& formulas)
      : draft_(draft), pattern_(draft.pattern), formulas_(formulas) {}

  void check(const tree::Clause& clause) {
    if (clause.lines.size() > kMaxPatternLines)
      return draft_.error("too-large", clause.word,
                          fmt::format("a replacement has at most {} lines", kMaxPatternLines));
    const std::size_t errors = draft_.context.reporter.errors();
    for (const tree::PatternLine& line : clause.lines) outputs_.push_back(check_outputs(line));
    if (draft_.context.reporter.errors() != errors) return;
    for (at_ = 0; at_ < clause.lines.size(); ++at_) check_line(clause.lines[at_]);
    if (draft_.context.reporter.errors() == errors) check_whole(clause);
  }

 private:
  using Formula = tree::Formula;
  const Formula& formula_of(tree::FormulaId id) const { return draft_.names.file->formulas[id]; }

  // ---- what is made ----

  std::vector<Output> check_outputs(const tree::PatternLine& line) {
    std::vector<Output> out;
    for (const tree::Output& each : line.outputs) {
      out.push_back(check_output(each));
      if (out.back().name == kNoName) continue;
      if (!made_at_.emplace(out.back().name, outputs_.size()).second)
        draft_.error("duplicate-name", each.name.at, fmt::format("'{}' is made twice", each.name.text),
                     "take one of the lines out, or choose another name");
    }
    return out;
  }

  Output check_output(const tree::Output& output) {
    Output out;
    out.at = output.at;
    if (output.form == tree::Output::Form::anything) return {Output::Form::anything, kNoName, output.at};
    const bool rest = output.form == tree::Output::Form::rest;
    out.form = rest ? Output::Form::rest : Output::Form::tensor;
    const std::string& name = output.name.text;
    const auto known = draft_.scope.find(name);
    if (known == draft_.scope.end()) {
      if (rest) {
        draft_.error("unknown-name", output.name.at, fmt::format("the match has no `{}...`", name),
                     "new tensors have a name each");
        return out;
      }
      out.name = draft_.add(output.name, NameSort::tensor, PatternKind::tensor);
      draft_.entries[out.name].bound = true;
      draft_.scope.emplace(name, PatternMeaning{PatternMeaning::Sort::name, out.name, PatternKind::tensor});
      fresh_.push_back(out.name);
      return out;
    }
    if (known->second.sort != PatternMeaning::Sort::name) {
      draft_.error("duplicate-name", output.name.at, fmt::format("'{}' is a parameter of the rule", name),
                   "choose another name");
      return out;
    }
    check_known(output, known->second.index, rest, out);
    return out;
  }

  void check_known(const tree::Output& output, NameId id, bool rest, Output& out) {
    const PatternName& name = pattern_.names[id];
    const bool made = draft_.entries[id].made;
    const bool fresh = std::find(fresh_.begin(), fresh_.end(), id) != fresh_.end();
    if (name.sort != (rest ? NameSort::rest : NameSort::tensor)) {
      const bool constant = name.sort == NameSort::constant;
      draft_.error("duplicate-name", output.name.at,
                   fmt::format("'{}' is {} in line {}", name.name, sort_name(name.sort), draft_.line_of(name.at)),
                   constant ? "the match only reads it: a new constant has a name of its own" : "choose another name");
    } else if (!made && !fresh) {
      draft_.error("wrong-name", output.name.at,
                   fmt::format("the match reads '{}', it does not make it: it stays as it is", name.name),
                   "a replacement makes again what a line of the match makes, or a new tensor");
    } else {
      out.name = id;
    }
  }

  // ---- lines ----

  void check_line(const tree::PatternLine& line) {
    ReplaceLine out;
    out.at = line.at;
    out.outputs = outputs_[at_];
    if (makes_operator(line.value)) {
      out.call = check_made(line.value);
    } else {
      out.expr = check_value(line.value, true).expr;
      if (out.outputs.size() > 1 || out.outputs[0].form != Output::Form::tensor)
        draft_.error("wrong-count", span(line.outputs.front().at, line.outputs.back().at),
                     "a formula gives one tensor, which has a name", "write y = w * 2");
    }
    pattern_.replaced.push_back(std::move(out));
  }

  // `Op(...)`, `y(...)` with an operator of the match, and these with settings.
  bool makes_operator(tree::FormulaId id) const {
    const Formula& formula = formula_of(id);
    if (formula.form == tree::Form::made || formula.form == tree::Form::given || is_like(formula)) return true;
    if (formula.form != tree::Form::call) return false;
    const NameId name = draft_.find(formula.word.text);
    return name != kNoName && draft_.is_operator(name) && !is_function(formula.word.text);
  }

  // `Op(x) like y` as an operand is read as a comparison with a text.
  bool is_like(const Formula& formula) const {
    return formula.form == tree::Form::like && formula_of(formula.operands[1]).form == tree::Form::name;
  }

  bool is_function(const std::string& name) const {
    const auto& words = draft_.context.vocabulary.pattern_functions;
    return std::any_of(words.begin(), words.end(), [&](auto& row) { return row.name == name; }) ||
           find_name(draft_.names, &FileNames::functions, name).entry != nullptr;
  }

  // A tensor's name alone, or a formula that becomes a constant.
  PatternValue check_value(tree::FormulaId id, bool alone) {
    const PatternValue value = formulas_.check_operand(id);
    if (value.name != kNoName && value.kind == PatternKind::tensor) check_read(value.name, value.at, alone);
    return value;
  }

  // A tensor that is read where the replacement stands.
  void check_read(NameId id, Position at, bool alone) {
    const std::string& name = pattern_.names[id].name;
    const auto made = made_at_.find(id);
    if (made != made_at_.end() && made->second == at_) {
      draft_.error("wrong-name", at,
                   alone ? fmt::format("'{}' is itself", name) : fmt::format("'{}' is made from itself", name));
    } else if (made != made_at_.end() && made->second > at_) {
      draft_.error("not-yet-known", at, fmt::format("'{}' is read before it is made", name), "move its line up");
    } else if (made == made_at_.end() && draft_.entries[id].made) {
      draft_.error("wrong-name", at, fmt::format("'{}' goes with the operators that the match found", name),
                   draft_.is_operator(id) ? fmt::format("to keep its operator make it again: {0} = {0}(...)", name)
                                          : "to keep it make it again by a line of its own");
    }
  }

  // ---- operators ----

  std::uint32_t check_made(tree::FormulaId id) {
    const auto call = static_cast<std::uint32_t>(pattern_.made.size());
    if (call >= kMaxPatternCalls) {
      if (!std::exchange(full_, true))
        draft_.error("too-large", formula_of(id).at,
                     fmt::format("a replacement has at most {} operators", kMaxPatternCalls),
                     "make several rules of it");
      return kNoCall;
    }
    pattern_.made.emplace_back();
    const Formula& formula = formula_of(id);
    const bool given = formula.form == tree::Form::given || is_like(formula);
    const Formula& head = given ? formula_of(formula.operands[0]) : formula;
    MadeCall made;
    made.at = formula.at;
    OperatorList operators;
    if (head.form == tree::Form::made) {
      made.op = head.word.text;
      note_operator(head.word);
      list_operator(draft_.context.vocabulary, made.op, operators);
    } else {
      made.again = operator_of(head);
      if (made.again != kNoName) operators = draft_.entries[made.again].operators;
    }
    // What stands before settings may be no call at all: its operands are no arguments then, and some may be left out.
    if (head.form == tree::Form::made || head.form == tree::Form::call)
      for (const tree::FormulaId argument : head.operands) made.arguments.push_back(check_argument(argument));
    if (given) check_settings(formula, operators, made);
    pattern_.made[call] = std::move(made);
    return call;
  }

  void note_operator(const tree::Word& word) {
    if (!draft_.context.vocabulary.attributes(word.text)) draft_.context.operator_uses.push_back({word.text, word.at});
  }

  // The operator of the match that a call names; an error where there is none.
  NameId operator_of(const Formula& head) {
    const NameId id = draft_.find(head.word.text);
    if (head.form == tree::Form::call && id != kNoName && draft_.is_operator(id) && !is_function(head.word.text)) {
      note_use(id, head.word.at);
      return id;
    }
    if (head.word.text.empty()) {
      draft_.error("misplaced", head.at, "settings stand behind an operator", "y = Softmax(x) axis -1");
      return kNoName;
    }
    draft_.error(
        "misplaced", head.word.at, fmt::format("'{}' is no operator: settings stand behind one", head.word.text),
        id != kNoName && draft_.is_operator(id) ? "it is also a function: give the operator another name" : "");
    return kNoName;
  }

  void note_use(NameId id, Position at) {
    ++draft_.entries[id].places;
    const PatternDraft::Entry& entry = draft_.entries[id];
    const std::string& name = pattern_.names[id].name;
    if (!entry.bound || !entry.always_operator)
      draft_.error("not-yet-known", at, fmt::format("'{}' is an operator in some of the alternatives only", name),
                   "give the operator a name in each of them: ... as op");
  }

  Argument check_argument(tree::FormulaId id) {
    const Formula& formula = formula_of(id);
    Argument out;
    out.at = formula.at;
    if (formula.form == tree::Form::absent) {
      out.form = Argument::Form::absent;
    } else if (formula.form == tree::Form::spread) {
      out.form = Argument::Form::rest;
      out.name = rest_of(formula);
    } else if (makes_operator(id)) {
      out.form = Argument::Form::made;
      out.call = check_made(id);
    } else {
      const PatternValue value = check_value(id, false);
      out.expr = value.expr;
    }
    return out;
  }

  NameId rest_of(const Formula& formula) {
    const NameId id = draft_.find(formula.word.text);
    if (id == kNoName) {
      std::vector<std::string_view> rests;
      for (const PatternName& name : pattern_.names)
        if (name.sort == NameSort::rest) rests.push_back(name.name);
      draft_.error("unknown-name", formula.word.at, fmt::format("the match has no `{}...`", formula.word.text),
                   meant_or_all(formula.word.text, rests));
      return kNoName;
    }
    const PatternName& name = pattern_.names[id];
    if (name.sort != NameSort::rest) {
      draft_.error("wrong-name", formula.at,
                   fmt::format("'{}' is {}: it stands without ...", name.name, sort_name(name.sort)), "take ... out");
      return kNoName;
    }
    ++draft_.entries[id].places;
    const auto made = made_at_.find(id);
    if (made != made_at_.end() && made->second >= at_) check_read(id, formula.at, false);
    if (made == made_at_.end() && draft_.entries[id].made) check_read(id, formula.at, false);
    return id;
  }

  void check_settings(const Formula& formula, const OperatorList& operators, MadeCall& made) {
    for (std::size_t i = 0; i < formula.fields.size(); ++i) {
      const tree::Word& word = formula.fields[i];
      const bool twice = std::any_of(made.settings.begin(), made.settings.end(),
                                     [&](const Given& each) { return each.setting == word.text; });
      if (twice)
        draft_.error("duplicate-name", word.at, fmt::format("setting '{}' stands twice", word.text),
                     "take one of them out");
      const PatternKind kind = setting_kind(draft_, operators, word);
      made.settings.push_back({word.text, formulas_.check_setting(formula.operands[i + 1], kind).expr, word.at});
    }
    const tree::Word& like = is_like(formula) ? formula_of(formula.operands[1]).word : formula.word;
    if (!like.text.empty()) made.like = check_like(like, made.again != kNoName);
  }

  NameId check_like(const tree::Word& word, bool again) {
    const NameId id = draft_.find(word.text);
    if (id == kNoName || !draft_.is_operator(id)) {
      std::vector<std::string_view> operators;
      for (NameId each = 0; each < pattern_.names.size(); ++each)
        if (draft_.is_operator(each)) operators.push_back(pattern_.names[each].name);
      draft_.error("wrong-name", word.at, fmt::format("'{}' is no operator of the match", word.text),
                   meant_or_all(word.text, operators));
      return kNoName;
    }
    if (again) {
      draft_.error("misplaced", word.at, "an operator that is made again has its settings already", "take out `like`");
      return kNoName;
    }
    note_use(id, word.at);
    return id;
  }

  // ---- the replacement as a whole ----

  void check_whole(const tree::Clause& clause) {
    for (const NameId id : fresh_) {
      if (draft_.entries[id].places > 0) continue;
      draft_.error("unused", pattern_.names[id].at,
                   fmt::format("'{}' is no tensor of the match, and no later line reads it", pattern_.names[id].name),
                   meant_or_all(pattern_.names[id].name, made_by_match()));
    }
    if (made_at_.size() > fresh_.size()) return;
    draft_.error("missing-clause", clause.word, "this replaces nothing: it makes no tensor of the match again",
                 meant_or_all("", made_by_match()));
  }

  std::vector<std::string_view> made_by_match() const {
    std::vector<std::string_view> out;
    for (NameId id = 0; id < pattern_.names.size(); ++id)
      if (draft_.entries[id].made) out.push_back(pattern_.names[id].name);
    return out;
  }

  PatternDraft& draft_;
  Pattern& pattern_;
  PatternFormulas& formulas_;
  std::vector<std::vector<Output>> outputs_;  // of each line
  std::unordered_map<NameId, std::size_t> made_at_;
  std::vector<NameId> fresh_;  // names that the match does not bind
  std::size_t at_ = 0;         // the line that is read
  bool full_ = false;          // too many operators: said already
};

}  // namespace

void check_replace(PatternDraft& draft, PatternFormulas& formulas, const tree::Clause& clause) {
  ReplaceChecker(draft, formulas).check(clause);
}

}  // namespace rw::dsl
