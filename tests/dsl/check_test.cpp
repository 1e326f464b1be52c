// What checked rules look like, and which formulas fit.
#include <fmt/core.h>
#include <algorithm>

#include "dsl/program/program.hpp"
#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

namespace {

using dsl::About, dsl::ExprOp, dsl::Kind;

// An expression with its functions written out: (op operands...), names by their place: $param, %slot, binding.field.
std::string written(const dsl::Rule& rule, dsl::ExprId id) {
  static const std::map<ExprOp, std::string> names = {
      {ExprOp::negate, "-"},     {ExprOp::not_, "not"},      {ExprOp::add, "+"},     {ExprOp::subtract, "-"},
      {ExprOp::multiply, "*"},   {ExprOp::divide, "/"},      {ExprOp::equal, "=="},  {ExprOp::less, "<"},
      {ExprOp::not_equal, "!="}, {ExprOp::less_equal, "<="}, {ExprOp::greater, ">"}, {ExprOp::greater_equal, ">="},
      {ExprOp::like, "like"},    {ExprOp::and_, "and"},      {ExprOp::or_, "or"},    {ExprOp::if_, "if"},
      {ExprOp::let_, "let"},     {ExprOp::all, "all"},       {ExprOp::any, "any"},   {ExprOp::none, "none"}};
  const dsl::Expr& expr = rule.exprs[id];
  const auto binding = [&] { return rule.bindings[expr.family].name; };
  std::string out;
  switch (expr.op) {
    case ExprOp::number:
      return fmt::format("{}", expr.number);
    case ExprOp::text:
      return '"' + expr.text + '"';
    case ExprOp::parameter:
      return "$" + rule.params[expr.index].name;
    case ExprOp::local:
      return fmt::format("%{}", expr.index);
    case ExprOp::field:
      return binding() + "." + std::string(small_vocabulary().fields[expr.index].name);
    case ExprOp::attribute:
      return binding() + ".attribute." + expr.text;
    case ExprOp::call: {
      const dsl::FunctionWord& function = small_vocabulary().functions[expr.index];
      out = std::string(function.name);
      const bool reduces =
          function.form == dsl::FunctionForm::collect_classes || function.form == dsl::FunctionForm::collect_all;
      if (reduces) out += "-" + std::string(small_vocabulary().reductions[expr.reduction]);
      if (expr.operands.empty()) out += " " + binding();
      break;
    }
    case ExprOp::let_:
      out = fmt::format("let %{}", expr.index);
      break;
    case ExprOp::all:
    case ExprOp::any:
    case ExprOp::none:
      out = names.at(expr.op) + " " + binding();
      break;
    default:
      out = names.at(expr.op);
  }
  for (const dsl::ExprId operand : expr.operands) {
    CHECK(operand < id);  // operands come first
    out += " " + written(rule, operand);
  }
  return "(" + out + ")";
}

struct Checked {
  std::string formula;
  dsl::Type type;
  std::string said;
};

// The formula of `let x = FORMULA` in a rule with p, c, k, r, lo and hi.
Checked check_let(const std::string& formula, const std::string& before = "") {
  const dsl::Loaded loaded = load_text(before + in_rule("  let x = " + formula));
  std::string said;
  for (const dsl::Diagnostic& d : loaded.diagnostics) {
    if (d.code != "unused") said += std::string(d.code) + ": " + d.message + "\n";
  }
  if (loaded.program.rules.empty()) return {"", {}, said};
  const dsl::Rule& rule = loaded.program.rules.front();
  const dsl::ExprId id = rule.steps.back().expr;
  return {written(rule, id), rule.exprs[id].type, said};
}

std::string type_of(const std::string& formula) {
  const Checked checked = check_let(formula);
  if (!checked.said.empty()) return checked.said.substr(0, checked.said.find(':'));
  static const std::map<Kind, std::string> kinds = {
      {Kind::number, "number"}, {Kind::condition, "condition"}, {Kind::text, "text"}};
  static const std::map<About, std::string> abouts = {{About::nothing, ""},
                                                      {About::node, " a node"},
                                                      {About::channel, " a channel"},
                                                      {About::region_class, " a class"}};
  const std::string family = checked.type.family == dsl::kNoBinding ? "" : fmt::format(" of {}", checked.type.family);
  return kinds.at(checked.type.kind) + abouts.at(checked.type.about) + family;
}

}  // namespace

TEST_CASE("what a value is about follows from what it is made of") {
  // Bindings in their order: r is 0, p 1, k 2, c 3.
  const std::vector<std::pair<std::string, std::string>> types = {
      {"1 + lo", "number"},
      {"\"a\"", "text"},
      {"p.max", "number a channel of 1"},
      {"p.channels", "number a node of 1"},
      {"p.name", "text a node of 1"},
      {"c.weight", "number a channel of 3"},
      {"c.group", "number a node of 3"},
      {"k.name like \"a*\"", "condition a node of 2"},
      {"r.max", "number a class"},
      {"p.max * 2", "number a channel of 1"},
      {"p.max / p.channels", "number a channel of 1"},
      {"p.channels - p.max", "number a channel of 1"},
      {"r.max - p.max", "number a channel of 1"},
      {"r.max - p.channels", "number a channel of 1"},
      {"r.max + r.min", "number a class"},
      {"-p.max < lo", "condition a channel of 1"},
      {"largest(p.max)", "number a node of 1"},
      {"mean(p.max / largest(p.max))", "number a node of 1"},
      {"across(max, c.weight)", "number a class"},
      {"across(min, p.channels)", "number a class"},
      {"across(max, c.weight) * p.max", "number a channel of 1"},
      {"overall(max, p.max)", "number"},
      {"overall(mean, r.max)", "number"},
      {"max(p.max, lo)", "number a channel of 1"},
      {"clamp(p.max, p.channels, hi)", "number a channel of 1"},
      {"count(k)", "number"},
      {"stats(p) and stats(r)", "condition"},
      {"all p: p.channels > 1", "condition"},
      {"any c: c.weight > 0 and c.group == 1", "condition"},
      {"if p.channels > 2 then p.max else 1", "number a channel of 1"},
      {"if lo > 2 then \"a\" else p.name", "text a node of 1"},
      {"let y = p.max in y * y", "number a channel of 1"},
      {"p.name == \"a\"", "condition a node of 1"},
      {"range(p)", "number a channel of 1"},
      // what does not fit
      {"p.max + c.weight", "families-meet"},
      {"max(p.max, c.weight)", "families-meet"},
      {"if c.group == 1 then p.max else 1", "families-meet"},
      {"across(max, 1)", "nothing-to-collect"},
      {"across(max, r.max)", "nothing-to-collect"},
      {"overall(max, lo)", "nothing-to-collect"},
      {"largest(p.channels)", "nothing-to-collect"},
      {"largest(1)", "nothing-to-collect"},
      {"all p: c.group == 1", "families-meet"},
      {"all p: lo > 1", "families-meet"},
      {"all r: r.max > 1", "wrong-name"},
      {"all q: q.max > 1", "unknown-name"},
      {"p.name + 1", "wrong-kind"},
      {"not 1", "wrong-kind"},
      {"1 == \"a\"", "wrong-kind"},
      {"p.name < \"a\"", "wrong-kind"},
      {"(lo > 1) == (hi > 1)", "wrong-kind"},
      {"1 and lo > 1", "wrong-kind"},
      {"if 1 then 2 else 3", "wrong-kind"},
      {"if lo > 1 then 2 else \"a\"", "wrong-kind"},
      {"1 like \"a\"", "wrong-kind"},
      {"lo.max", "wrong-name"},
      {"r.name", "wrong-name"},
      {"r.foo", "unknown-name"},
      {"p.max.min", "unknown-name"},
      {"scale(p, 1)", "wrong-name"},
      {"lo(2)", "wrong-name"},
      {"Conv", "wrong-name"},
      {"count(lo)", "wrong-name"},
      {"count(r)", "wrong-name"},
      {"count(p.max)", "wrong-name"},
      {"stats(c)", "wrong-name"},
      {"overall(mox, p.max)", "unknown-name"},
      {"let lo = 1 in lo", "duplicate-name"},
  };
  for (const auto& [formula, type] : types) {
    INFO(formula);
    CHECK(type_of(formula) == type);
  }
}

TEST_CASE("functions are written out: sets stay sets, values are worked out once") {
  CHECK(check_let("range(p)").formula == "(max (abs p.min) (abs p.max))");
  const std::string twice = "function twice(x) = x + x\n";
  CHECK(check_let("twice(lo)", twice).formula == "(+ $lo $lo)");
  CHECK(check_let("twice(3)", twice).formula == "(+ 3 3)");
  CHECK(check_let("twice(p.max * 2)", twice).formula == "(let %0 (* p.max 2) (+ %0 %0))");
  CHECK(check_let("twice(twice(p.max))", twice).formula == "(let %1 (let %0 p.max (+ %0 %0)) (+ %1 %1))");
  const std::string nested = twice + "function of(p, s) = let e = range(p) * s in twice(e) / largest(e)\n";
  CHECK(check_let("of(p, hi)", nested).formula ==
        "(let %0 (* (max (abs p.min) (abs p.max)) $hi) (/ (+ %0 %0) (largest %0)))");
  // A function sees its own file: what its caller calls `e` is not its `e`.
  CHECK(check_let("let e = 2 in of(p, e)", nested).said == "");
}

TEST_CASE("a mistake that only the caller makes is told at the call, with the function's place") {
  CHECK(mistakes("function f(x) = x.max + 1\n" + in_rule("  let y = f(c)\n  where y > 1")) ==
        R"(mine.dsl:5:11: error: 'max' is not known of children [wrong-name]
   5 |   let y = f(c)
     |           ^ in 'f' (mine.dsl:1): an attribute is x.attribute.max
)");
  CHECK(mistakes("function f(x) = x.max + 1\nfunction g(x, y) = f(x) * y\n" + in_rule("  do scale(p, g(lo, 1))")) ==
        R"(mine.dsl:6:15: error: 'x' is a value: it has no fields [wrong-name]
   6 |   do scale(p, g(lo, 1))
     |               ^ in 'f' (mine.dsl:1): fields are of sets and of the region: p.max, r.size
)");
  // One that it makes whatever it is called with is told once, at the function.
  CHECK(mistakes("function f(x) = x + (1 == 2)\n" + in_rule("  do scale(p, f(1) + f(2))")) ==
        R"(mine.dsl:1:21: error: expected a number, this is a condition [wrong-kind]
   1 | function f(x) = x + (1 == 2)
     |                     ^^^^^^^^ a number of it is `if (1 == 2) then 1 else 0`
)");
}

TEST_CASE("a checked rule has everything that its text says") {
  const dsl::Loaded loaded = load_text(R"(
set conv = Conv where group == 1, ConvTranspose
rule a(lo = -1.5, hi = 2e1) {
  "What it is for."
  region r {
    leak     pin
    parents  conv where channels > 8, Gemm as p
    through  Relu, MaxPool
    join     Concat on channel as k
    may join Add
    children conv as c
  }
  let e = range(p)
  where count(k) > lo else "too \"few\""
  needs stats(p)
  repeat 20 until change < 0.01
  again
  do scale(p, e * hi)
}
)");
  REQUIRE(draw_all(loaded) == "");
  REQUIRE(loaded.program.rules.size() == 1);
  const dsl::Rule& rule = loaded.program.rules[0];
  CHECK(rule.name == "a");
  CHECK(rule.doc == "What it is for.");
  REQUIRE(rule.params.size() == 2);
  CHECK(rule.params[0].value == -1.5);
  CHECK(rule.params[1].value == 20);
  REQUIRE(rule.region);
  CHECK(rule.region->leaks == dsl::LeakPolicy::pin);
  REQUIRE(rule.region->parents.terms.size() == 3);
  CHECK(rule.region->parents.terms[0].op == "Conv");
  CHECK(rule.region->parents.terms[0].guards.size() == 2);  // of the set, and of the clause
  CHECK(rule.region->parents.terms[1].op == "ConvTranspose");
  CHECK(rule.region->parents.terms[1].guards.size() == 1);
  CHECK(rule.region->parents.terms[2].op == "Gemm");
  CHECK(rule.region->parents.terms[2].guards.empty());
  CHECK(rule.bindings[rule.region->parents.binding].name == "p");
  REQUIRE(rule.region->through.size() == 1);
  CHECK(rule.region->through[0].binding == dsl::kNoBinding);
  REQUIRE(rule.region->joins.size() == 2);
  CHECK(rule.region->joins[0].required);
  CHECK(rule.region->joins[0].terms[0].on_channel);
  CHECK_FALSE(rule.region->joins[1].required);
  REQUIRE(rule.steps.size() == 4);
  CHECK(rule.steps[0].form == dsl::Step::Form::let);
  CHECK(written(rule, rule.steps[1].expr) == "(> (count k) $lo)");
  CHECK(rule.steps[1].reason == "too \"few\"");
  CHECK(rule.steps[2].reason.empty());
  CHECK(small_vocabulary().actions[rule.steps[3].action].name == "scale");
  REQUIRE(rule.steps[3].arguments.size() == 2);
  CHECK(rule.steps[3].arguments[0].binding == rule.region->parents.binding);
  CHECK(written(rule, rule.steps[3].arguments[1].expr) == fmt::format("(* %{} $hi)", rule.steps[0].slot));
  CHECK(rule.slots == 1);
  CHECK(rule.again);
  REQUIRE(rule.repeat);
  CHECK(rule.repeat->count == 20);
  CHECK(rule.repeat->change == 0.01);
}

TEST_CASE("a test has lines of every kind") {
  const dsl::Loaded loaded = load_text(R"(
rule fold {
  match   { y = Identity(x) }
  replace { y = x }
}
test fold "folds" {
  input x [1, 3, 8, 8]
  y, z = MaxPool(x, integers [1, 2], none, weight [2, 2], weight [3], values [1, 2, 3, 4] shape [2, 2]) axis 1 to 0.5 mode "a" opset 18
  output y, z
  stats y max [1, 2] stats z min -1 max 4
  seed 7
  expect match parents y children y
  expect no match y "why"
  expect no match
  expect scale y 2
}
)");
  REQUIRE(draw_all(loaded) == "");
  REQUIRE(loaded.program.tests.size() == 1);
  CHECK(loaded.program.tests[0].rule == 0);
  CHECK(loaded.program.tests[0].title == "folds");
  const dsl::RuleTest& test = loaded.program.tests[0];
  CHECK(test.inputs[0].shape == dsl::TestShape{1, 3, 8, 8});
  REQUIRE(test.nodes.size() == 1);
  using Names = std::vector<std::string>;
  CHECK(test.nodes[0].inputs == Names{"x", "y.integers", "", "y.weight", "y.weight_2", "y.values"});
  CHECK(test.nodes[0].outputs == Names{"y", "z"});
  REQUIRE(test.nodes[0].attributes.size() == 3);
  CHECK(std::get<std::int64_t>(test.nodes[0].attributes[0].value) == 1);
  CHECK(std::get<double>(test.nodes[0].attributes[1].value) == 0.5);
  CHECK(std::get<std::string>(test.nodes[0].attributes[2].value) == "a");
  CHECK(test.constants[0].form == dsl::TestConstant::Form::integers);
  CHECK(test.constants[1].shape == dsl::TestShape{2, 2});
  CHECK(test.constants[3].values == std::vector<double>{1, 2, 3, 4});
  CHECK(test.statistics[0].min == std::vector<double>{0, 0});
  CHECK(test.statistics[1].min == std::vector<double>{-1});
  CHECK(test.seed == 7);
  CHECK(test.opset == 18);
  REQUIRE(test.expectations.size() == 4);
  CHECK(test.expectations[0].parents == Names{"y"});
  CHECK(test.expectations[1].node == "y");
  CHECK(test.expectations[1].reason == "why");
  CHECK(test.expectations[2].node.empty());
  CHECK(test.expectations[3].scale == std::vector<double>{2});
}

TEST_CASE("laws are bound in order, with their parameters and guards") {
  const dsl::Loaded loaded = load_text(R"(
op my::Linear, my::Other law linear(weight = 1, bias = 2, weight_in = -1)
op Clip law pass elementwise
  where name like "x" or op == "Clip" and channels > 1 or activations == 2 or attribute.min == 0
)");
  REQUIRE(draw_all(loaded) == "");
  const auto& laws = loaded.program.laws;
  const std::size_t first = laws.size() - 3;
  CHECK(laws[first].op == "my::Linear");
  CHECK(small_vocabulary().laws[laws[first + 1].law].name == "linear");
  CHECK(laws[first + 1].parameters == std::map<std::string, double>{{"bias", 2}, {"weight", 1}, {"weight_in", -1}});
  CHECK_FALSE(laws[first].elementwise);
  CHECK(laws[first].guard == nullptr);
  REQUIRE(laws[first + 2].guard != nullptr);
  CHECK(laws[first + 2].elementwise);
  std::vector<std::string> words;
  for (const dsl::Expr& expr : laws[first + 2].guard->exprs) {
    if (expr.op != ExprOp::attribute) continue;
    words.push_back((expr.index == dsl::kOwnWord ? "own " : "attribute ") + expr.text);
    CHECK(expr.family == dsl::kNoBinding);
  }
  CHECK(words == std::vector<std::string>{"own name", "own op", "own channels", "own activations", "attribute min"});
}

TEST_CASE("guards know the attributes of the operators that they stand behind") {
  CHECK(mistakes("set a = Gemm where transB == 1\nset b = a where transB == 0, Conv where group == 1\n") == "");
  CHECK(mistakes("set a = Gemm where transA == 1\n") ==
        R"(mine.dsl:1:20: error: Gemm has no attribute 'transA' [unknown-name]
   1 | set a = Gemm where transA == 1
     |                    ^^^^^^ did you mean 'transB'?
)");
  CHECK(mistakes("op my::Op law pass where anything == \"goes\" and more > 1\n") == "");
  CHECK(mistakes("set a = Conv where auto_pad > 1\n") ==
        R"(mine.dsl:1:20: error: expected a number, this is a text [wrong-kind]
   1 | set a = Conv where auto_pad > 1
     |                    ^^^^^^^^ a text is compared by ==, != and like
)");
  CHECK(mistakes("set a = Conv where p.group > 1\n") ==
        R"(mine.dsl:1:20: error: a guard speaks of one operator by itself [wrong-name]
   1 | set a = Conv where p.group > 1
     |                    ^ its attribute is written group
)");
}

TEST_CASE("a term may be a law, in a clause or a set, with what is said of it") {
  const dsl::Loaded loaded = load_text(R"(
set carrying = law pass where channels > 8, law concat on channel, MaxPool
rule a {
  region r {
    parents  law linear as p
    through  carrying where op != "Clip"
    join     law join as k
    children law linear, BatchNormalization as c
  }
  do scale(p, if any p: p.group == 1 then 2 else 3)
}
)");
  REQUIRE(draw_all(loaded) == "");
  const auto law = [](const dsl::Term& term) { return std::string(small_vocabulary().laws[term.law].name); };
  const dsl::RegionPattern& region = *loaded.program.rules[0].region;
  CHECK(law(region.parents.terms[0]) == "linear");
  CHECK(region.parents.terms[0].op.empty());
  CHECK(loaded.sources.text(region.parents.terms[0].at) == "law linear");
  REQUIRE(region.through[0].terms.size() == 3);
  CHECK(law(region.through[0].terms[0]) == "pass");
  CHECK(region.through[0].terms[0].guards.size() == 2);  // of the set, and of the clause
  CHECK(law(region.through[0].terms[1]) == "concat");
  CHECK(region.through[0].terms[1].on_channel);
  CHECK(region.through[0].terms[2].op == "MaxPool");
  CHECK(region.through[0].terms[2].law == dsl::kNoLaw);
  CHECK(law(region.joins[0].terms[0]) == "join");
  CHECK(law(region.children.terms[0]) == "linear");
}

TEST_CASE("a guard behind a law asks for what one of its operators has") {
  CHECK(mistakes("set a = law pass where kernel_shape == 1\n").find("a list is never equal to a number") !=
        std::string::npos);
  CHECK(mistakes("set a = law pass where kernel_shape == [1, 1]\n") == "");
  CHECK(mistakes("set a = law pass where axis == 1 and mode == \"max\"\n") == "");  // MaxPool has both, Relu neither
  CHECK(mistakes("set a = law pass where mdoe == \"max\"\n") ==
        R"(mine.dsl:1:24: error: no operator of law pass has an attribute 'mdoe' [unknown-name]
   1 | set a = law pass where mdoe == "max"
     |                        ^^^^ did you mean 'mode'?
)");
  CHECK(mistakes("set a = law pass where axis == \"x\"\n") ==
        R"(mine.dsl:1:29: error: a number is never equal to a text [wrong-kind]
   1 | set a = law pass where axis == "x"
     |                             ^^ a text is compared with a text: "Conv"
)");
  // An operator that nobody knows can have anything, once its law is known.
  CHECK(mistakes("op my::Op law pass\nset a = law pass where mdoe == 3\n") == "");
  CHECK(mistakes("set a = law pass where mdoe == 3\nop my::Op law pass\n") != "");
  // Those that are named must have it all the same.
  CHECK(mistakes("set a = law pass, Relu\nset b = a where axis == 1\n").find("Relu has no attribute 'axis'") !=
        std::string::npos);
}

TEST_CASE("a law where it can admit nothing is told, wherever its operators are bound") {
  const auto rule = [](const std::string& region) { return "rule a { region r { " + region + " } do scale(p, 1) }\n"; };
  const auto codes = [](const std::string& text) {
    std::vector<std::string> out;
    for (const dsl::Diagnostic& d : load_text(text).diagnostics)
      out.push_back((d.severity == dsl::Severity::error ? "" : "warning ") + std::string(d.code));
    return out;
  };
  using Codes = std::vector<std::string>;
  CHECK(codes(rule("parents law linear as p children law linear, law affine")) == Codes{});
  CHECK(codes(rule("parents law pass as p children Conv")) == Codes{"never-matches"});
  CHECK(codes(rule("parents Conv, law pass as p children Conv")) == Codes{"warning never-matches"});
  CHECK(codes(rule("parents Conv as p children law pass, Conv, law linear")) == Codes{"warning never-matches"});
  CHECK(codes(rule("parents Conv as p through law linear children Conv")) == Codes{"warning never-matches"});
  CHECK(codes(rule("parents Conv as p through law linear, law pass children Conv")) == Codes{"warning never-matches"});
  CHECK(codes(rule("parents Conv as p join law block children Conv")) == Codes{"never-matches"});
  // A set may be meant for several clauses.
  CHECK(codes("set both = law linear, law pass\n" + rule("parents both as p through both children both")) == Codes{});
  // No operator of the small library has law shape, until one is given it; then the rule is said to match.
  CHECK(codes(rule("parents Conv as p through law shape children Conv")) == Codes{"warning never-matches"});
  CHECK(codes(rule("parents Conv as p through law shape children Conv") + "op my::Op law shape\n") == Codes{});
  // What takes the last operator of a law away is seen too.
  CHECK(codes(rule("parents law affine as p children Conv") + "op BatchNormalization law pass\n") ==
        Codes{"never-matches"});
  // Where an `op` could not be read nothing is said of matching.
  CHECK(codes("op Relu lwa linear\n" + rule("parents law pass as p children Conv")) == Codes{"syntax"});
}

TEST_CASE("operators of tests have the attributes that they know, and those that nobody knows any") {
  const auto test = [](const std::string& node) {
    return mistakes(
        "rule s { region r { parents Conv as p children Conv as c } do scale(p, 2) }\n"
        "test s \"t\" {\n  input x [1, 1, 1, 1]\n  a = " +
        node + "\n  output a\n  expect no match a\n}\n");
  };
  CHECK(test("Gemm(x) transB 1") == "");
  CHECK(test("Gemm(x) tranzB 1") ==
        R"(mine.dsl:4:15: error: Gemm has no attribute 'tranzB' [unknown-name]
   4 |   a = Gemm(x) tranzB 1
     |               ^^^^^^ did you mean 'transB'?
)");
  CHECK(test("my::Op(x) anything 3").find("error") == std::string::npos);
}

TEST_CASE("whether a rule can match depends on every law that an operator may have, wherever it is bound") {
  const std::string rule = "rule a { region r { parents Relu as p children Conv } do scale(p, 1) }\n";
  CHECK(load_text(rule).diagnostics.size() == 1);
  CHECK(mistakes(rule + "op Relu law linear where name == \"x\"\n") == "");
  CHECK(mistakes("op Relu law linear\n" + rule) == "");
  CHECK(load_text("op Relu law linear\nop Relu law pass\n" + rule).diagnostics.size() == 1);
  // One parent that can is enough.
  CHECK(mistakes("rule a { region r { parents Relu, Conv as p children Conv } do scale(p, 1) }\n") == "");
  // Where an `op` could not be read nothing is said of matching.
  const dsl::Loaded loaded = load_text("op Relu lwa linear\n" + rule);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].code == "syntax");
}

TEST_CASE("twenty-four mistakes in one file give twenty-four messages, each in its place") {
  const std::string head = " { region r { parents Conv as p children Conv as c } ";
  // @ stands before the wrong thing.
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"set s1 @Conv", "syntax"},
      {"set s2 = Conv@,", "trailing-comma"},
      {"set s3 = @cnov", "unknown-name"},
      {"op Foo law @liner", "unknown-name"},
      {"function f(x) = @y", "unknown-name"},
      {"function @max(x) = x", "duplicate-name"},
      {"rule a1" + head + "needs stats(p) @\"x\" do scale(p, 1) }", "missing-else"},
      {"rule a2" + head + "do scale(p, @max(p.max)) }", "wrong-count"},
      {"rule a3" + head + "where count(p) @= 1 do scale(p, 1) }", "single-equal"},
      {"rule a4" + head + "where 1 < 2 @< 3 do scale(p, 1) }", "chained-comparison"},
      {"rule a5" + head + "do scale(p, p.max @^ 2) }", "no-such-sign"},
      {"rule a6" + head + "do scale(p, (1 @}", "syntax"},
      {"rule a7" + head + "do scale(p, @\"1) }", "unterminated-string"},
      {"rule a8" + head + "do scale(@q, 1) }", "unknown-name"},
      {"rule a9" + head + "where @x > 1 let x = 1 do scale(p, x) }", "not-yet-known"},
      {"rule b1" + head + "do scale(p, @p.name) }", "wrong-kind"},
      {"rule b2" + head + "do scale(p, c.weight @+ p.max) }", "families-meet"},
      {"rule b3" + head + "where @p.group == 1 do scale(p, 1) }", "unreduced"},
      {"rule @b4" + head + "}", "missing-clause"},
      {"rule b5" + head + "repeat @0 until change < 1 do scale(p, 1) }", "out-of-range"},
      {"rule @b5" + head + "do scale(p, 1) }", "duplicate-name"},
      {"rule b6" + head + "do @scael(p, 1) }", "unknown-name"},
      {"rule b7" + head + "again @again do scale(p, 1) }", "duplicate-clause"},
      {"@rul b8 { }", "syntax"},
  };
  std::string text;
  std::vector<std::string> found, wanted;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string line = lines[i].first;
    const std::size_t at = line.find('@');
    text += line.erase(at, 1) + "\n";
    wanted.push_back(fmt::format("{}:{} {}", i + 1, at + 1, lines[i].second));
  }
  const dsl::Loaded loaded = load_text(text);
  for (const dsl::Diagnostic& d : loaded.diagnostics) {
    const dsl::LineColumn place = loaded.sources.locate(d.at);
    found.push_back(fmt::format("{}:{} {}", place.line, place.column, d.code));
  }
  CHECK(found == wanted);
}

TEST_CASE("what could not be read is not complained about where it is used") {
  const std::string broken = "set conv = Conv Gemm\nfunction f(x) = x ^ 2\n";
  const dsl::Loaded loaded = load_text(broken + "set more = conv\n" + in_rule("  do scale(p, f(p.max))"));
  std::vector<std::string> codes;
  for (const dsl::Diagnostic& d : loaded.diagnostics) codes.emplace_back(d.code);
  CHECK(codes == std::vector<std::string>{"syntax", "no-such-sign"});
}

TEST_CASE("a rule is shadowed where an earlier one is sure to take all that it wants, and not otherwise") {
  const auto rule = [](const std::string& name, const std::string& region, const std::string& rest = "do scale(p, 2)") {
    return "rule " + name + " { region r { " + region + " } " + rest + " }\n";
  };
  const std::string plain = "parents Conv as p through Relu children Conv as c";
  struct Case {
    std::string earlier, later;
    bool shadowed;
  };
  const std::vector<Case> cases = {
      {rule("a", plain), rule("b", plain), true},
      {rule("a", plain), rule("b", plain, "again do scale(p, 2)"), false},
      {rule("a", plain), rule("b", plain + " leak pin"), false},
      {rule("a", plain + " leak pin"), rule("b", plain), true},
      {rule("a", plain), rule("b", plain + " join Add"), false},
      {rule("a", plain + " may join Add, Concat"), rule("b", plain + " join Add"), true},
      {rule("a", plain + " join Add, Concat"), rule("b", plain + " join Add"), true},
      {rule("a", plain + " join Add"), rule("b", plain + " join Add, Concat"), false},
      {rule("a", plain + " join Add"), rule("b", plain), false},
      {rule("a", plain + " join Concat on channel"), rule("b", plain + " join Concat"), false},
      {rule("a", plain + " join Concat"), rule("b", plain + " join Concat on channel"), true},
      {rule("a", "parents Conv where group == 1 as p children Conv"), rule("b", "parents Conv as p children Conv"),
       false},
      {rule("a", "parents Conv where group == 1 as p children Conv"),
       rule("b", "parents Conv where group == 1 as p children Conv"), true},
      {rule("a", "parents Conv where group == 1 as p children Conv"),
       rule("b", "parents Conv where group == 2 as p children Conv"), false},
      {rule("a", "parents Conv as p children Conv"), rule("b", "parents Conv where group == 1 as p children Conv"),
       true},
      // A law admits what obeys it, and every operator of a law is the law.
      {rule("a", "parents law linear as p through law pass children Conv"), rule("b", plain), true},
      {rule("a", plain), rule("b", "parents law linear as p through Relu children Conv"), false},
      {rule("a", "parents Conv, ConvTranspose, Gemm, com.microsoft::FusedConv as p through Relu children Conv"),
       rule("b", "parents law linear as p through Relu children Conv"), true},
      {rule("a", "parents law linear as p children Conv") +
           "op Gemm law linear\nop Gemm law affine where transB == 1\n",
       rule("b", "parents Gemm as p children Conv"), false},
      {rule("a", "parents law linear, law affine as p children Conv") +
           "op Gemm law linear\nop Gemm law affine where transB == 1\n",
       rule("b", "parents Gemm as p children Conv"), true},
      {rule("a", "parents law linear where name == \"x\" as p children Conv"),
       rule("b", "parents law linear as p children Conv"), false},
      {rule("a", "parents law linear as p children Conv"),
       rule("b", "parents law linear where name == \"x\" as p children Conv"), true},
      {rule("a", "parents Conv as p through law pass children Conv"),
       rule("b", "parents Conv as p through Relu, my::Op children Conv"), false},
      {rule("a", plain, "needs stats(p) do scale(p, 2)"), rule("b", plain), false},
      {rule("a", plain, "needs stats(p) do scale(p, 2)"), rule("b", plain, "needs stats(p) do scale(p, 3)"), true},
      {rule("a", plain, "let n = count(p) where n == 1 do scale(p, 2)"),
       rule("b", plain, "where count(p) == 1 and stats(p) do scale(p, 3)"), false},
      {rule("a", plain, "let n = count(p) where n == 1 do scale(p, 2)"),
       rule("b", plain, "where count(p) == 1 do scale(p, 3)"), true},
      {rule("a", plain, "where count(p) == 1 do scale(p, 2)"), rule("b", plain, "where count(c) == 1 do scale(p, 3)"),
       false},
      {rule("a", plain, "do scale(p, p.max)"), rule("b", plain), false},
      {rule("a", plain, "do scale(p, p.max)"), rule("b", plain, "do scale(p, 1 + p.max)"), true},
  };
  for (const Case& each : cases) {
    INFO(each.earlier << each.later);
    const dsl::Loaded loaded = load_text(each.earlier + each.later);
    CHECK_FALSE(dsl::has_errors(loaded.diagnostics));
    const bool said = std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                  [](const dsl::Diagnostic& d) { return d.code == "shadowed"; });
    CHECK(said == each.shadowed);
  }
}

TEST_CASE("leaks that are restored: operators, sets, and `output` for those of the network") {
  const auto region = [](const std::string& leak) {
    return "set curves = Relu, MaxPool where name like \"a*\"\nrule r {\n  region r { parents Conv as p children Conv "
           "leak " +
           leak + " }\n  do scale(p, 1)\n}\n";
  };
  const dsl::Loaded loaded = load_text(region("restore curves, output, Gemm else reject"));
  REQUIRE(draw_all(loaded) == "");
  const dsl::RegionPattern& pattern = *loaded.program.rules[0].region;
  CHECK(pattern.leaks == dsl::LeakPolicy::reject);
  REQUIRE(pattern.restore);
  CHECK(pattern.restore->outputs);
  REQUIRE(pattern.restore->terms.size() == 3);
  CHECK(pattern.restore->terms[0].op == "Relu");
  CHECK(pattern.restore->terms[1].guards.size() == 1);
  CHECK(load_text(region("restore Relu else pin")).program.rules[0].region->leaks == dsl::LeakPolicy::pin);
  CHECK_FALSE(load_text(region("restore Relu else pin")).program.rules[0].region->restore->outputs);
  CHECK(mistakes(region("restore output where name == \"y\" else pin")).find("[misplaced]") != std::string::npos);
  CHECK(mistakes(region("restore curve else pin")).find("did you mean 'curves'?") != std::string::npos);
  CHECK(mistakes(region("restore Relu")).find("expected `else` behind what is restored") != std::string::npos);
  CHECK(mistakes(region("restore Relu else restore")).find("expected `pin` or `reject` after `else`") !=
        std::string::npos);
  CHECK(mistakes(region("restore else pin")).find("[syntax]") != std::string::npos);
}

}  // namespace rw::test
