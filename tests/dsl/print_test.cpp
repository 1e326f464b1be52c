// The canonical text: what it looks like, that it means the same, and that printing it again changes nothing.
#include "dsl/syntax/print.hpp"
#include "dsl/syntax/tokens.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

namespace rw::test {

namespace {

struct Parsed {
  dsl::Sources sources;
  dsl::tree::File file;
  std::string said;
};

Parsed parse_text(const std::string& text) {
  Parsed out;
  out.sources.add({"a.dsl", text});
  dsl::Diagnostics diagnostics;
  out.file = parse(out.sources, 0, diagnostics);
  out.said = draw_all(diagnostics, out.sources);
  return out;
}

std::string printed(const std::string& text) {
  const Parsed parsed = parse_text(text);
  REQUIRE(parsed.said == "");
  return print(parsed.file, parsed.sources);
}

void check_stable(const std::string& text) {
  INFO(text);
  const Parsed before = parse_text(text);
  REQUIRE(before.said == "");
  const std::string once = print(before.file, before.sources);
  INFO(once);
  const Parsed after = parse_text(once);
  REQUIRE(after.said == "");
  REQUIRE(shape_of(after.file) == shape_of(before.file));
  REQUIRE(dsl::comments_of(once, 0).size() == dsl::comments_of(text, 0).size());
  REQUIRE(print(after.file, after.sources) == once);
}

// ---- random rule files ----

class RandomRules {
 public:
  explicit RandomRules(unsigned seed) : random_(seed) {}

  std::string file() {
    std::string out;
    for (std::size_t i = 1 + pick(6); i > 0; --i) out += declaration() + gap();
    return out;
  }

  std::string formula(int depth) {
    if (depth == 0)
      return one_of(
          {"1", "0.5", "1e-30", "x", "lo", "p.max", "k.attribute.min", "\"a \\\"b\\\" \\\\ \\n\"", "stats(p)"});
    const auto part = [&] { return formula(depth - 1 - static_cast<int>(pick(static_cast<std::size_t>(depth)))); };
    const auto bracketed = [&] { return "(" + part() + ")"; };
    switch (pick(18)) {
      case 13:
        return "[" + part() + "," + gap() + one_of({"s...", part(), "(" + part() + ")..."}) + "]";
      case 14:
        return bracketed() + "[" + part() + "]";
      case 15:
        return bracketed() + one_of({"[:]", "[" + part() + ":]", "[:" + part() + "]"});
      case 16:
        return one_of({"all", "any", "none"}) + gap() + "(" + part() + ")";
      case 0:
        return bracketed() + gap() + one_of({"+", "-"}) + gap() + bracketed();
      case 1:
        return bracketed() + " * " + bracketed() + " / " + bracketed();
      case 2:
        return bracketed() + one_of({" == ", " != ", "<", "<=", ">", " >= "}) + bracketed();
      case 3:
        return bracketed() + " like \"conv*\"";
      case 4:
        return bracketed() + " and " + bracketed() + " and " + bracketed();
      case 5:
        return bracketed() + " or " + bracketed();
      case 6:
        return "not " + bracketed();
      case 7:
        return "-" + bracketed();
      case 8:
        return "if " + part() + " then " + part() + " else " + part();
      case 9:
        return "let " + one_of({"e", "top"}) + " = " + part() + gap() + "in " + part();
      case 10:
        return one_of({"all", "any", "none"}) + " p: " + part();
      case 11:
        return "max(" + part() + "," + gap() + part() + ")";
      case 12:
        return part();
      default:
        return "1 - 2 * -x + " + bracketed();
    }
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  std::string one_of(const std::vector<std::string>& all) { return all[pick(all.size())]; }
  std::string name() { return one_of({"a", "conv", "e2", "x_y", "longer_name_of_something"}); }
  std::string oper() {
    return one_of({"Conv", "Relu", "com.microsoft::FusedConv", "my-domain.1::relu", "GlobalAveragePool"});
  }

  // What `replace` makes, and what an operator that is made reads.
  std::string made(int depth) {
    if (depth == 0) return formula(1);
    const auto argument = [&] { return one_of({"none", "rest...", made(depth - 1), "x", formula(1)}); };
    std::string out = one_of({oper(), "y", "max"}) + "(" + argument() + "," + gap() + argument() + ")";
    for (std::size_t i = pick(3); i > 0; --i) out += one_of({" axis " + bracket(), " perm p[q]"});
    if (pick(3) == 0) out += one_of({" like y", " like" + gap() + "z pads [1]"});
    return out;
  }
  std::string bracket() { return "(" + formula(2) + ")"; }

  std::string found(int depth) {
    if (depth == 0) return one_of({"x", "y2"});
    std::string out = one_of({oper(), "conv", "law linear"}) + "(";
    for (std::size_t i = pick(3); i > 0; --i)
      out += one_of({"constant w", "constant c or -inf", "...", "_", "none", "- 3", "(1 + 2)", "rest...", "x or 0",
                     found(depth - 1), found(depth - 1) + " or x"}) +
             "," + gap();
    out += "x)" + one_of({"", " axis a", " axis a or none", " perm" + gap() + "_", " mode \"x\" pads " + bracket()});
    return out + one_of({"", " as z"});
  }

  std::string lines(bool match) {
    std::string out = "{" + gap();
    for (std::size_t i = 1 + pick(3); i > 0; --i) {
      out += one_of({"y", "_, y", "a, b...", "y,\n_"}) + gap() + "=" + gap();
      out += match ? found(2) + one_of({"", gap() + "or " + found(1)}) : one_of({made(2), "x"});
      out += gap();
    }
    return out + "}";
  }

  // Between two words: blanks, line breaks, comments.
  std::string gap() {
    return one_of({" ", " ", " ", "\n", "\n\n", "\t", "\n\n\n", " # say why\n", "\n# a line of its own\n", "\r\n"});
  }

  std::string terms() {
    std::string out;
    for (std::size_t i = pick(12); true; --i) {
      out += one_of({oper(), name(), "law" + gap() + one_of({"pass", "join", "some_law"})});
      if (pick(4) == 0) out += gap() + "on channel";
      if (pick(4) == 0) out += gap() + "where " + formula(2);
      if (i == 0) return out;
      out += "," + gap();
    }
  }

  std::string numbers() {
    std::string out = "(" + name() + " = " + one_of({"1", "-2.5", "1e3"});
    for (std::size_t i = pick(9); i > 0; --i) out += "," + gap() + name() + "=" + one_of({"7", "- 0.25"});
    return out + gap() + ")";
  }

  std::string region() {
    std::string out = "region" + gap() + "r {" + gap();
    for (std::size_t i = pick(6); i > 0; --i) {
      out += one_of({"parents " + terms() + " as p", "children " + terms(), "through " + terms(),
                     "join " + terms() + gap() + "as k", "may" + gap() + "join " + terms(), "leak pin", "leak reject",
                     "leak" + gap() + "restore " + terms() + gap() + "else" + gap() + "pin"});
      out += gap();
    }
    return out + "}";
  }

  std::string clause() {
    switch (pick(11)) {
      case 8:
        return "match" + gap() + lines(true);
      case 9:
        return "replace " + lines(false);
      case 10:
        return "approximate \"why\"";
      case 0:
        return region();
      case 1:
        return "where " + formula(2) + gap() + "else" + gap() + "\"chain\"";
      case 2:
        return "let " + name() + " =" + gap() + formula(4);
      case 3:
        return "where " + formula(4) + one_of({"", " else \"why \\\"not\\\"\""});
      case 4:
        return "needs " + formula(3) + gap() + "else" + gap() + "\"why\"";
      case 5:
        return "repeat 20 until change <" + gap() + "0.01";
      case 6:
        return "again";
      default:
        return "do scale(p," + gap() + formula(4) + ")";
    }
  }

  std::string list() { return one_of({"[1, 3,8 ,8]", "[ 4 ]", "[- 1, 2.5]", "[]"}); }
  std::string test_input() {
    return one_of({name(), "none", "weight " + list(), "bias[4]", "positive" + gap() + list(), "integers [1,-1]",
                   "values 0.5", "values [1, 2]" + gap() + "shape [2, 1]", "values [1] float16 shape [1]"});
  }
  std::string test_line() {
    switch (pick(10)) {
      case 8:
        return "expect becomes " + lines(false);
      case 9:
        return "expect operators " + one_of({"none", "Conv," + gap() + "Relu"});
      case 0:
        return "input" + gap() + name() + gap() + list() +
               one_of({"", " int64", " values " + list(), " bool values 1"});
      case 1:
        return "output " + name() + "," + gap() + name();
      case 2:
        return one_of({"seed 7", "opset 18", "calibrate"});
      case 3:
        return "stats " + name() + one_of({"", " min -1", gap() + "min " + list()}) + " max" + gap() + list();
      case 4:
        return "expect match" + one_of({"", " parents " + name(), " parents a, e2" + gap() + "children " + name()});
      case 5:
        return "expect" + gap() + "scale " + name() + " " + one_of({"2", "[1, 0.5]"});
      case 6:
        return "expect no" + gap() + "match" + one_of({"", " conv", " \"why\"", gap() + "conv \"why \\\"not\\\"\""});
      default:
        return one_of({"", "input, "}) + name() + gap() + "=" + gap() + oper() + "(" +
               one_of({"", test_input(), test_input() + "," + gap() + test_input()}) + ")" +
               one_of({"", " axis 1", " pads" + gap() + "[1, 1]", " mode \"linear\" alpha 0.5"});
    }
  }
  std::string test() {
    std::string out = "test " + name() + " \"title\"" + gap() + "{" + gap();
    for (std::size_t i = pick(9); i > 0; --i) out += test_line() + gap();
    return out + "}";
  }

  std::string declaration() {
    switch (pick(6)) {
      case 0:
        return "use" + gap() + "\"other.dsl\"";
      case 1:
        return "op " + oper() + "," + gap() + oper() + " law pass" + one_of({"", " elementwise"}) +
               one_of({"", numbers()}) + one_of({"", gap() + "where " + formula(3)});
      case 2:
        return "set " + name() + gap() + "=" + gap() + terms();
      case 3:
        return "function " + name() + "(p, lo," + gap() + "hi) =" + gap() + formula(5);
      case 4:
        return test();
      default: {
        std::string out = "rule" + gap() + name() + one_of({"", numbers()}) + gap() + "{" + gap();
        if (pick(2) == 0) out += "\"what it is for\"" + gap();
        for (std::size_t i = pick(6); i > 0; --i) out += clause() + gap();
        return out + "}";
      }
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("the canonical text has one clause a line, two spaces, and lists wrapped after commas") {
  CHECK(
      printed(
          R"(set many=Conv,ConvTranspose , com.microsoft::FusedConv,Gemm,MatMul,Relu,LeakyRelu,PRelu,MaxPool,AveragePool,GlobalMaxPool
op   Relu,Abs   law pass   elementwise where ((name)=="x")
use "b.dsl"   function f ( p ,lo )=(p.max+lo)*2-(1-(3))
rule a(lo=1,hi=- 20){"What." region r{parents many where group==1 , Gemm as p through law
pass,law view where op!="Tile" may join Add join Concat on
channel as k children Conv leak pin}
let e=((f(p,lo)))where(count(p)>1)and(stats(p)or stats(r))else"few"needs stats(p)do scale(p,e)repeat 3 until change<0.5 again})") ==
      R"(set many = Conv, ConvTranspose, com.microsoft::FusedConv, Gemm, MatMul, Relu, LeakyRelu, PRelu,
           MaxPool, AveragePool, GlobalMaxPool
op Relu, Abs law pass elementwise where name == "x"
use "b.dsl"
function f(p, lo) = (p.max + lo) * 2 - (1 - 3)

rule a(lo = 1, hi = -20) {
  "What."
  region r {
    parents  many where group == 1, Gemm as p
    through  law pass, law view where op != "Tile"
    may join Add
    join     Concat on channel as k
    children Conv
    leak     pin
  }
  let e = f(p, lo)
  where count(p) > 1 and (stats(p) or stats(r)) else "few"
  needs stats(p)
  do scale(p, e)
  repeat 3 until change < 0.5
  again
}
)");
}

TEST_CASE("comments stay with what they stand at, and single empty lines between declarations stay") {
  const std::string text = R"(# about the file

# about the set
set a = Conv,  # inside
        Gemm   # behind


set b = Relu
rule x(lo = 1) {  # behind the head
  # before the region
  region r {  # behind its head
    # before parents
    parents Conv as p  # behind parents
    children Conv
    # last in the region
  }  # behind the region
  do scale(p,
           # in the clause
           lo)
  # last in the rule
}  # behind the rule
# at the end
)";
  const std::string wanted = R"(# about the file

# about the set
# inside
set a = Conv, Gemm  # behind

set b = Relu

rule x(lo = 1) {  # behind the head
  # before the region
  region r {  # behind its head
    # before parents
    parents  Conv as p  # behind parents
    children Conv
    # last in the region
  }  # behind the region
  # in the clause
  do scale(p, lo)
  # last in the rule
}  # behind the rule
# at the end
)";
  CHECK(printed(text) == wanted);
  CHECK(printed(wanted) == wanted);
}

TEST_CASE("brackets stand where they are needed, and nowhere else") {
  const std::vector<std::pair<std::string, std::string>> formulas = {
      {"a + b + c", "a + b + c"},
      {"(a + b) + c", "(a + b) + c"},
      {"a + (b + c)", "a + (b + c)"},
      {"((a * b)) + (c / d)", "a * b + c / d"},
      {"(a + b) * c", "(a + b) * c"},
      {"-(a + b)", "-(a + b)"},
      {"-(-(a))", "--a"},
      {"a - -b", "a - -b"},
      {"-(a * b)", "-(a * b)"},
      {"-a * b", "-a * b"},
      {"not (a and b)", "not (a and b)"},
      {"not (a == b)", "not a == b"},
      {"(not a) == b", "(not a) == b"},
      {"(a or b) and c", "(a or b) and c"},
      {"a or (b and c)", "a or b and c"},
      {"(if a then b else c) + 1", "(if a then b else c) + 1"},
      {"if (a) then (b) else (c + 1)", "if a then b else c + 1"},
      {"(let a = 1 in a) * 2", "(let a = 1 in a) * 2"},
      {"(all p: p.x == 1) and b", "(all p: p.x == 1) and b"},
      {"max((a), ((b)))", "max(a, b)"},
      {"(a < b) == (c < d)", "(a < b) == (c < d)"},
      {"(a + b) < (c)", "a + b < c"},
      {"a - (b - c) - d", "a - (b - c) - d"},
      {"a / (b / c)", "a / (b / c)"},
  };
  for (const auto& [text, wanted] : formulas) {
    CHECK(printed("function f(x) = " + text) == "function f(x) = " + wanted + "\n");
  }
}

TEST_CASE("settings are printed without brackets, also where no operator is made") {
  check_stable("rule r { region r { parents Conv as p children Conv as c } do scale(p, f Relu g(p, c)) }");
  check_stable("rule r { region r { parents Conv as p children Conv as c } do scale(p, f(p perm 1) axis 2 + 1) }");
}

TEST_CASE("a match of one line stands on one line, and other ways to find it below it") {
  const std::string text = R"(rule hard_swish {
  "x * clip(x + 3, 0, 6) / 6 is HardSwish(x)."
  match {
    # by division
    y = Div(Mul(x, Clip(Add(x, 3)) min 0 max 6), 6)  # exporters write this
     or Mul(Mul(x, Clip(Add(x, -3)) min 0 max 6), constant w or -inf, rest..., (1 / 6)) axis _ as z
    # the end
  }
  where all(p[q] == [0, s..., l[1:], l[:-1]]) and none(x)
  replace { y = HardSwish(x, none, Relu(z) like y axis 1, parts...) like z perm p[q] mode "a" }
  approximate "nearly"
}

rule other {
  match   { y = Relu(x) }
  replace { y = x }
}

test other "t" {
  input x [0, 2] int64 values [1]
  y = Relu(x, values [1] float16 shape [1])
  output y
  expect becomes { y = Relu(x, 1) axis 1 }
  expect operators none
}
)";
  const std::string wanted = [&] {
    std::string out = text;
    const std::string comment = "  # exporters write this", before = "    y = Div";
    out.replace(out.find(comment), comment.size(), "");
    return out.insert(out.find(before), "    # exporters write this\n");
  }();
  CHECK(printed(text) == wanted);
  CHECK(printed(wanted) == wanted);
}

TEST_CASE("a long `let` has each of its names on a line") {
  CHECK(printed("function aligned(p, lo, hi) = let e = equalization(p, lo, hi) in let top = largest(p.max * e) in "
                "if top > 0 then e * overall(max, abs(p.max)) / top else e") ==
        R"(function aligned(p, lo, hi) = let e = equalization(p, lo, hi) in
                              let top = largest(p.max * e) in
                              if top > 0 then e * overall(max, abs(p.max)) / top else e
)");
}

TEST_CASE("random rule files mean the same when they are printed, and printing again changes nothing") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    check_stable(RandomRules(seed).file());
  }
}

TEST_CASE("the rule files that ship mean the same when they are printed") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("rules"))) {
    if (entry.path().extension() != ".dsl") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    INFO(entry.path());
    check_stable(text.str());
    ++files;
  }
  CHECK(files >= 2);
}

}  // namespace rw::test
