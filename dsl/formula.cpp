#include "dsl/formula.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "dsl/spelling.hpp"

namespace rw::dsl {

namespace {

constexpr std::string_view kKindNames[] = {"a number", "a condition", "a text"};
std::string_view kind_name(Kind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

constexpr std::string_view kRoleNames[] = {"parents", "children", "joining operators", "a region", "a node of a chain"};
std::string_view role_name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned kSets = bit(Role::parents) | bit(Role::children) | bit(Role::join);

// The words of an operator itself, in a guard.
struct OwnWord {
  std::string_view name;
  Kind kind;
};
constexpr OwnWord kOwnWords[] = {
    {"name", Kind::text}, {"op", Kind::text}, {"channels", Kind::number}, {"activations", Kind::number}};

// Functions of two numbers that are taken for one over the channels.
struct Confused {
  std::string_view name, message;
};
constexpr Confused kConfused[] = {{"max", "max compares two values; the largest channel is largest(x)"},
                                  {"min", "min compares two values; the smallest channel is smallest(x)"}};

std::vector<std::string_view> words_of(const auto& rows) {
  std::vector<std::string_view> out;
  for (const auto& row : rows) out.push_back(row.name);
  return out;
}

// The text of a formula where it is short enough to be quoted in a hint.
std::string quotable(const Sources& sources, Position at) {
  std::string text(sources.text(at));
  const bool long_or_broken = text.size() > 50 || text.find('\n') != std::string::npos;
  return long_or_broken ? "..." : text;
}

}  // namespace

OperatorList list_operators(const Run& run, std::span<const Term> terms) {
  OperatorList out;
  std::unordered_set<std::string_view> seen;
  for (const Term& term : terms) {
    if (!seen.insert(term.op).second) continue;
    if (run.vocabulary.attributes(term.op)) {
      out.known.push_back(term.op);
    } else {
      out.has_unknown = true;
    }
  }
  return out;
}

const Meaning* Scope::find(const std::string& name) const {
  const auto found = meanings_.find(name);
  return found == meanings_.end() ? nullptr : &found->second;
}

Meaning* Scope::use(const std::string& name) {
  const auto found = meanings_.find(name);
  if (found == meanings_.end()) return nullptr;
  found->second.used = true;
  return &found->second;
}

bool Scope::add(const std::string& name, Meaning meaning) { return meanings_.emplace(name, std::move(meaning)).second; }

std::vector<std::string_view> Scope::names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, meaning] : meanings_) out.push_back(name);
  return out;
}

// ---- what all have in common ----

// Inside of a function that was fine by itself, it is the call that is wrong: the message points there.
void Formulas::error(std::string_view code, Position at, std::string message, std::string hint) {
  if (!calls_.empty()) {
    const std::string in = fmt::format("in '{}' ({})", calls_.back().function, run_.sources.name_and_line(at));
    hint = hint.empty() ? in : fmt::format("{}: {}", in, hint);
    at = calls_.front().call;
  }
  run_.reporter.error(code, at, std::move(message), std::move(hint));
}

Value Formulas::add(Expr expr, const Value& like) {
  std::uint32_t depth = 1;
  for (const ExprId operand : expr.operands) depth = std::max(depth, depths_[operand] + 1);
  const bool too_deep = depth > kMaxExprDepth;
  const bool too_many = exprs_.size() >= kMaxRuleExprs || run_.exprs >= kMaxProgramExprs;
  if ((too_deep || too_many) && !full_) {
    full_ = true;
    const Position at = calls_.empty() ? expr.at : calls_.front().call;
    if (too_deep) {
      run_.reporter.error("too-deep", at, fmt::format("this formula is more than {} operations deep", kMaxExprDepth),
                          "give a part of it a name with `let`");
    } else {
      run_.reporter.error("too-large", at,
                          fmt::format("with its functions written out this has more than {} operations",
                                      run_.exprs >= kMaxProgramExprs ? kMaxProgramExprs : kMaxRuleExprs));
    }
  }
  if (full_) return {0, like.type, true, true, like.at};
  ++run_.exprs;
  expr.type = like.type;
  exprs_.push_back(std::move(expr));
  depths_.push_back(depth);
  Value value = like;
  value.expr = static_cast<ExprId>(exprs_.size() - 1);
  return value;
}

// Stands for a value that an error left unknown.
Value Formulas::open(const Node& node) {
  Expr expr;
  expr.at = node.at;
  return add(std::move(expr), {0, {}, true, true, node.at});
}

std::string Formulas::call_them(const Value& value) const {
  const auto family = [&] {
    return value.type.family == kNoBinding || around_.bindings == nullptr ? std::string("the set")
                                                                        : (*around_.bindings)[value.type.family].name;
  };
  switch (value.type.about) {
    case About::nothing: return "one value";
    case About::node: return fmt::format("a value for each node of {}", family());
    case About::channel: return fmt::format("a value for each channel of {}", family());
    case About::region_class: return "a value for each scale of the region";
  }
  return "";
}

// A value of an operator that nobody knows takes the kind that is wanted.
Value Formulas::expect_kind(Value value, Kind kind) {
  if (value.any_kind) {
    value.any_kind = value.any_about;  // what an error left open stays open
    value.type.kind = kind;
    if (!full_ && exprs_[value.expr].op == ExprOp::attribute) exprs_[value.expr].type.kind = kind;
  } else if (value.type.kind != kind) {
    error("wrong-kind", value.at, fmt::format("expected {}, this is {}", kind_name(kind), kind_name(value.type.kind)));
    value.type.kind = kind;
    value.any_kind = value.any_about = true;
  }
  return value;
}

Value Formulas::check_condition(tree::NodeId id, Scope& scope) {
  Value value = expect_kind(check(id, scope), Kind::condition);
  if (value.any_about || value.type.about == About::nothing) return value;
  const std::string text = quotable(run_.sources, node_of(id).at);
  if (value.type.about == About::region_class) {
    error("unreduced", value.at, "this condition has " + call_them(value).substr(2) + ", one is wanted",
          "compare with one number of the region: overall(max, x)");
  } else {
    const std::string& set = (*around_.bindings)[value.type.family].name;
    error("unreduced", value.at, fmt::format("this condition has {}, one is wanted", call_them(value)),
          fmt::format("{} is a set: write `all {}: {}`", set, set, text));
  }
  value.any_about = true;
  return value;
}

// Numbers spread; nodes meet their own channels; a value of the region is gathered where it meets nodes or channels.
Value Formulas::meet(const Value& a, const Value& b, Position mark) {
  Value out = a;
  out.any_kind = a.any_kind && b.any_kind;
  out.any_about = a.any_about || b.any_about;
  if (out.any_about || b.type.about == About::nothing) return out;
  const Type left = a.type;
  const Type right = b.type;
  const auto of_nodes = [](const Type& type) { return type.about == About::node || type.about == About::channel; };
  if (left.about == About::nothing) {
    out.type.about = right.about;
    out.type.family = right.family;
  } else if (of_nodes(left) && of_nodes(right)) {
    if (left.family != right.family) {
      const auto name = [&](const Type& type) { return (*around_.bindings)[type.family].name; };
      const bool parents_right = (*around_.bindings)[right.family].role == Role::parents;
      error("families-meet", mark,
            fmt::format("values of {} and of {} do not meet: they are different nodes", name(left), name(right)),
            fmt::format("across(max, ...) makes a value of the region from those of {}", name(parents_right ? left : right)));
      out.any_about = true;
    }
    if (right.about == About::channel) out.type.about = About::channel;
  } else if (left.about != right.about) {
    out.type.about = About::channel;
    out.type.family = of_nodes(left) ? left.family : right.family;
  }
  return out;
}

Value Formulas::check(tree::NodeId id, Scope& scope) {
  using Handler = Value (Formulas::*)(const Node&, Scope&);
  static constexpr std::array<Handler, 18> kHandlers = {
      &Formulas::check_number,        // number
      &Formulas::check_text,          // text
      &Formulas::check_name,          // name
      &Formulas::check_operator_name, // operator_name
      &Formulas::check_field,         // field
      &Formulas::check_call,          // call
      &Formulas::check_negate,        // negate
      &Formulas::check_not,           // not_
      &Formulas::check_arithmetic,    // sum
      &Formulas::check_arithmetic,    // product
      &Formulas::check_compare,       // compare
      &Formulas::check_like,          // like
      &Formulas::check_logic,         // and_
      &Formulas::check_logic,         // or_
      &Formulas::check_if,            // if_
      &Formulas::check_let,           // let_
      &Formulas::check_quantifier,    // all
      &Formulas::check_quantifier,    // any
  };
  const Node& node = node_of(id);
  if (full_) return {0, {}, true, true, node.at};
  if (level_ >= kMaxExprDepth) {
    full_ = true;
    run_.reporter.error("too-deep", calls_.empty() ? node.mark : calls_.front().call,
                        fmt::format("this formula is more than {} operations deep", kMaxExprDepth),
                        "give a part of it a name with `let`");
    return {0, {}, true, true, node.at};
  }
  ++level_;
  const auto form = std::min(static_cast<std::size_t>(node.form), kHandlers.size() - 1);  // `none` is as `any`
  const Value value = (this->*kHandlers[form])(node, scope);
  --level_;
  return value;
}

// ---- values by themselves ----

Value Formulas::check_number(const Node& node, Scope&) {
  Expr expr;
  expr.op = ExprOp::number;
  expr.at = node.at;
  expr.number = node.number;
  return add(std::move(expr), {0, {Kind::number, About::nothing, kNoBinding}, false, false, node.at});
}

Value Formulas::check_text(const Node& node, Scope&) {
  Expr expr;
  expr.op = ExprOp::text;
  expr.at = node.at;
  expr.text = node.word.text;
  return add(std::move(expr), {0, {Kind::text, About::nothing, kNoBinding}, false, false, node.at});
}

Value Formulas::check_operator_name(const Node& node, Scope&) {
  error("wrong-name", node.at, fmt::format("'{}' is an operator, not a value", node.word.text),
        "to ask for an operator: p.op == \"" + node.word.text + "\"");
  return open(node);
}

Value Formulas::check_name(const Node& node, Scope& scope) {
  Meaning* meaning = scope.use(node.word.text);
  if (meaning == nullptr) {
    if (around_.place == Surroundings::Place::guard) return own_word(node, node.word.text);
    return unknown_name(node, scope);
  }
  Expr expr;
  expr.at = node.at;
  const Value like = {0, meaning->type, meaning->any_kind, meaning->any_about, node.at};
  switch (meaning->sort) {
    case Meaning::Sort::open: return open(node);
    case Meaning::Sort::alias:
      expr = exprs_[meaning->index];
      expr.at = node.at;
      return add(std::move(expr), like);
    case Meaning::Sort::parameter: expr.op = ExprOp::parameter; break;
    case Meaning::Sort::local: expr.op = ExprOp::local; break;
    case Meaning::Sort::binding: {
      const Role role = (*around_.bindings)[meaning->index].role;
      const std::string_view is = (kSets & bit(role)) != 0 ? "a set of nodes" : role_name(role);
      error("wrong-name", node.at, fmt::format("'{}' is {}, not a value", node.word.text, is),
            fmt::format("a field of it is a value: {}.max", node.word.text));
      return open(node);
    }
  }
  expr.index = meaning->index;
  return add(std::move(expr), like);
}

Value Formulas::unknown_name(const Node& node, const Scope& scope) {
  const std::string& name = node.word.text;
  if (around_.place == Surroundings::Place::rule && calls_.empty() && around_.bound_later.contains(name)) {
    error("not-yet-known", node.at, fmt::format("'{}' is used before it is bound", name),
          fmt::format("it is bound in line {}", run_.sources.locate(around_.bound_later.at(name)).line));
    return open(node);
  }
  std::string hint = did_you_mean(name, scope.names());
  if (find_name(*names_, &FileNames::functions, name).entry != nullptr) {
    hint = fmt::format("a function is called: {}(...)", name);
  } else if (find_name(*names_, &FileNames::sets, name).entry != nullptr) {
    hint = fmt::format("a set of nodes is bound with `as`: parents {} as p", name);
  } else if (hint.empty() && around_.operators != nullptr) {
    const auto has_it = [&](const std::string& op) {
      const auto attributes = *run_.vocabulary.attributes(op);
      return std::any_of(attributes.begin(), attributes.end(), [&](auto& row) { return row.name == name; });
    };
    for (std::size_t i = 0; i < around_.operators->size() && hint.empty(); ++i) {
      const std::vector<std::string>& known = (*around_.operators)[i].known;
      if (known.empty() || !std::all_of(known.begin(), known.end(), has_it)) continue;
      hint = fmt::format("an attribute is written {}.{}", (*around_.bindings)[i].name, name);
    }
  }
  error("unknown-name", node.at, fmt::format("unknown name '{}'", name), std::move(hint));
  return open(node);
}

// ---- fields and attributes ----

Value Formulas::own_word(const Node& node, const std::string& name) {
  const auto own = std::find_if(std::begin(kOwnWords), std::end(kOwnWords), [&](auto& row) { return row.name == name; });
  if (own == std::end(kOwnWords)) return attribute(node, node.word, around_.own, kNoBinding);
  Expr expr;
  expr.op = ExprOp::attribute;
  expr.at = node.at;
  expr.text = name;
  expr.index = kOwnWord;
  return add(std::move(expr), {0, {own->kind, About::nothing, kNoBinding}, false, false, node.at});
}

Value Formulas::attribute(const Node& node, const tree::Word& word, const OperatorList& operators,
                          BindingIndex family) {
  std::optional<Kind> kind;
  for (const std::string& op : operators.known) {
    const auto rows = *run_.vocabulary.attributes(op);
    const auto row = std::find_if(rows.begin(), rows.end(), [&](auto& r) { return r.name == word.text; });
    if (row == rows.end()) {
      std::string hint = did_you_mean(word.text, words_of(rows));
      if (hint.empty() && family == kNoBinding) {
        hint = did_you_mean(word.text, words_of(kOwnWords));
      } else if (hint.empty()) {
        hint = did_you_mean(word.text, words_of(run_.vocabulary.fields));
      }
      if (hint.empty() && operators.known.size() > 1) hint = "ask only those that have it, in a guard of their own";
      error("unknown-name", word.at, fmt::format("{} has no attribute '{}'", op, word.text), std::move(hint));
      return open(node);
    }
    if (!row->kind || (kind && *kind != *row->kind)) {
      error("wrong-kind", word.at,
            row->kind ? fmt::format("'{}' is not {} of every operator here", word.text, kind_name(*kind))
                      : fmt::format("'{}' of {} is a list or tensor: formulas cannot read it", word.text, op));
      return open(node);
    }
    kind = row->kind;
  }
  Expr expr;
  expr.op = ExprOp::attribute;
  expr.at = node.at;
  expr.text = word.text;
  expr.family = family;
  const bool one_node =
      family == kNoBinding || (*around_.bindings)[family].role == Role::chain_node || around_.bindings == nullptr;
  const Type type = {kind.value_or(Kind::number), one_node ? About::nothing : About::node, one_node ? kNoBinding : family};
  return add(std::move(expr), {0, type, !kind.has_value(), false, node.at});
}

Value Formulas::check_field(const Node& node, Scope& scope) {
  const bool says_attribute = node.fields.size() == 2;
  if (says_attribute && node.fields[0].text != "attribute") {
    error("unknown-name", node.fields[1].at, "a value has no fields",
          fmt::format("an attribute is written {}.attribute.{}", node.word.text, node.fields[1].text));
    return open(node);
  }
  Meaning* meaning = scope.use(node.word.text);
  if (meaning == nullptr) {
    if (around_.place == Surroundings::Place::guard) {
      if (node.word.text == "attribute" && !says_attribute) {
        return attribute(node, node.fields[0], around_.own, kNoBinding);
      }
      error("wrong-name", node.word.at, "a guard speaks of one operator by itself",
            fmt::format("its attribute is written {}", node.fields.back().text));
      return open(node);
    }
    Node name = node;  // only for the message, which points at the name alone
    name.at = node.word.at;
    return unknown_name(name, scope);
  }
  if (meaning->sort == Meaning::Sort::open) return open(node);
  if (meaning->sort != Meaning::Sort::binding) {
    error("wrong-name", node.word.at, fmt::format("'{}' is a value: it has no fields", node.word.text));
    return open(node);
  }
  if (!says_attribute) return field_of(node, *meaning);
  if ((*around_.bindings)[meaning->index].role == Role::region) {
    error("wrong-name", node.fields[0].at, "a region has no attributes");
    return open(node);
  }
  return attribute(node, node.fields[1], (*around_.operators)[meaning->index], meaning->index);
}

Value Formulas::field_of(const Node& node, const Meaning& meaning) {
  const tree::Word& word = node.fields[0];
  const Role role = (*around_.bindings)[meaning.index].role;
  const auto& fields = run_.vocabulary.fields;
  // A name may have a row for some roles and another for others.
  const auto named = [&](const FieldWord& row) { return row.name == word.text; };
  const auto field = std::find_if(fields.begin(), fields.end(), [&](auto& r) { return named(r) && (r.roles & bit(role)); });
  if (field == fields.end()) {
    if (std::any_of(fields.begin(), fields.end(), named)) {
      error("wrong-name", word.at, fmt::format("'{}' is not known of {}", word.text, role_name(role)),
            role == Role::region ? "" : fmt::format("an attribute is {}.attribute.{}", node.word.text, word.text));
      return open(node);
    }
    if (role != Role::region) return attribute(node, word, (*around_.operators)[meaning.index], meaning.index);
    error("unknown-name", word.at, fmt::format("a region has no '{}'", word.text), did_you_mean(word.text, words_of(fields)));
    return open(node);
  }
  constexpr About kAbouts[] = {About::node, About::channel, About::region_class};
  Type type = {field->kind, kAbouts[static_cast<std::size_t>(field->about)], meaning.index};
  if (role == Role::chain_node) type.about = About::nothing;
  if (type.about == About::nothing || type.about == About::region_class) type.family = kNoBinding;
  Expr expr;
  expr.op = ExprOp::field;
  expr.at = node.at;
  expr.index = static_cast<std::uint32_t>(field - fields.begin());
  expr.family = meaning.index;
  return add(std::move(expr), {0, type, false, false, node.at});
}

// ---- operations ----

namespace {

Expr operation(ExprOp op, Position at, std::vector<ExprId> operands) {
  Expr expr;
  expr.op = op;
  expr.at = at;
  expr.operands = std::move(operands);
  return expr;
}

constexpr ExprOp kSignOps[] = {ExprOp::add,   ExprOp::subtract,   ExprOp::multiply, ExprOp::divide,  ExprOp::equal,
                               ExprOp::not_equal, ExprOp::less, ExprOp::less_equal, ExprOp::greater, ExprOp::greater_equal};

}  // namespace

Value Formulas::check_negate(const Node& node, Scope& scope) {
  Value value = expect_kind(check(node.operands[0], scope), Kind::number);
  value.at = node.at;
  return add(operation(ExprOp::negate, node.at, {value.expr}), value);
}

Value Formulas::check_not(const Node& node, Scope& scope) {
  Value value = expect_kind(check(node.operands[0], scope), Kind::condition);
  value.at = node.at;
  return add(operation(ExprOp::not_, node.at, {value.expr}), value);
}

// From left to right, as floating point has it.
Value Formulas::check_arithmetic(const Node& node, Scope& scope) {
  Value left = expect_kind(check(node.operands[0], scope), Kind::number);
  for (std::size_t i = 1; i < node.operands.size(); ++i) {
    const Value right = expect_kind(check(node.operands[i], scope), Kind::number);
    Value both = meet(left, right, i == 1 ? node.mark : right.at);
    both.at = span(node.at, node_of(node.operands[i]).at);
    left = add(operation(kSignOps[static_cast<std::size_t>(node.signs[i - 1])], node.at, {left.expr, right.expr}), both);
    if (full_) break;
  }
  left.at = node.at;
  return left;
}

Value Formulas::check_compare(const Node& node, Scope& scope) {
  Value left = check(node.operands[0], scope);
  Value right = check(node.operands[1], scope);
  const bool equality = node.signs[0] == tree::Sign::equal || node.signs[0] == tree::Sign::not_equal;
  if (!equality) {
    left = expect_kind(left, Kind::number);
    right = expect_kind(right, Kind::number);
  } else if (left.any_kind != right.any_kind) {
    left = expect_kind(left, right.any_kind ? left.type.kind : right.type.kind);
    right = expect_kind(right, left.type.kind);
  } else if (!left.any_kind && left.type.kind != right.type.kind) {
    error("wrong-kind", node.mark,
          fmt::format("{} is never equal to {}", kind_name(left.type.kind), kind_name(right.type.kind)));
    left.any_about = true;
  } else if (!left.any_kind && left.type.kind == Kind::condition) {
    error("wrong-kind", node.mark, "conditions are not compared", "write `a and b or not a and not b`");
  }
  Value value = meet(left, right, node.mark);
  value.type.kind = Kind::condition;
  value.any_kind = value.any_about;
  value.at = node.at;
  return add(operation(kSignOps[static_cast<std::size_t>(node.signs[0])], node.at, {left.expr, right.expr}), value);
}

Value Formulas::check_like(const Node& node, Scope& scope) {
  const Value text = expect_kind(check(node.operands[0], scope), Kind::text);
  const Value pattern = check(node.operands[1], scope);
  Value value = text;
  value.type.kind = Kind::condition;
  value.at = node.at;
  return add(operation(ExprOp::like, node.at, {text.expr, pattern.expr}), value);
}

// Long chains are halved again and again, so that they are not deep.
Value Formulas::check_logic(const Node& node, Scope& scope) {
  const ExprOp op = node.form == tree::Form::and_ ? ExprOp::and_ : ExprOp::or_;
  std::vector<Value> values;
  for (const tree::NodeId operand : node.operands) {
    values.push_back(expect_kind(check(operand, scope), Kind::condition));
  }
  while (values.size() > 1) {
    std::vector<Value> halved;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
      Value both = meet(values[i], values[i + 1], node.mark);
      both.at = node.at;
      halved.push_back(add(operation(op, node.at, {values[i].expr, values[i + 1].expr}), both));
    }
    if (values.size() % 2 == 1) halved.push_back(values.back());
    values = std::move(halved);
  }
  values[0].at = node.at;
  return values[0];
}

Value Formulas::check_if(const Node& node, Scope& scope) {
  const Value condition = expect_kind(check(node.operands[0], scope), Kind::condition);
  Value yes = check(node.operands[1], scope);
  Value no = check(node.operands[2], scope);
  if (!yes.any_kind) no = expect_kind(no, yes.type.kind);
  if (!no.any_kind) yes = expect_kind(yes, no.type.kind);
  const Value branches = meet(yes, no, node.mark);
  Value value = meet(branches, condition, node.mark);
  value.any_kind = branches.any_kind;
  value.at = node.at;
  return add(operation(ExprOp::if_, node.at, {condition.expr, yes.expr, no.expr}), value);
}

// A guard is asked for each operator of a network: it compares attributes, no more.
bool Formulas::refused_in_guard(const Node& node, std::string_view what) {
  if (around_.place != Surroundings::Place::guard) return false;
  error("misplaced", node.mark, fmt::format("a guard has no {}", what), "it compares attributes of one operator");
  return true;
}

Value Formulas::check_let(const Node& node, Scope& scope) {
  if (refused_in_guard(node, "`let`")) return open(node);
  const Value value = check(node.operands[0], scope);
  const std::string& name = node.word.text;
  Meaning meaning{Meaning::Sort::local, slots_, value.type, value.any_kind, value.any_about, node.word.at, false};
  if (around_.place == Surroundings::Place::function && calls_.empty() && value.any_about) meaning.sort = Meaning::Sort::open;
  if (const Meaning* taken = scope.find(name)) {
    error("duplicate-name", node.word.at, fmt::format("'{}' is taken", name),
          fmt::format("it is bound in line {}: choose another name", run_.sources.locate(taken->at).line));
    return open(node);
  }
  const std::uint32_t slot = slots_++;
  scope.add(name, meaning);
  Value body = check(node.operands[1], scope);
  if (!scope.find(name)->used && calls_.empty() && !body.any_about) {
    run_.reporter.warning("unused", node.word.at, fmt::format("'{}' is never used", name));
  }
  scope.remove(name);
  Expr expr = operation(ExprOp::let_, node.at, {value.expr, body.expr});
  expr.index = slot;
  body.at = node.at;
  return add(std::move(expr), body);
}

Value Formulas::check_quantifier(const Node& node, Scope& scope) {
  if (refused_in_guard(node, "sets")) return open(node);
  constexpr ExprOp kOps[] = {ExprOp::all, ExprOp::any, ExprOp::none};
  const Meaning* set = scope.use(node.word.text);
  if (set == nullptr) {
    Node name = node;
    name.at = node.word.at;
    unknown_name(name, scope);
  } else if (set->sort != Meaning::Sort::open &&
             (set->sort != Meaning::Sort::binding || (kSets & bit((*around_.bindings)[set->index].role)) == 0)) {
    error("wrong-name", node.word.at, fmt::format("'{}' is no set of nodes", node.word.text));
    set = nullptr;
  }
  const Value condition = expect_kind(check(node.operands[0], scope), Kind::condition);
  Value value = {0, {Kind::condition, About::nothing, kNoBinding}, false, false, node.at};
  if (set == nullptr || set->sort == Meaning::Sort::open || condition.any_about) {
    return add(operation(ExprOp::number, node.at, {}), value);
  }
  const Type about = condition.type;
  if (about.about == About::nothing || (about.about != About::region_class && about.family != set->index)) {
    error("families-meet", condition.at, fmt::format("this condition says nothing of {}", node.word.text),
          fmt::format("ask for a field of {0}: {0}.name", node.word.text));
  } else if (about.about == About::region_class) {
    error("families-meet", condition.at, fmt::format("this condition is of the region, not of {}", node.word.text),
          "compare with one number of the region: overall(max, x)");
  }
  Expr expr = operation(kOps[static_cast<std::size_t>(node.form) - static_cast<std::size_t>(tree::Form::all)], node.at,
                        {condition.expr});
  expr.family = set->index;
  return add(std::move(expr), value);
}

// ---- calls ----

const Meaning* Formulas::check_binding(tree::NodeId id, Scope& scope, unsigned roles, std::string_view wanted) {
  const Node& node = node_of(id);
  const auto refuse = [&](std::string_view why) {
    error("wrong-name", node.at, fmt::format("expected {}, {}", wanted, why));
    return nullptr;
  };
  if (node.form != tree::Form::name) return refuse("this is a formula");
  const Meaning* meaning = scope.use(node.word.text);
  if (meaning == nullptr) {
    unknown_name(node, scope);
    return nullptr;
  }
  if (meaning->sort == Meaning::Sort::open) return meaning;
  if (meaning->sort != Meaning::Sort::binding) return refuse(fmt::format("'{}' is a value", node.word.text));
  const Role role = (*around_.bindings)[meaning->index].role;
  if ((roles & bit(role)) == 0) return refuse(fmt::format("'{}' is {}", node.word.text, role_name(role)));
  return meaning;
}

bool Formulas::right_count(const Node& node, std::size_t wanted) {
  const std::size_t given = node.operands.size();
  if (given == wanted) return true;
  const std::string& name = node.word.text;
  const auto confused = std::find_if(std::begin(kConfused), std::end(kConfused), [&](auto& row) { return row.name == name; });
  if (confused != std::end(kConfused) && given == 1) {
    error("wrong-count", node.word.at, std::string(confused->message));
  } else {
    error("wrong-count", node.word.at, fmt::format("{} takes {} argument{}, not {}", name, wanted, wanted == 1 ? "" : "s", given));
  }
  return false;
}

// Of a call that is wrong already: for the mistakes in its arguments. Names of sets are fine wherever they stand.
void Formulas::check_arguments(const Node& node, Scope& scope) {
  for (const tree::NodeId argument : node.operands) {
    const Node& value = node_of(argument);
    if (value.form == tree::Form::name && scope.use(value.word.text) != nullptr) continue;
    check(argument, scope);
  }
}

Value Formulas::check_call(const Node& node, Scope& scope) {
  using Handler = Value (Formulas::*)(const Node&, std::uint32_t, Scope&);
  static constexpr std::array<Handler, 6> kHandlers = {
      &Formulas::call_numeric,  // numeric
      &Formulas::call_per_node, // per_node
      &Formulas::call_collect,  // collect_classes
      &Formulas::call_collect,  // collect_all
      &Formulas::call_count,    // count
      &Formulas::call_data,     // data
  };
  if (refused_in_guard(node, "functions")) return open(node);
  const auto& functions = run_.vocabulary.functions;
  const auto row = std::find_if(functions.begin(), functions.end(), [&](auto& r) { return r.name == node.word.text; });
  if (row != functions.end()) {
    if (!right_count(node, static_cast<std::size_t>(row->arity))) {
      check_arguments(node, scope);
      return open(node);
    }
    return (this->*kHandlers[static_cast<std::size_t>(row->form)])(
        node, static_cast<std::uint32_t>(row - functions.begin()), scope);
  }
  const Found<FunctionEntry> found = find_name(*names_, &FileNames::functions, node.word.text);
  if (found.second != nullptr) {
    error("duplicate-name", node.word.at, fmt::format("two files that are used declare '{}'", node.word.text),
          fmt::format("{} and {}", run_.sources.name_and_line(found.entry->at), run_.sources.name_and_line(found.second->at)));
    return open(node);
  }
  if (found.entry == nullptr) return unknown_function(node, scope);
  return call_user(node, *found.entry, scope);
}

Value Formulas::unknown_function(const Node& node, Scope& scope) {
  const std::string& name = node.word.text;
  const auto later = names_->later_functions.find(name);
  const auto& actions = run_.vocabulary.actions;
  if (later != names_->later_functions.end()) {
    const bool itself = later->second.offset <= node.at.offset && !names_->functions.contains(name) &&
                        around_.place == Surroundings::Place::function;
    error("not-yet-known", node.word.at,
          itself ? fmt::format("'{}' cannot call itself", name) : fmt::format("function '{}' is used before it is declared", name),
          itself ? "" : fmt::format("move it up from line {}", run_.sources.locate(later->second).line));
  } else if (std::any_of(actions.begin(), actions.end(), [&](auto& row) { return row.name == name; })) {
    error("wrong-name", node.word.at, fmt::format("'{}' is an action, not a function", name),
          fmt::format("write `do {}(...)`", name));
  } else if (scope.find(name) != nullptr) {
    error("wrong-name", node.word.at, fmt::format("'{}' is not a function", name), "to multiply write *");
  } else {
    std::vector<std::string_view> candidates = visible_names(*names_, &FileNames::functions);
    for (const FunctionWord& row : run_.vocabulary.functions) candidates.push_back(row.name);
    error("unknown-name", node.word.at, fmt::format("unknown function '{}'", name), did_you_mean(name, candidates));
  }
  check_arguments(node, scope);
  return open(node);
}

Value Formulas::call_numeric(const Node& node, std::uint32_t function, Scope& scope) {
  std::vector<ExprId> operands;
  Value value;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const Value argument = expect_kind(check(node.operands[i], scope), Kind::number);
    value = i == 0 ? argument : meet(value, argument, node.word.at);
    operands.push_back(argument.expr);
  }
  value.at = node.at;
  Expr expr = operation(ExprOp::call, node.at, std::move(operands));
  expr.index = function;
  return add(std::move(expr), value);
}

Value Formulas::call_per_node(const Node& node, std::uint32_t function, Scope& scope) {
  Value value = expect_kind(check(node.operands[0], scope), Kind::number);
  if (!value.any_about && value.type.about != About::channel) {
    const bool of_region = value.type.about == About::region_class;
    error("nothing-to-collect", value.at,
          fmt::format("{} is over the channels of each node, this is {}", node.word.text, call_them(value)),
          of_region ? "overall(max, x) is over the whole region" : "");
    value.any_about = true;
  }
  Expr expr = operation(ExprOp::call, node.at, {value.expr});
  expr.index = function;
  expr.family = value.type.family;
  value.type.about = About::node;
  value.at = node.at;
  return add(std::move(expr), value);
}

Value Formulas::call_collect(const Node& node, std::uint32_t function, Scope& scope) {
  const auto& reductions = run_.vocabulary.reductions;
  const Node& by = node_of(node.operands[0]);
  const auto reduction = std::find(reductions.begin(), reductions.end(), std::string_view(by.word.text));
  const bool of_classes = run_.vocabulary.functions[function].form == FunctionForm::collect_classes;
  if (by.form != tree::Form::name || reduction == reductions.end()) {
    const std::vector<std::string_view> names(reductions.begin(), reductions.end());
    std::string hint = by.form == tree::Form::name ? did_you_mean(by.word.text, names) : "";
    if (hint.empty()) hint = fmt::format("write {}({}, x)", node.word.text, names.empty() ? "" : names.front());
    error("unknown-name", by.at, fmt::format("{} takes the way to collect first", node.word.text), std::move(hint));
    check(node.operands[1], scope);
    return open(node);
  }
  const Value argument = expect_kind(check(node.operands[1], scope), Kind::number);
  const About about = argument.type.about;
  if (!argument.any_about && (about == About::nothing || (of_classes && about == About::region_class))) {
    error("nothing-to-collect", argument.at,
          fmt::format("{} collects the values of nodes or channels, this is {}", node.word.text, call_them(argument)));
  }
  Expr expr = operation(ExprOp::call, node.at, {argument.expr});
  expr.index = function;
  expr.reduction = static_cast<std::uint32_t>(reduction - reductions.begin());
  expr.family = argument.type.family;
  const Type type = {Kind::number, of_classes ? About::region_class : About::nothing, kNoBinding};
  return add(std::move(expr), {0, type, false, false, node.at});
}

Value Formulas::call_count(const Node& node, std::uint32_t function, Scope& scope) {
  const Meaning* set = check_binding(node.operands[0], scope, kSets, "a set of nodes");
  Expr expr = operation(ExprOp::call, node.at, {});
  expr.index = function;
  if (set != nullptr) expr.family = set->index;
  return add(std::move(expr), {0, {Kind::number, About::nothing, kNoBinding}, false, false, node.at});
}

Value Formulas::call_data(const Node& node, std::uint32_t function, Scope& scope) {
  const Meaning* set =
      check_binding(node.operands[0], scope, bit(Role::parents) | bit(Role::region), "parents or the region");
  Expr expr = operation(ExprOp::call, node.at, {});
  expr.index = function;
  if (set != nullptr) expr.family = set->index;
  return add(std::move(expr), {0, {Kind::condition, About::nothing, kNoBinding}, false, false, node.at});
}

// What a parameter stands for while the function is written out. A set stays a set; a value that is more than a name is
// worked out once, in a let slot.
Meaning Formulas::argument_meaning(tree::NodeId id, Scope& scope, std::vector<std::pair<std::uint32_t, ExprId>>& lets) {
  const Node& node = node_of(id);
  if (node.form == tree::Form::name) {
    if (const Meaning* meaning = scope.use(node.word.text)) {
      if (meaning->sort == Meaning::Sort::binding || meaning->sort == Meaning::Sort::open) return *meaning;
    }
  }
  const Value value = check(id, scope);
  Meaning meaning{Meaning::Sort::alias, value.expr, value.type, value.any_kind, value.any_about, node.at, false};
  if (full_ || (value.any_kind && value.any_about)) {
    meaning.sort = Meaning::Sort::open;
    return meaning;
  }
  const ExprOp op = exprs_[value.expr].op;
  if (op != ExprOp::number && op != ExprOp::text && op != ExprOp::parameter && op != ExprOp::local) {
    meaning.sort = Meaning::Sort::local;
    meaning.index = slots_++;
    lets.emplace_back(meaning.index, value.expr);
  }
  return meaning;
}

Value Formulas::call_user(const Node& node, const FunctionEntry& entry, Scope& scope) {
  if (entry.function != nullptr && !right_count(node, entry.function->params.size())) {
    check_arguments(node, scope);
    return open(node);
  }
  std::vector<std::pair<std::uint32_t, ExprId>> lets;
  Scope inner;
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    Meaning meaning = argument_meaning(node.operands[i], scope, lets);
    if (entry.function != nullptr) inner.add(entry.function->params[i].text, std::move(meaning));
  }
  // By itself a function was checked where it is declared; what it makes of open parameters is open.
  if (entry.broken || entry.function == nullptr || around_.place == Surroundings::Place::function) return open(node);

  const FileNames* outside = names_;
  calls_.push_back({node.word.at, node.word.text, entry.at});
  names_ = entry.home;
  Value value = check(entry.function->body, inner);
  names_ = outside;
  calls_.pop_back();

  for (std::size_t i = lets.size(); i-- > 0;) {
    Expr let = operation(ExprOp::let_, node.at, {lets[i].second, value.expr});
    let.index = lets[i].first;
    value = add(std::move(let), value);
  }
  value.at = node.at;
  return value;
}

}  // namespace rw::dsl
