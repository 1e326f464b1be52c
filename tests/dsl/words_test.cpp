// Words of rules with a region, and of tests: what the checker makes of them, and what it says where they are wrong.
#include <fmt/core.h>

#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

namespace {

// The first message of a text, without its lines.
std::string said(const std::string& text) {
  const dsl::Loaded loaded = load_text(text);
  if (loaded.diagnostics.empty()) return "";
  const dsl::Diagnostic& first = loaded.diagnostics.front();
  return fmt::format("{} | {}", first.message, first.hint);
}
std::string of_condition(const std::string& condition) { return said(in_rule("where " + condition)); }

std::string test_with(const std::string& lines) {
  return "rule r1 { region r { parents Conv as p through Relu children Conv } do scale(p, 2) }\n"
         "test r1 \"t\" { input x [1, 3, 4, 4] a = Conv(x, weight [2, 3, 1, 1]) b = Relu(a) output b " +
         lines + " }\n";
}

}  // namespace

TEST_CASE("lists: compared as a whole and item by item, and nothing else") {
  CHECK(of_condition("all c: c.pads == [1, 1]") == "");
  CHECK(of_condition("all c: c.pads[0] == 2 and c.pads[-1] < 3") == "");
  CHECK(of_condition("all c: c.shape != [1, lo] and c.shape[1] == 4") == "");
  CHECK(said("set a = Conv where pads == [1, 1] and pads[0] > 0\n") == "");
  CHECK(of_condition("all c: c.pads == 1") ==
        "a list is never equal to a number | one item of it is c.pads[0]; all of them: c.pads == [1, 1]");
  CHECK(of_condition("all c: c.pads > 1") == "expected a number, this is a list | one item of it is c.pads[0]");
  CHECK(of_condition("all c: c.pads + 1 == 2") == "expected a number, this is a list | one item of it is c.pads[0]");
  CHECK(of_condition("all c: c.pads[0.5] == 1") ==
        "a position is a whole number, counted from 0 | the first item is [0], the last one [-1]");
  CHECK(of_condition("all c: c.group[0] == 1") == "a number has no items | lists have: p.shape[2], p.kernel_shape[0]");
  CHECK(
      of_condition("all c: c.pads[0:1] == [1]") ==
      "parts of lists are for rules with `match` | lists are compared as a whole, or item by item: p.strides[0] == 2");
  CHECK(of_condition("all c: c.shape == [c.weight]") ==
        "an item of a list is one number, this is a value for each channel of c | largest(x) makes one of the channels "
        "of a node");
}

TEST_CASE("habits of other languages have an answer of their own") {
  CHECK(of_condition("all p: p.reads_input == true") ==
        "there is no 'true' | a condition stands by itself: write C, or not C");
  CHECK(of_condition("all c: c.group == None").starts_with("there is no 'None' | nothing is null"));
  CHECK(of_condition("all c: c.group in [1, 2]").ends_with("write x == 1 or x == 2; `in` goes with `let`"));
  CHECK(of_condition("all p: p.name like \"^conv.*\"") ==
        "this looks like a regular expression, which `like` has not | * stands for any characters, ? for one: like "
        "\"conv*\"");
  CHECK(of_condition("all p: p.name like \"layer.*\"") == "");  // a name may have a point
  CHECK(
      of_condition("all p: p.max == 0.1") ==
      "values that are measured or computed are hardly ever equal to this | write abs(x - y) < 1e-6, or compare with < "
      "or >");
  CHECK(of_condition("all p: p.max == 0") == "");
}

TEST_CASE("p.stat: a statistic by its name, or a percentile by its number") {
  CHECK(of_condition("all p: largest(p.stat(\"p99.9\")) > 0") == "");
  CHECK(of_condition("all p: largest(p.stat(\"std\")) > 0") == "");
  CHECK(of_condition("all p: largest(p.stat(100 - lo)) > 0") == "");
  CHECK(of_condition("all p: largest(p.stat) > 0") ==
        "'stat' wants the name of a statistic in brackets | p.stat(\"p99.9\")");
  CHECK(of_condition("all p: largest(p.max(3)) > 0") ==
        "'max' takes nothing in brackets | write p.max; a statistic by its name is p.stat(\"p99.9\")");
  CHECK(of_condition("all p: largest(p.stat(\"sdt\")) > 0") ==
        "nobody knows statistic 'sdt', nor how it is scaled | did you mean 'std'?");
  CHECK(of_condition("all p: largest(p.stat(\"p101\")) > 0") ==
        "nobody knows statistic 'p101', nor how it is scaled | there are percentiles, as \"p99.9\", \"min\", \"max\", "
        "\"mean\", \"std\"");
  CHECK(of_condition("all p: largest(p.stat(p.max)) > 0") ==
        "one number is wanted here, not a value for each channel of p | largest(x), overall(max, x) and their kin make "
        "one of many");
}

TEST_CASE("parameters of functions that may be left out") {
  CHECK(said("function f(p, x) = p.stat(x)\n") == "");  // both are used
  CHECK(said("function f(x, y = 2, z = -1) = x + y + z\n" + in_rule("where f(1) + f(1, 2) + f(1, 2, 3) > 0")) == "");
  CHECK(said("function f(x, y = 2) = x + y\n" + in_rule("where f() > 0")) ==
        "f takes 1 to 2 arguments, not 0 | write f(x, y = 2)");
  CHECK(said("function f(x, y = 2) = x + y\n" + in_rule("where f(1, 2, 3) > 0")) ==
        "f takes 1 to 2 arguments, not 3 | write f(x, y = 2)");
  CHECK(
      said("function f(x = 1, y) = x + y\n") ==
      "'y' stands behind a parameter that may be left out | move it up, or say what it is where it is left out: y = 1");
  // What is chosen by numbers that stand there is chosen once.
  const dsl::Loaded loaded = load_text("function f(p, x = 1) = if x == 1 then p.max else p.stat(x)\n" +
                                       in_rule("let e = f(p) where all p: e > 0"));
  REQUIRE(draw_all(loaded) == "");
  const dsl::Rule& rule = loaded.program.rules[0];
  for (const dsl::Expr& each : rule.exprs) CHECK(each.op != dsl::ExprOp::if_);
}

TEST_CASE("groups of neighbouring channels, and the number of a channel") {
  CHECK(of_condition("all p: largest(grouped(max, p.max, 4)) > 0 and largest(channel(p)) > 2") == "");
  CHECK(of_condition("all c: c.channels > 4 and largest(channel(c)) == 3") == "");
  CHECK(of_condition("all p: largest(grouped(p.max, 4, max)) > 0")
            .starts_with("grouped takes the way to collect first | write grouped(max, x, 4)"));
  CHECK(of_condition("grouped(max, r.max, 4) > 0")
            .starts_with(
                "grouped collects neighbouring channels of a node, this is a value for each scale of the region"));
  CHECK(of_condition("all p: largest(grouped(max, p.max, 0)) > 0") ==
        "a group has a whole number of channels, from 1 on | write grouped(max, x, 4)");
  CHECK(of_condition("channel(r) > 0").starts_with("expected a set of nodes, 'r' is a region"));
}

TEST_CASE("structure: conditions about nodes, and one number of the region") {
  CHECK(of_condition("none p: p.reads_input") == "");
  CHECK(of_condition("r.size < 20") == "");
  CHECK(of_condition("p.reads_input").starts_with("this condition has a value for each node of p, one is wanted"));
  CHECK(of_condition("all p: p.reads_input > 0") ==
        "expected a number, this is a condition | a number of it is `if p.reads_input then 1 else 0`");
}

TEST_CASE("except: what is taken out, and what cannot be") {
  const dsl::Loaded loaded = load_text(
      "set safe = Conv, Gemm except Gemm\n"
      "rule r1 { region r { parents safe as p through law pass except Relu, MaxPool\n"
      "children law linear except Gemm where transB == 0 } do scale(p, 2) }\n");
  REQUIRE(draw_all(loaded) == "");
  const dsl::RegionPattern& region = *loaded.program.rules[0].region;
  REQUIRE(region.parents.terms.size() == 1);
  CHECK(region.parents.terms[0].op == "Conv");
  REQUIRE(region.through[0].terms[0].excepted.size() == 1);
  CHECK(region.through[0].terms[0].excepted[0]->size() == 2);
  REQUIRE(region.children.terms[0].excepted.size() == 1);
  CHECK(region.children.terms[0].excepted[0]->at(0).guards.size() == 1);
  CHECK(said("set a = Conv, Gemm except Relu\n") == "Relu is not among what stands before `except` | take it out");
  CHECK(said("set a = Conv except Conv\n") ==
        "`except` takes out all that stands before it | then no operator is left: name more before it");
  CHECK(said("set a = Conv except\n").starts_with("expected an operator, a set or a law, found the end of the file"));
}

TEST_CASE("must through: a clause that asks for what it admits") {
  const dsl::Loaded loaded = load_text(
      "rule r1 { region r { parents Conv as p must through MaxPool through Relu children Conv } do scale(p, 2) }\n");
  REQUIRE(draw_all(loaded) == "");
  const dsl::RegionPattern& region = *loaded.program.rules[0].region;
  REQUIRE(region.through.size() == 2);
  CHECK(region.through[0].required);
  CHECK_FALSE(region.through[1].required);
  CHECK(said("rule r1 { region r { parents Conv as p must Relu children Conv } do scale(p, 2) }\n") ==
        "expected `through` after `must`, found 'Relu' | as in: must through Mul");
}

TEST_CASE("tests: statistics of any kind and in any order") {
  const dsl::Loaded loaded =
      load_text(test_with("stats b \"p99.9\" [1, 2] max [3, 4] mean [0, 1] min 0 seed 7 expect match"));
  CHECK(draw_all(loaded).find("1 value here, 2 behind `max`") != std::string::npos);
  const dsl::Loaded fine =
      load_text(test_with("stats b \"p99.9\" [1, 2] max [3, 4] mean [0, 1] min [0, 0] opset 13 seed 7 expect match"));
  REQUIRE(draw_all(fine) == "");
  const dsl::TestStatistics& stats = fine.program.tests[0].statistics[0];
  CHECK(stats.max == std::vector<double>{3, 4});
  REQUIRE(stats.others.size() == 2);
  CHECK(stats.others[0].key == "p99.9");
  CHECK(stats.others[1].values == std::vector<double>{0, 1});
  CHECK(fine.program.tests[0].seed == 7);
  CHECK(fine.program.tests[0].opset == 13);
  CHECK(said(test_with("stats b min [1, 2] expect match")) ==
        "these statistics have no `max` | the largest value of each channel: max [1, 2]");
  CHECK(said(test_with("stats b max [1, 2] max [1, 2] expect match")) == "'max' is given twice | take one of them out");
  CHECK(said(test_with("stats b maxx [1, 2] expect match")) == "nobody knows statistic 'maxx' | did you mean 'max'?");
  CHECK(said(test_with("stats b expect match"))
            .starts_with("expected statistics, and a number of each channel: min [0, 0] max [1, 2], found 'expect'"));
}

TEST_CASE("what stands before a mistake of the grammar is looked at in the same run") {
  const dsl::Loaded loaded = load_text(
      "rule r1 {\n"
      "  region r { parents covn as p children Conv as c }\n"
      "  where all p: p.grop == 1 else \"x\"\n"
      "  do scale(p, 2;\n"
      "}\n"
      "set conv = Conv\n");
  std::vector<std::string> lines;
  for (const dsl::Diagnostic& each : loaded.diagnostics)
    lines.push_back(fmt::format("{} {}", loaded.sources.locate(each.at).line, each.message));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "2 unknown set 'covn'");
  CHECK(lines[1].starts_with("4 expected ',' or ')' after an argument"));
  // Names that a clause behind the mistake would bind are not complained about.
  CHECK(load_text("rule r1 { where count(p) > 1 else 3 region r { parents Conv as p children Conv } do scale(p, 2) }\n")
            .diagnostics.size() == 1);
}

TEST_CASE("means: what an operator of one's own computes") {
  const dsl::Loaded loaded = load_text(
      "op my::A law pass means Relu\n"
      "op my::B, my::C law pass means (x, w) {\n  s = my::A(x)\n  y = Add(s, w)\n}\n");
  REQUIRE(draw_all(loaded) == "");
  REQUIRE(loaded.program.meanings.size() == 3);
  CHECK(loaded.program.meanings[0].as == "Relu");
  CHECK(loaded.program.meanings[2].op == "my::C");
  CHECK(loaded.program.meanings[2].body.inputs.size() == 2);
  CHECK(loaded.program.meanings[2].body.outputs == std::vector<std::string>{"y"});
  CHECK(said("op my::A law pass means my::B\n") ==
        "nobody knows what my::B computes | an operator of your own gets its meaning in a line before");
  CHECK(said("op my::A law pass means (x) { y = my::A(x) }\n") ==
        "nobody knows what my::A computes | an operator of your own gets its meaning in a line before");
  CHECK(said("op my::A law pass means Rleu\n") == "nobody knows what Rleu computes | did you mean 'Relu'?");
  CHECK(said("op Relu law pass means Identity\n") ==
        "it is known what Relu computes | take `means` out: it is for operators of your own");
  CHECK(said("op my::A law pass means (x) { y = Relu(z) }\n") == "unknown tensor 'z' | there are: x");
  CHECK(
      said("op my::A law pass means\n")
          .starts_with("expected after `means` an operator, or names and lines: (x) { s = Sigmoid(x) y = Mul(x, s) }"));
}

TEST_CASE("tests: two tensors that are the same") {
  const dsl::Loaded loaded = load_text(test_with("expect same a b"));
  REQUIRE(draw_all(loaded) == "");
  CHECK(loaded.program.tests[0].expectations[0].tensors == std::vector<std::string>{"a", "b"});
  CHECK(said(test_with("expect same a a")) == "a tensor is the same as itself | name another one");
  CHECK(said(test_with("expect same a")).starts_with("expected the name of a second tensor: expect same a b"));
}

}  // namespace rw::test
