// What a checked rule with a match looks like: names, operators, operands, settings, formulas, and what takes its
// place.
#include <fmt/core.h>

#include "dsl/program/program.hpp"
#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

// Names of dsl stay in here: other files of this room have those of its tree.
namespace pattern_text {
namespace {

using namespace dsl;

// A pattern as text: names as name/sort, calls and lines written out, formulas as (op operands).
class Writer {
 public:
  explicit Writer(const Rule& rule) : rule_(rule), pattern_(*rule.pattern) {}

  std::string write() const {
    std::string out;
    for (const MatchLine& line : pattern_.lines)
      out += fmt::format("{} = {}\n", outputs(line.outputs), alternatives(line.alternatives));
    for (const PatternStep& step : pattern_.steps) {
      constexpr std::string_view kForms[] = {"let", "where", "needs"};
      out += fmt::format("{} {}{}{}\n", kForms[static_cast<std::size_t>(step.form)],
                         step.name == kNoName ? "" : name(step.name) + " ", expr(step.expr),
                         step.reason.empty() ? "" : " else " + step.reason);
    }
    for (const ReplaceLine& line : pattern_.replaced)
      out += fmt::format("{} := {}\n", outputs(line.outputs), line.call == kNoCall ? expr(line.expr) : made(line.call));
    return out;
  }

 private:
  std::string name(NameId id) const {
    if (id == kNoName) return "?";
    constexpr std::string_view kSorts[] = {"t", "c", "r", "s", "l", "o"};
    const PatternName& each = pattern_.names[id];
    return fmt::format("{}/{}{}", each.name, kSorts[static_cast<std::size_t>(each.sort)], each.is_operator ? "o" : "");
  }

  std::string outputs(const std::vector<Output>& all) const {
    std::string out;
    for (const Output& each : all)
      out += (out.empty() ? "" : ", ") + (each.form == Output::Form::anything ? "_" : name(each.name)) +
             (each.form == Output::Form::rest ? "..." : "");
    return out;
  }

  static std::string otherwise(const std::optional<Default>& value) {
    if (!value) return "";
    return value->none ? "|none" : fmt::format("|{}", value->number);
  }

  std::string alternatives(const std::vector<Alternative>& all) const {
    std::string out;
    for (const Alternative& each : all)
      out += (out.empty() ? "" : " or ") + (each.call == kNoCall ? name(each.tensor) : call(each.call));
    return out;
  }

  std::string call(CallId id) const {
    const Call& each = pattern_.calls[id];
    std::string out = each.by_law ? "law " : "";
    for (const Term& term : each.terms)
      out += (out.empty() || out.back() == ' ' ? "" : "|") +
             (term.law == kNoLaw ? term.op : std::string(small_vocabulary().laws[term.law].name));
    out += "(";
    for (const Operand& one : each.operands) {
      if (one.form == Operand::Form::made)
        for (const Alternative& inner : one.alternatives) CHECK((inner.call == kNoCall || inner.call > id));
      out += (out.back() == '(' ? "" : ", ") + operand(one);
    }
    out += ")";
    for (const Setting& one : each.settings) out += setting(one);
    return out + (each.op == kNoName ? "" : " as " + name(each.op));
  }

  std::string operand(const Operand& one) const {
    switch (one.form) {
      case Operand::Form::tensor:
        return name(one.name) + otherwise(one.otherwise);
      case Operand::Form::constant:
        return "constant " + name(one.name) + otherwise(one.otherwise);
      case Operand::Form::number:
        return fmt::format("{}", one.number);
      case Operand::Form::absent:
        return "none";
      case Operand::Form::anything:
        return "_";
      case Operand::Form::rest:
        return one.name == kNoName ? "..." : name(one.name) + "...";
      case Operand::Form::made:
        break;
    }
    return alternatives(one.alternatives);
  }

  std::string setting(const Setting& one) const {
    const std::string value = one.form == Setting::Form::bind    ? name(one.name)
                              : one.form == Setting::Form::value ? expr(one.expr)
                                                                 : "_";
    return fmt::format(" {} {}{}", one.setting, value, otherwise(one.otherwise));
  }

  std::string made(std::uint32_t id) const {
    const MadeCall& each = pattern_.made[id];
    std::string out = (each.op.empty() ? "again " + name(each.again) : each.op) + "(";
    for (const Argument& one : each.arguments) {
      constexpr std::string_view kAbsent = "none";
      out += out.back() == '(' ? "" : ", ";
      out += one.form == Argument::Form::absent ? std::string(kAbsent)
             : one.form == Argument::Form::rest ? name(one.name) + "..."
             : one.form == Argument::Form::made ? made(one.call)
                                                : expr(one.expr);
    }
    out += ")";
    if (each.like != kNoName) out += " like " + name(each.like);
    for (const Given& one : each.settings) out += fmt::format(" {} {}", one.setting, expr(one.expr));
    return out;
  }

  std::string expr(PatternExprId id) const {
    if (id == kNoExpr) return "-";
    static const std::vector<std::string> words = {
        "",  "",   "",   "",  "field", "call", "list", "...",  "[]",  "[:]", "neg", "not", "+",   "-",   "*",
        "/", "==", "!=", "<", "<=",    ">",    ">=",   "like", "and", "or",  "if",  "let", "all", "any", "none"};
    const PatternExpr& each = pattern_.exprs[id];
    for (const PatternExprId operand : each.operands) CHECK((operand == kNoExpr || operand < id));
    if (each.op == PatternOp::number) return fmt::format("{}", each.number);
    if (each.op == PatternOp::text) return '"' + each.text + '"';
    if (each.op == PatternOp::parameter) return "$" + rule_.params[each.index].name;
    if (each.op == PatternOp::name) return name(each.index);
    if (each.op == PatternOp::field) return expr(each.operands[0]) + "." + each.text;
    std::string out = "(" + (each.op == PatternOp::call ? each.text : words[static_cast<std::size_t>(each.op)]);
    if (each.op == PatternOp::let_) out += " " + name(each.index);
    for (const PatternExprId operand : each.operands) out += " " + expr(operand);
    return out + ")";
  }

  const Rule& rule_;
  const Pattern& pattern_;
};

std::string checked(std::string_view text) {
  const Loaded loaded = load_text(text);
  CHECK(draw_all(loaded) == "");
  REQUIRE(loaded.program.rules.size() == 1);
  const Rule& rule = loaded.program.rules[0];
  REQUIRE(rule.pattern);
  CHECK_FALSE(rule.region);
  CHECK(rule.steps.empty());
  CHECK(rule.exprs.empty());
  return Writer(rule).write();
}

}  // namespace
}  // namespace pattern_text

using pattern_text::checked;

TEST_CASE("a match by a law, constants with a default, and the operator once more") {
  CHECK(checked(R"(rule fold_batch_normalization {
  match {
    y = law linear(x, constant w, constant c or 0)
    z = BatchNormalization(y, constant gain, constant shift, constant mean, constant variance) epsilon e
  }
  let f = gain / sqrt(variance + e)
  where has(c) else "no bias"
  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }
})") == R"(y/to = law linear(x/t, constant w/c, constant c/c|0) as y/to
z/to = BatchNormalization(y/to, constant gain/c, constant shift/c, constant mean/c, constant variance/c) epsilon e/s as z/to
let f/l (/ gain/c (sqrt (+ variance/c e/s)))
where (has c/c) else no bias
z/to := again y/to(x/t, (* w/c (per_output y/to f/l)), (+ (* (- c/c mean/c) f/l) shift/c))
)");
}

TEST_CASE("operators within operators, alternatives, numbers, and tensors among the alternatives") {
  CHECK(checked(R"(rule hard_swish {
  match {
    y = Div(Mul(x, Clip(Add(x, 3)) min 0 max 6), 6)
     or Mul(Mul(x, Clip(Add(x, (1 + 2))) min 0 max 6), 0.16666667)
    x = Cast(u) or u
  }
  replace { x = Relu(u) y = HardSwish(x) }
})")
            .find("x/to = Cast(u/t) as x/to or u/t\n") != std::string::npos);
  CHECK(checked(R"(rule r {
  match   { y = Div(Mul(x, Clip(Add(x, -3)) min 0), Relu(u) or x or Mul(u, (1 / 4))) or x }
  replace { y = HardSwish(x) }
})") == R"(y/to = Div(Mul(x/t, Clip(Add(x/t, -3)) min 0), Relu(u/t) or x/t or Mul(u/t, 0.25)) as y/to or x/t
y/to := HardSwish(x/t)
)");
}

TEST_CASE("settings bind a name, compare, or are anything; lists are chosen from, cut and put together") {
  CHECK(checked(R"(rule r(n = 2) {
  match {
    u = Transpose(x) perm p
    y, _, parts... = Split(Transpose(u) perm q) axis 1 as split
    v = Clip(y, none, _, constant hi or inf, ...) min m or none max _
  }
  where p[q] == [0, p[1:]..., n] and all(p[:-1] != q[0]) and none(x.shape == 1) and x.dtype == "float16"
  needs (let k = length(p) in product(p) == k) and split.axis == u.rank and length(parts) == 2 and split.op like "S*"
  where m > 0 or known(hi)
  replace {
    w = Pad(Clip(x, max(hi, 1), none) like v, [1, 2]) pads p mode "edge"
    v = if m > 1 then hi else 2
    y, _, parts... = split(w)
  }
})") == R"(u/to = Transpose(x/t) perm p/s as u/to
y/t, _, parts/r... = Split(Transpose(u/to) perm q/s) axis 1 as split/o
v/to = Clip(y/t, none, _, constant hi/c|inf, ...) min m/s|none max _ as v/to
where (and (and (== ([] p/s q/s) (list 0 (... ([:] p/s 1 -)) $n)) (all (!= ([:] p/s - (neg 1)) ([] q/s 0)))) (and (none (== x/t.shape 1)) (== x/t.dtype "float16")))
needs (and (and (let k/l (length p/s) (== (product p/s) k/l)) (== split/o.axis u/to.rank)) (and (== (length parts/r) 2) (like split/o.op "S*")))
where (or (> m/s 0) (known hi/c))
w/t := Pad(Clip(x/t, (max hi/c 1), none) like v/to, (list 1 2)) pads p/s mode "edge"
v/to := (if (> m/s 1) hi/c 2)
y/t, _, parts/r... := again split/o(w/t)
)");
}

TEST_CASE("functions of the language are written out where they are called") {
  CHECK(checked(R"(function last(l, n) = l[n - 1]
function rank_of(t) = t.rank
rule r {
  match   { y = Transpose(x) perm p }
  where last(p, rank_of(x)) == 0 and last(p[1:], 2) == 1 and [x.shape[1:]..., y.shape...] == p
  replace { y = x }
})")
            .find("(== (let n/l x/t.rank ([] p/s (- n/l 1))) 0)") != std::string::npos);
}

TEST_CASE("a set is written out, and an alternative name is bound where each of them binds it") {
  CHECK(checked(R"(set act = Relu, Clip
rule r {
  match   { y = act(Conv(x, constant w) group g) or Add(Conv(x, constant w) group g, 0) }
  where g == 1 and all(w > 0) and y.rank == 4
  replace { y = x }
  approximate "roughly"
})")
            .find("y/to = Relu|Clip(Conv(x/t, constant w/c) group g/s) as y/to") == 0);
}

TEST_CASE("words of matches are names elsewhere") {
  CHECK(mistakes("rule match { region replace { parents Conv as constant children Conv as inf } "
                 "let becomes = 1 where becomes == 1 do scale(constant, becomes) }\n"
                 "rule chain { region chain { parents Conv as p children Conv } do scale(p, 2) }\n") == "");
  CHECK(mistakes(
            "rule c { match { match = Relu(replace) constant = Clip(match) } replace { constant = Relu(replace) } }\n")
            .empty());
}

TEST_CASE("a test says types, values and what becomes of the network") {
  using namespace dsl;
  const Loaded loaded = load_text(R"(rule r {
  match   { y = Relu(x) }
  replace { y = x }
}
test r "t" {
  input x [0, 2] float16
  input i [2] int64 values [1, -2]
  y = Conv(x, values [1, 2] float16 shape [2, 1], integers [1] int32, weight [0])
  float16 = Relu(y)
  output float16
  expect becomes {
    float16, _ = Split(Relu(t) axis -1, 0.5, [1, -2], none, constant) axis 1.5 mode "a"
    t = Conv(y) pads [1, 1]
  }
  expect operators Conv, Relu
  expect operators none
})");
  CHECK(draw_all(loaded) ==
        "mine.dsl:12:32: error: Relu has no attribute 'axis' [unknown-name]\n"
        "  12 |     float16, _ = Split(Relu(t) axis -1, 0.5, [1, -2], none, constant) axis 1.5 mode \"a\"\n"
        "     |                                ^^^^ there are none\n" +
            std::string("mine.dsl:12:80: error: Split has no attribute 'mode' [unknown-name]\n"
                        "  12 |     float16, _ = Split(Relu(t) axis -1, 0.5, [1, -2], none, constant) axis 1.5 mode "
                        "\"a\"\n"
                        "     |                                                                                ^^^^ "
                        "there are: axis\n"));
  REQUIRE(loaded.program.tests.size() == 1);
  const RuleTest& test = loaded.program.tests[0];
  CHECK(test.inputs[0].type == "float16");
  CHECK(test.inputs[0].shape == TestShape{0, 2});
  CHECK(test.inputs[1].values == std::vector<double>{1, -2});
  CHECK(test.constants[0].type == "float16");
  CHECK(test.constants[1].type == "int32");
  REQUIRE(test.expectations.size() == 3);
  const auto& becomes = test.expectations[0].becomes;
  REQUIRE(becomes.size() == 3);
  CHECK(becomes[0].outputs == std::vector<std::string>{"float16", ""});
  CHECK(becomes[0].operands[0].line == 1);
  CHECK(becomes[0].operands[1].number == 0.5);
  CHECK(becomes[0].operands[2].list == std::vector<double>{1, -2});
  CHECK(becomes[0].operands[3].form == WantedOperand::Form::absent);
  CHECK(becomes[0].operands[4].form == WantedOperand::Form::constant);
  CHECK(becomes[1].operands[0].name == "t");
  CHECK(test.expectations[1].operators == std::vector<std::string>{"Conv", "Relu"});
  CHECK(test.expectations[2].operators.empty());
}

}  // namespace rw::test
