// Files that are written to hurt: each ends soon, with a message.
#include <fmt/core.h>

#include <random>

#include "dsl/syntax/parse.hpp"
#include "dsl/syntax/print.hpp"
#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

namespace rw::test {

namespace {

// The codes of what is said, warnings aside.
std::vector<std::string> codes_of(const std::string& text) {
  std::vector<std::string> out;
  for (const dsl::Diagnostic& d : load_text(text).diagnostics) {
    if (d.severity == dsl::Severity::error) out.emplace_back(d.code);
  }
  return out;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("nesting is bounded, whatever nests") {
  const std::size_t n = unless_sanitized(1'000'000, 200'000);
  CHECK(codes_of("function f(x) = " + times(n, "(") + "x" + times(n, ")")) == Codes{"too-deep"});
  CHECK(codes_of("function f(x) = " + times(n, "abs(") + "x" + times(n, ")")) == Codes{"too-deep"});
  CHECK(codes_of(in_rule("where " + times(n, "not ") + "stats(p)")) == Codes{"too-deep"});
  CHECK(codes_of("function f(x) = " + times(n, "- ") + "x") == Codes{"too-deep"});
  CHECK(codes_of("function f(x) = " + times(n, "if x > 1 then ")) == Codes{"too-deep"});
  CHECK(codes_of("function f(x) = " + times(n, "let y = ")) == Codes{"too-deep"});
  CHECK(codes_of("function f(x) = " + times(n, "all x: ")) == Codes{"too-deep"});
  CHECK(codes_of("test a \"b\" " + times(n, "{")) == Codes{"syntax"});
  const auto matches = [](const std::string& line) { return "rule r { match { " + line + " } replace { y = x } }"; };
  CHECK(codes_of(matches("y = " + times(n, "Relu("))) == Codes{"too-deep"});
  CHECK(codes_of(matches("y = " + times(n, "Relu(x or "))) == Codes{"too-deep"});
  CHECK(codes_of(matches("y = Relu(x) a " + times(n, "["))) == Codes{"too-deep"});
  CHECK(codes_of("function f(x) = x" + times(n, "[x")) == Codes{"too-deep"});
  CHECK(codes_of("rule r { match { y = Relu(x) } replace { y = " + times(n, "Relu(") + " } }") == Codes{"too-deep"});
  CHECK(codes_of(matches("y = " + times(199, "Relu(") + "x" + times(199, ")"))).empty());
  // Two hundred are allowed.
  CHECK(codes_of("function f(x) = " + times(200, "(") + "x" + times(200, ")")).empty());
  CHECK(codes_of("function f(x) = " + times(200, "- ") + "x").empty());
  CHECK(codes_of(in_rule("where " + times(200, "not ") + "lo > 1")).empty());
  CHECK(codes_of("function f(x) = " + times(201, "- ") + "x") == Codes{"too-deep"});
}

TEST_CASE("a list is not nesting: long sums and conditions are fine up to the size of a rule") {
  CHECK(codes_of(in_rule("where count(p) > 0" + times(20'000, " or lo > 2"))).empty());
  CHECK(codes_of(in_rule("let s = lo" + times(450, " + hi") + " where s > 1")).empty());
  CHECK(codes_of(in_rule("let s = lo" + times(100'000, " + hi"))) == Codes{"too-deep"});
  CHECK(codes_of(in_rule("where count(p) > 0" + times(100'000, " or lo > 2"))) == Codes{"too-large"});
  const dsl::Loaded loaded = load_text(in_rule("where count(p) > 0" + times(20'000, " or lo > 2")));
  REQUIRE(loaded.program.rules.size() == 1);
  std::vector<std::uint32_t> depth;
  for (const dsl::Expr& expr : loaded.program.rules[0].exprs) {
    std::uint32_t deepest = 0;
    for (const dsl::ExprId operand : expr.operands) deepest = std::max(deepest, depth[operand]);
    depth.push_back(deepest + 1);
  }
  CHECK(depth.back() < 30);
}

TEST_CASE("a match has a thousand lines, and takes time in proportion") {
  const auto rule = [](int lines, int reads) {
    std::string match, replace;
    for (int i = 0; i < lines; ++i) {
      match += fmt::format("t{} = Concat(t{}", i + 1, i);
      for (int k = 0; k < reads; ++k) match += fmt::format(", Relu(t{}) or x{}", i, k);
      match += ") axis a\n";
      replace += fmt::format("t{} = Relu(t{})\n", i + 1, i);
    }
    return fmt::format("rule r {{ match {{ {} }} where a == 1 replace {{ {} }} }}", match, replace);
  };
  CHECK(codes_of(rule(1000, 5)).empty());
  CHECK(codes_of(rule(1001, 0)) == Codes{"too-large"});
  CHECK(codes_of(rule(1000, 20)) == Codes{"too-large"});
  // Each line reads the ones before it twice: whoever looks along each path does not end.
  std::string doubled = "t1 = Add(t0, t0)\n";
  for (int i = 1; i < 900; ++i) doubled += fmt::format("t{} = Add(t{}, t{})\n", i + 1, i, i);
  CHECK(codes_of("rule r { match { " + doubled + " } replace { t900 = t0 } }").empty());
  CHECK(codes_of("rule r { match { y = Relu(x) } where [0" + times(90'000, ", 1") + "] == [1] replace { y = x } }")
            .empty());
  CHECK(codes_of("rule r { match { y = Relu(x) } where [0" + times(100'000, ", 1") + "] == [1] replace { y = x } }") ==
        Codes{"too-large"});
}

TEST_CASE("functions that double again and again are cut off") {
  std::string text = "function f0(x) = x + x\n";
  for (int i = 1; i < 60; ++i) text += fmt::format("function f{}(x) = f{}(x + 1) + f{}(x)\n", i, i - 1, i - 1);
  CHECK(codes_of(text + in_rule("let s = f59(lo) where s > 1")) == Codes{"too-large"});
  CHECK(codes_of(text + in_rule("let s = f8(lo) where s > 1")).empty());
}

TEST_CASE("functions that call one another in a long row are cut off") {
  std::string text = "function f0(x) = x\n";
  for (int i = 1; i < 20'000; ++i) text += fmt::format("function f{}(x) = f{}(x)\n", i, i - 1);
  CHECK(codes_of(text + in_rule("let s = f19999(lo) where s > 1")) == Codes{"too-deep"});
  CHECK(codes_of(text + in_rule("let s = f400(lo) where s > 1")).empty());
}

TEST_CASE("sets that double again and again are cut off") {
  std::string text = "set s0 = Conv, Gemm\n";
  for (int i = 1; i < 60; ++i) text += fmt::format("set s{} = s{}, s{}\n", i, i - 1, i - 1);
  const Codes codes = codes_of(text);
  REQUIRE_FALSE(codes.empty());
  CHECK(codes[0] == "too-large");
}

TEST_CASE("many rules that are each below the limit are cut off together") {
  std::string text = "function f0(x) = x + x\n";
  for (int i = 1; i < 12; ++i) text += fmt::format("function f{}(x) = f{}(x + 1) + f{}(x)\n", i, i - 1, i - 1);
  std::string rules;
  for (int i = 0; i < 300; ++i) {
    rules += fmt::format("rule q{} {{ region r {{ parents Conv as p children Conv }} do scale(p, f11(2)) }}\n", i);
  }
  const Codes codes = codes_of(text + rules);
  REQUIRE_FALSE(codes.empty());
  CHECK(codes.size() <= 101);
  CHECK(codes[0] == "too-large");
}

TEST_CASE("a large file is read in time, whatever it is made of") {
  const std::size_t size = std::size_t{1} << unless_sanitized(20U, 16U);
  const std::vector<std::string> pieces = {"+1",
                                           "a-",
                                           "set a = Conv ",
                                           "Conv,",
                                           "x ",
                                           "\"",
                                           "\n",
                                           "# comment\n",
                                           "- ",
                                           "rule a { ",
                                           "op Conv law pass ",
                                           ".",
                                           "a.b-c",
                                           "\\",
                                           "use \"x\" ",
                                           "^",
                                           "function f(x) = x\n",
                                           "let a = 1 in ",
                                           "\xc3\xb6"};
  const std::vector<std::string> heads = {"", "function f(x) = 1", "set a = ", "rule a { do scale("};
  for (const std::string& piece : pieces) {
    for (const std::string& head : heads) {
      INFO(head << " and again and again " << piece);
      const dsl::Loaded loaded = load_text(head + times(size / piece.size(), piece));
      CHECK(loaded.diagnostics.size() <= 2 * dsl::kMaxErrors + 1);  // errors, warnings, the note
      CHECK(draw_all(loaded).size() < 200'000);
    }
  }
}

// A step that is not linear would take hours, and run into the time limit that all tests have.
TEST_CASE("many names, and many mistakes in them, take time in proportion") {
  const int names = unless_sanitized(30'000, 5'000);
  std::string sets, functions, lets, terms, operators;
  for (int i = 0; i < names; ++i) {
    sets += fmt::format("set a_set_with_a_long_name_{} = Conv\n", i);
    functions += fmt::format("function a_function_with_a_long_name_{0}(x) = x + {0}\n", i);
    lets += fmt::format("let a_value_with_a_long_name_{} = lo\n", i);
    terms += fmt::format("{}a_set_wiht_a_long_name_{}", i == 0 ? "" : ", ", i);
    operators += fmt::format("{}Convolution{}", i == 0 ? "" : ", ", i);
  }
  std::string wrong = "1";
  for (int i = 0; i < names; ++i)
    wrong += fmt::format(" + a_value_wiht_a_long_name_{0} + a_function_wiht_a_long_name_{0}(1)", i);
  const dsl::Loaded loaded = load_text(sets + functions + "set wrong = " + terms + "\nset more = " + operators + "\n" +
                                       in_rule(lets + "let wrong = " + wrong));
  std::size_t errors = 0;
  for (const dsl::Diagnostic& d : loaded.diagnostics) errors += d.severity == dsl::Severity::error;
  CHECK(errors == dsl::kMaxErrors + 1);
}

TEST_CASE("texts that are nearly rules are read, checked and drawn without harm") {
  const std::vector<std::string> words = {"use ",
                                          "op ",
                                          "set ",
                                          "function ",
                                          "rule ",
                                          "test ",
                                          "law ",
                                          "where ",
                                          "needs ",
                                          "else ",
                                          "region ",
                                          "match { y = Relu(x) } ",
                                          "replace { y = x } ",
                                          "let ",
                                          "in ",
                                          "repeat ",
                                          "until ",
                                          "change ",
                                          "do ",
                                          "parents ",
                                          "children ",
                                          "through ",
                                          "may ",
                                          "join ",
                                          "leak ",
                                          "pin ",
                                          "again ",
                                          "if ",
                                          "then ",
                                          "and ",
                                          "or ",
                                          "not ",
                                          "as ",
                                          "on ",
                                          "channel ",
                                          "all ",
                                          "any ",
                                          "none ",
                                          "like ",
                                          "x ",
                                          "p ",
                                          "Conv ",
                                          "Relu ",
                                          "com.microsoft::FusedConv ",
                                          "\"text\" ",
                                          "\"",
                                          "1 ",
                                          "1e-3 ",
                                          "( ",
                                          ") ",
                                          "{ ",
                                          "} ",
                                          ", ",
                                          "= ",
                                          "== ",
                                          "< ",
                                          "=> ",
                                          "-> ",
                                          "- ",
                                          "+ ",
                                          "* ",
                                          "/ ",
                                          ". ",
                                          ": ",
                                          "# c\n",
                                          "\n",
                                          "^",
                                          "\xff",
                                          "\xc3\xb6",
                                          "\t",
                                          "p.max ",
                                          "scale(p, 1) ",
                                          "range(p) ",
                                          "linear ",
                                          "pass ",
                                          "match { ",
                                          "replace { ",
                                          "approximate ",
                                          "constant ",
                                          "inf ",
                                          "... ",
                                          "[ ",
                                          "] ",
                                          "_ ",
                                          "y = Relu(x) ",
                                          "perm p ",
                                          "or 0 ",
                                          "expect becomes { ",
                                          "float16 "};
  const std::string valid =
      "op Softmax law pass where name like \"x\"\nfunction twice(x) = x + x\n" +
      in_rule("let s = max(p.max, lo)\nwhere count(p) > 1 and overall(max, s) > 1 else \"x\"") +
      "test r1 \"t\" { input x [1] output x expect match }\nrule c { match { y = Conv(x, w) z = Relu(y) } replace { z "
      "= Conv(x, w) } }\n"
      "rule m { match { y = Transpose(Transpose(x) perm p) perm q as t  z, _, r... = Split(y, constant w or -inf, 3) "
      "}\n"
      "  where all(p[q] == [0, p..., q[1:2]...]) replace { u = Transpose(x, none, w + 1) like t perm q\n"
      "  y = u z, _, r... = Split(Relu(y)) axis 1 } }\n"
      "test m \"t\" { input x [0] int64 values [] y = Relu(x) output y expect becomes { y = Relu(x, 1) } expect "
      "operators none "
      "}\n";
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  CHECK(draw_all(load_text(valid)) == "");
  std::size_t clean = 0;
  for (int round = 0; round < unless_sanitized(3000, 1000); ++round) {
    std::string text;
    if (round % 2 == 0) {
      for (std::size_t i = pick(60); i > 0; --i) text += words[pick(words.size())];
    } else {
      text = valid;
      for (std::size_t i = pick(4); i > 0; --i) text.replace(pick(text.size()), pick(6), words[pick(words.size())]);
    }
    const dsl::Loaded loaded = load_text(text);
    const std::string drawn = draw_all(loaded);
    clean += !has_errors(loaded.diagnostics);
    for (const char c : drawn) REQUIRE((static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t'));
    for (const dsl::Diagnostic& d : loaded.diagnostics) {
      REQUIRE(d.at.offset + d.at.length <= loaded.sources[d.at.source].text.size());
    }
    // What can be read can be printed, and means the same.
    dsl::Sources sources;
    sources.add({"a.dsl", text});
    dsl::Diagnostics first;
    const dsl::tree::File file = parse(sources, 0, first);
    if (has_errors(first)) continue;
    sources.add({"b.dsl", print(file, sources)});
    dsl::Diagnostics second;
    const dsl::tree::File again = parse(sources, 1, second);
    INFO(text);
    REQUIRE(draw_all(second, sources) == "");
    REQUIRE(shape_of(again) == shape_of(file));
    REQUIRE(print(again, sources) == sources[1].text);
  }
  CHECK(clean > 30);  // some of them are fine, or nothing was tested
}

}  // namespace rw::test
