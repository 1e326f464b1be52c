// For every mistake that a rule file can make: the file, and all that is said of it.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

namespace {

// A test whose lines 1 to 7 are in order; `lines` come after them.
std::string in_test(std::string_view lines) {
  return fmt::format(
      "rule r1 {{ region r {{ parents Conv as p through Relu children Conv }} do scale(p, 2) }}\n"
      "\n"
      "test r1 \"scales\" {{\n"
      "  input x [1, 3, 4, 4]\n"
      "  a = Conv(x, weight [4, 3, 1, 1])\n"
      "  output a\n"
      "  expect match\n"
      "{}\n}}\n",
      lines);
}

struct Golden {
  std::string_view code;
  std::string text;  // of mine.dsl; other.dsl and loop.dsl are beside it
  std::string_view want;
};

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all = {

      // ---- reading ----

      {"cannot-read", R"(use "nowhere.dsl")",
       R"(mine.dsl:1:5: error: cannot read 'nowhere.dsl': no such file [cannot-read]
   1 | use "nowhere.dsl"
     |     ^^^^^^^^^^^^^ a path is looked for from the folder of the file that says it, or from where you are
)"},
      {"cannot-read", R"(use "sdt")",
       R"(mine.dsl:1:5: error: cannot read 'sdt': no such file is shipped [cannot-read]
   1 | use "sdt"
     |     ^^^^^ did you mean 'std'?
)"},
      {"encoding", "set a = Conv # \xff\n",
       R"(mine.dsl:1:16: error: this byte is not UTF-8 [encoding]
   1 | set a = Conv # \xff
     |                ^^^^ save the file as UTF-8
)"},
      {"use-cycle", R"(use "loop.dsl")",
       R"(loop.dsl:1:5: error: files use each other in a circle [use-cycle]
   1 | use "mine.dsl"
     |     ^^^^^^^^^^ mine.dsl -> loop.dsl -> mine.dsl: take one of these lines out
)"},
      {"not-run", "use \"rules.dsl\"\n",
       R"(mine.dsl:1:5: warning: `use` runs nothing: the rule of this file rests [not-run]
   1 | use "rules.dsl"
     |     ^^^^^^^^^^^ to run them at this place write: include "rules.dsl"
)"},

      // ---- parsing ----

      {"syntax", "set conv Conv\n",
       R"(mine.dsl:1:10: error: expected '=' after the set's name, found 'Conv' [syntax]
   1 | set conv Conv
     |          ^^^^ as in: set conv = Conv, Gemm
)"},
      {"syntax", "set Conv = Gemm\n",
       R"(mine.dsl:1:5: error: expected a name after `set`, found 'Conv' [syntax]
   1 | set Conv = Gemm
     |     ^^^^ names begin with a small letter
)"},
      {"syntax", "function region(x) = x\n",
       R"(mine.dsl:1:10: error: expected a name after `function`, found 'region' [syntax]
   1 | function region(x) = x
     |          ^^^^^^ 'region' is a word of the language: choose another name
)"},
      {"syntax", "rule a {\n  regoin r { }\n}\n",
       R"(mine.dsl:2:3: error: expected a clause or '}', found 'regoin' [syntax]
   2 |   regoin r { }
     |   ^^^^^^ did you mean 'region'?
)"},
      {"syntax", "rule a {\n  again",
       R"(mine.dsl:2:8: error: expected a clause or '}', found the end of the file [syntax]
   2 |   again
     |        ^ the { in line 1 is not closed
)"},
      {"syntax", "rule a(lo = 3 dB) { }\n",
       R"(mine.dsl:1:15: error: expected ',' or ')' after a number, found 'dB' [syntax]
   1 | rule a(lo = 3 dB) { }
     |               ^^ numbers have no units: take out 'dB'
)"},
      {"syntax", in_rule(R"(  where count(p) > 1 dB else "x")"),
       R"(mine.dsl:4:22: error: expected a clause or '}', found 'dB' [syntax]
   4 |   where count(p) > 1 dB else "x"
     |                      ^^ numbers have no units: take out 'dB'
)"},
      {"bad-number", in_rule("  do scale(p, 10ms)"),
       R"(mine.dsl:4:17: error: a number cannot go on like this [bad-number]
   4 |   do scale(p, 10ms)
     |                 ^^ numbers have no units, and are written 3, 0.5 or 1e-30
)"},
      {"no-such-sign", in_rule("  do scale(p, 20%)"),
       R"(mine.dsl:4:17: error: '%' is no sign of formulas [no-such-sign]
   4 |   do scale(p, 20%)
     |                 ^ there is no remainder, and 20 % is 0.2
)"},
      {"syntax", "set a = Conv(group = 1)\n",
       R"(mine.dsl:1:13: error: an operator is named without its attributes [syntax]
   1 | set a = Conv(group = 1)
     |             ^ ask for one behind it: Conv where group == 1
)"},
      {"syntax", "set a = Relu, Conv.group\n",
       R"(mine.dsl:1:19: error: an operator is named without its attributes [syntax]
   1 | set a = Relu, Conv.group
     |                   ^ ask for one behind it: Conv where group == 1
)"},
      {"syntax", "set a = Conv group\n",
       R"(mine.dsl:1:14: error: expected a declaration, found 'group' [syntax]
   1 | set a = Conv group
     |              ^^^^^ ask for an attribute behind `where`: Conv where group == 1
)"},
      {"syntax", "rule q { region r { parents Conv.group as p children Conv } do scale(p, 2) }\n",
       R"(mine.dsl:1:33: error: an operator is named without its attributes [syntax]
   1 | rule q { region r { parents Conv.group as p children Conv } do scale(p, 2) }
     |                                 ^ ask for one behind it: Conv where group == 1
)"},
      {"syntax", "rule q { chain Conv as a => Relu as b do remove(b) }\n",
       R"(mine.dsl:1:10: error: `chain` is no clause: operators are found with `match` [syntax]
   1 | rule q { chain Conv as a => Relu as b do remove(b) }
     |          ^^^^^ Relu behind Relu: match { y = Relu(x) z = Relu(y) } replace { z = Relu(x) }
)"},
      {"syntax", "op Conv(group = 1) law block\n",
       R"(mine.dsl:1:8: error: expected `law` after the operators, found '(' [syntax]
   1 | op Conv(group = 1) law block
     |        ^ ask in a guard: op Conv law block where group == 1
)"},
      {"unterminated-string", "use \"other.dsl\n",
       R"(mine.dsl:1:5: error: this string has no end [unterminated-string]
   1 | use "other.dsl
     |     ^^^^^^^^^^ a string ends on its line, with "
)"},
      {"bad-escape", "use \"a\\b.dsl\"\n",
       R"(mine.dsl:1:7: error: a backslash in a string stands before ", \ or n [bad-escape]
   1 | use "a\b.dsl"
     |       ^^ for a backslash write \\
)"},
      {"bad-number", "rule a(lo = 1x) { }\n",
       R"(mine.dsl:1:14: error: a number cannot go on like this [bad-number]
   1 | rule a(lo = 1x) { }
     |              ^ numbers have no units, and are written 3, 0.5 or 1e-30
)"},
      {"bad-number", "function f(x) = x * 1e999\n",
       R"(mine.dsl:1:21: error: this number is too large [bad-number]
   1 | function f(x) = x * 1e999
     |                     ^^^^^ at most 1.7e308
)"},
      {"trailing-comma", "set conv = Conv,\nset more = Conv\n",
       R"(mine.dsl:1:16: error: expected an operator, a set or a law after ',', found 'set' [trailing-comma]
   1 | set conv = Conv,
     |                ^ take out the comma
)"},
      {"trailing-comma", in_rule("  do scale(p, max(1, ))"),
       R"(mine.dsl:4:20: error: expected another argument after ',', found ')' [trailing-comma]
   4 |   do scale(p, max(1, ))
     |                    ^ take out the comma
)"},
      {"missing-else", in_rule("  needs stats(p) \"no statistics\""),
       R"(mine.dsl:4:18: error: a reason stands behind `else` [missing-else]
   4 |   needs stats(p) "no statistics"
     |                  ^^^^^^^^^^^^^^^ write `else` before the reason
)"},
      {"single-equal", in_rule("  where count(p) = 1"),
       R"(mine.dsl:4:18: error: '=' gives a name to a value [single-equal]
   4 |   where count(p) = 1
     |                  ^ to compare write ==
)"},
      {"chained-comparison", in_rule("  where 1 < count(p) <= 3"),
       R"(mine.dsl:4:22: error: comparisons cannot be chained [chained-comparison]
   4 |   where 1 < count(p) <= 3
     |                      ^^ write `a < b and b < c`
)"},
      {"no-such-sign", in_rule("  let s = count(p) ^ 2"),
       R"(mine.dsl:4:20: error: there is no sign for powers [no-such-sign]
   4 |   let s = count(p) ^ 2
     |                    ^ write pow(x, y)
)"},
      {"no-such-sign", in_rule("  where stats(p) && stats(r)"),
       R"(mine.dsl:4:18: error: conditions are joined by a word [no-such-sign]
   4 |   where stats(p) && stats(r)
     |                  ^^ write `and`
)"},
      {"no-such-sign", in_rule("  where stats(p) || stats(r)"),
       R"(mine.dsl:4:18: error: conditions are joined by a word [no-such-sign]
   4 |   where stats(p) || stats(r)
     |                  ^^ write `or`
)"},
      {"no-such-sign", in_rule("  where !stats(p)"),
       R"(mine.dsl:4:9: error: conditions are negated by a word [no-such-sign]
   4 |   where !stats(p)
     |         ^ write `not`
)"},
      {"no-such-sign", in_rule("  where count(p) % 2 == 0"),
       R"(mine.dsl:4:18: error: '%' is no sign of formulas [no-such-sign]
   4 |   where count(p) % 2 == 0
     |                  ^ there is no remainder, and 20 % is 0.2
)"},
      {"too-deep", "function f(x) =\n" + times(201, "(\n") + "x\n" + times(201, ")\n"),
       R"(mine.dsl:203:1: error: formulas are nested at most 200 deep [too-deep]
 203 | x
     | ^ give a part of it a name with `let`
)"},
      {"too-large",
       "set a = Conv, Conv, Conv, Conv, Conv, Conv, Conv, Conv, Conv, Conv\n"
       "set b = a, a, a, a, a, a, a, a, a, a\n"
       "set c = b, b, b, b, b, b, b, b, b, b\n"
       "set d = c, c, c, c, c, c, c, c, c, c\n"
       "set e = d, a\n",
       R"(mine.dsl:5:12: error: with its sets written out this has more than 10000 operators [too-large]
   5 | set e = d, a
     |            ^ a law admits many at once: law pass
)"},

      // ---- names ----

      {"unknown-name", "set conv = Conv\nset more = covn\n",
       R"(mine.dsl:2:12: error: unknown set 'covn' [unknown-name]
   2 | set more = covn
     |            ^^^^ did you mean 'conv'?
)"},
      {"unknown-name", in_rule("  do scale(p, rnage(p))"),
       R"(mine.dsl:4:15: error: unknown function 'rnage' [unknown-name]
   4 |   do scale(p, rnage(p))
     |               ^^^^^ did you mean 'range'?
)"},
      {"unknown-name", in_rule("  do sclae(p, 1)"),
       R"(mine.dsl:4:6: error: unknown action 'sclae' [unknown-name]
   4 |   do sclae(p, 1)
     |      ^^^^^ did you mean 'scale'?
)"},
      {"unknown-name", in_rule("  where any c: c.gruop > 1"),
       R"(mine.dsl:4:18: error: Conv has no attribute 'gruop' [unknown-name]
   4 |   where any c: c.gruop > 1
     |                  ^^^^^ did you mean 'group'?
)"},
      {"unknown-name", in_rule("  where all p: p.group == 1"),
       R"(mine.dsl:4:18: error: Gemm has no attribute 'group' [unknown-name]
   4 |   where all p: p.group == 1
     |                  ^^^^^ ask those that have it, in the clause: Conv where group == 1
)"},
      {"unknown-name", in_rule("  let s = overall(median, p.max)"),
       R"(mine.dsl:4:19: error: overall takes the way to collect first [unknown-name]
   4 |   let s = overall(median, p.max)
     |                   ^^^^^^ did you mean 'mean'?
)"},
      {"unknown-name", in_rule("  where group > 1"),
       R"(mine.dsl:4:9: error: unknown name 'group' [unknown-name]
   4 |   where group > 1
     |         ^^^^^ an attribute is written c.group
)"},
      {"unknown-name", "op My law liner\n",
       R"(mine.dsl:1:11: error: unknown law 'liner' [unknown-name]
   1 | op My law liner
     |           ^^^^^ did you mean 'linear'?
)"},
      {"unknown-name", "op My law linear(weights = 1)\n",
       R"(mine.dsl:1:18: error: law linear has no parameter 'weights' [unknown-name]
   1 | op My law linear(weights = 1)
     |                  ^^^^^^^ did you mean 'weight'?
)"},
      {"out-of-range", "op My law linear(weight = -1)\n",
       R"(mine.dsl:1:27: error: 'weight' is the number of an input [out-of-range]
   1 | op My law linear(weight = -1)
     |                           ^^ inputs are counted from 0: weight = 1
)"},
      {"out-of-range", "op My law linear(weight = 1, weight_in = 0.5)\n",
       R"(mine.dsl:1:42: error: 'weight_in' is a whole number [out-of-range]
   1 | op My law linear(weight = 1, weight_in = 0.5)
     |                                          ^^^ axes are counted from 0, or from the end by -1
)"},
      {"unknown-operator", "set conv = Conv, ConvTrans\n",
       R"(mine.dsl:1:18: warning: nobody knows operator 'ConvTrans': it blocks [unknown-operator]
   1 | set conv = Conv, ConvTrans
     |                  ^^^^^^^^^ did you mean 'ConvTranspose'?
)"},
      {"unknown-operator", "set conv = Conv, Convv\n",
       R"(mine.dsl:1:18: warning: nobody knows operator 'Convv': it blocks [unknown-operator]
   1 | set conv = Conv, Convv
     |                  ^^^^^ did you mean 'Conv'?
)"},
      {"not-yet-known", in_rule("  where s > 1\n  let s = count(p)"),
       R"(mine.dsl:4:9: error: 's' is used before it is bound [not-yet-known]
   4 |   where s > 1
     |         ^ it is bound in line 5
)"},
      {"not-yet-known", "set more = conv\nset conv = Conv\n",
       R"(mine.dsl:1:12: error: set 'conv' is used before it is declared [not-yet-known]
   1 | set more = conv
     |            ^^^^ move it up from line 2
)"},
      {"not-yet-known", "function f(x) = f(x)\n",
       R"(mine.dsl:1:17: error: 'f' cannot call itself [not-yet-known]
   1 | function f(x) = f(x)
     |                 ^ write the formula out
)"},
      {"duplicate-name", "set conv = Conv\nset conv = Gemm\n",
       R"(mine.dsl:2:5: error: a set 'conv' is there already [duplicate-name]
   2 | set conv = Gemm
     |     ^^^^ in mine.dsl:1: choose another name
)"},
      {"duplicate-name", in_rule("  let lo = count(p)"),
       R"(mine.dsl:4:7: error: 'lo' is taken [duplicate-name]
   4 |   let lo = count(p)
     |       ^^ it is bound in line 1: choose another name
)"},
      {"wrong-name", in_rule("  do scale(p, p + 1)"),
       R"(mine.dsl:4:15: error: 'p' is a set of nodes, not a value [wrong-name]
   4 |   do scale(p, p + 1)
     |               ^ a field of it is a value: p.max
)"},
      {"wrong-name", in_rule("  do scale(p, c.max)"),
       R"(mine.dsl:4:17: error: 'max' is not known of children [wrong-name]
   4 |   do scale(p, c.max)
     |                 ^^^ an attribute is c.attribute.max
)"},
      {"wrong-name", in_rule("  do scale(c, 1)"),
       R"(mine.dsl:4:12: error: expected the parents of the region, 'c' is children [wrong-name]
   4 |   do scale(c, 1)
     |            ^ did you mean 'p'?
)"},
      {"unused", in_rule("  let s = count(p)"),
       R"(mine.dsl:4:7: warning: name 's' is never used [unused]
   4 |   let s = count(p)
     |       ^ take it out, or use it
)"},

      // ---- formulas ----

      {"wrong-kind", in_rule("  do scale(p, p.name + 1)"),
       R"(mine.dsl:4:15: error: expected a number, this is a text [wrong-kind]
   4 |   do scale(p, p.name + 1)
     |               ^^^^^^ a text is compared by ==, != and like
)"},
      {"wrong-kind", in_rule("  where count(p)"),
       R"(mine.dsl:4:9: error: expected a condition, this is a number [wrong-kind]
   4 |   where count(p)
     |         ^^^^^^^^ compare it: count(p) > 0
)"},
      {"wrong-kind", in_rule("  where any c: c.pads == 1"),
       R"(mine.dsl:4:23: error: a list is never equal to a number [wrong-kind]
   4 |   where any c: c.pads == 1
     |                       ^^ one item of it is c.pads[0]; all of them: c.pads == [1, 1]
)"},
      {"wrong-count", in_rule("  do scale(p, max(p.max))"),
       R"(mine.dsl:4:15: error: max compares two values, this is one [wrong-count]
   4 |   do scale(p, max(p.max))
     |               ^^^ the largest channel is largest(x)
)"},
      {"wrong-count", in_rule("  do scale(p, range(p, 1))"),
       R"(mine.dsl:4:15: error: range takes 1 argument, not 2 [wrong-count]
   4 |   do scale(p, range(p, 1))
     |               ^^^^^ write range(p)
)"},
      {"families-meet", in_rule("  do scale(p, p.weight / c.weight)"),
       R"(mine.dsl:4:24: error: values of p and of c do not meet: they are different nodes [families-meet]
   4 |   do scale(p, p.weight / c.weight)
     |                        ^ across(max, ...) makes a value of the region from those of c
)"},
      {"families-meet", in_rule("  do scale(p, 1 / c.weight)"),
       R"(mine.dsl:4:15: error: a scale for p cannot be a value for each channel of c [families-meet]
   4 |   do scale(p, 1 / c.weight)
     |               ^^^^^^^^^^^^ across(max, ...) makes a value of the region from those of c
)"},
      {"unreduced", in_rule("  where c.group == 1"),
       R"(mine.dsl:4:9: error: this condition has a value for each node of c, one is wanted [unreduced]
   4 |   where c.group == 1
     |         ^^^^^^^^^^^^ c is a set: write `all c: c.group == 1`
)"},
      {"nothing-to-collect", in_rule("  do scale(p, largest(r.max))"),
       R"(mine.dsl:4:23: error: largest is over the channels of each node, this is a value for each scale of the region [nothing-to-collect]
   4 |   do scale(p, largest(r.max))
     |                       ^^^^^ overall(max, x) is over the whole region
)"},

      // ---- clauses ----

      {"missing-clause", "rule a {\n  region r { parents Conv }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:10: error: region 'r' has no `children` [missing-clause]
   2 |   region r { parents Conv }
     |          ^ say which operators absorb it: children Conv as c
)"},
      {"missing-clause", "rule a { }\n",
       R"(mine.dsl:1:6: error: rule 'a' has no region and no `match` [missing-clause]
   1 | rule a { }
     |      ^ say where it applies: region r { ... }, or match { ... }
mine.dsl:1:6: error: rule 'a' has no `do` [missing-clause]
   1 | rule a { }
     |      ^ say what to do: do scale(p, ...)
)"},
      {"duplicate-clause",
       "rule a {\n  region r { parents Conv as p children Conv }\n  region s { parents Conv children Conv }\n"
       "  do scale(p, 1)\n}\n",
       R"(mine.dsl:3:3: error: a rule has one region [duplicate-clause]
   3 |   region s { parents Conv children Conv }
     |   ^^^^^^ make a rule of its own for each
)"},
      {"unknown-name", in_rule("  do remove(p)"),
       R"(mine.dsl:4:6: error: 'remove' is no action: a `replace` without an operator takes it out [unknown-name]
   4 |   do remove(p)
     |      ^^^^^^ match { y = Identity(x) } replace { y = x }
)"},
      {"unknown-name", in_rule("  do replace(p, Relu)"),
       R"(mine.dsl:4:6: error: 'replace' is no action: a rule with `match` puts another operator in its place [unknown-name]
   4 |   do replace(p, Relu)
     |      ^^^^^^^ match { y = Pow(x, 2) } replace { y = Mul(x, x) }
)"},
      {"unknown-name", "rule a {\n  do fold_affine(a, b)\n}\n",
       R"(mine.dsl:2:6: error: 'fold_affine' is no action: a rule with `match` computes the new weight [unknown-name]
   2 |   do fold_affine(a, b)
     |      ^^^^^^^^^^^ fold_factor in prepare.dsl shows how
)"},
      {"misplaced", "set conv = Conv where abs(group) == 1\n",
       R"(mine.dsl:1:23: error: a guard has no functions [misplaced]
   1 | set conv = Conv where abs(group) == 1
     |                       ^^^ it compares attributes of one operator
)"},
      {"out-of-range", in_rule("  repeat 1001 until change < 0.1"),
       R"(mine.dsl:4:10: error: a rule is repeated 1 to 1000 times [out-of-range]
   4 |   repeat 1001 until change < 0.1
     |          ^^^^ write 1000 at most; it ends sooner where little changes
)"},
      {"never-matches", "rule a {\n  region r { parents Relu as p children Conv }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:22: error: no operator of this `parents` can offer a scale: the rule never matches [never-matches]
   2 |   region r { parents Relu as p children Conv }
     |                      ^^^^ Relu has law pass: name one that does, as Conv
)"},
      {"never-matches",
       "rule a {\n  region r { parents Conv as p through Softmax, Gemm children Conv }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:40: warning: no operator of this `through` can carry a scale: it admits nothing [never-matches]
   2 |   region r { parents Conv as p through Softmax, Gemm children Conv }
     |                                        ^^^^^^^^^^^^^ Softmax has no law: it blocks: take it out
)"},
      {"never-matches", "rule a {\n  region r { parents Conv as p children Relu, Add }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:41: error: no operator of this `children` can absorb a scale: the rule never matches [never-matches]
   2 |   region r { parents Conv as p children Relu, Add }
     |                                         ^^^^^^^^^ Relu has law pass: name one that does, as Conv
)"},
      {"never-matches", "rule a {\n  region r { parents Conv as p children law pass }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:41: error: no operator of this `children` can absorb a scale: the rule never matches [never-matches]
   2 |   region r { parents Conv as p children law pass }
     |                                         ^^^^^^^^ an operator of law pass cannot absorb a scale: name one that does, as Conv
)"},
      {"never-matches",
       "rule a {\n  region r { parents Conv as p through law shape children Conv }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:40: warning: no operator of this `through` can carry a scale: it admits nothing [never-matches]
   2 |   region r { parents Conv as p through law shape children Conv }
     |                                        ^^^^^^^^^ no `op` line binds an operator to law shape: take it out
)"},
      {"never-matches", "rule a {\n  region r { parents Conv, law join as p children Conv }\n  do scale(p, 1)\n}\n",
       R"(mine.dsl:2:28: warning: an operator of law join cannot offer a scale: it admits nothing here [never-matches]
   2 |   region r { parents Conv, law join as p children Conv }
     |                            ^^^^^^^^ take it out
)"},
      {"unknown-name", "set a = Conv, law lineer\n",
       R"(mine.dsl:1:19: error: unknown law 'lineer' [unknown-name]
   1 | set a = Conv, law lineer
     |                   ^^^^^^ did you mean 'linear'?
)"},
      {"syntax", "set a = law\nset b = Conv\n",
       R"(mine.dsl:2:1: error: expected a law after `law`: law pass, found 'set' [syntax]
   2 | set b = Conv
     | ^^^ 'set' is a word of the language: choose another name
)"},
      {"shadowed",
       "rule a {\n  region r { parents Conv, Gemm as p through Relu children Conv }\n  do scale(p, 2)\n}\n"
       "rule b {\n  region r { parents Conv as p children Conv }\n  where count(p) == 1\n  do scale(p, 3)\n}\n",
       R"(mine.dsl:5:6: warning: rule 'b' never gets a region: 'a' runs first and takes all that it wants [shadowed]
   5 | rule b {
     |      ^ mine.dsl:1: put this rule before it, or say `again`
)"},

      {"out-of-range", in_test("  expect within 2"),
       R"(mine.dsl:8:17: error: an output may move by a part of its largest value: more than 0, at most 1 [out-of-range]
   8 |   expect within 2
     |                 ^ write expect within 0.01
)"},
      // ---- habits of other languages, and what is easily forgotten ----

      {"syntax", "// my rules\nset a = Conv\n",
       R"(mine.dsl:1:1: error: expected a declaration, found '/' [syntax]
   1 | // my rules
     | ^ a comment begins with #
)"},
      {"syntax", "{\"rules\": []}\n",
       R"(mine.dsl:1:1: error: expected a declaration, found '{' [syntax]
   1 | {"rules": []}
     | ^ a rule file has use, include, op, set, function, rule and test
)"},
      {"syntax", "def rule(op, x):\n  return x\n",
       R"(mine.dsl:1:1: error: expected a declaration, found 'def' [syntax]
   1 | def rule(op, x):
     | ^^^ a rule file has use, include, op, set, function, rule and test
)"},
      {"syntax", "set a = Conv\n}\n",
       R"(mine.dsl:2:1: error: expected a declaration, found '}' [syntax]
   2 | }
     | ^ nothing is open that it would close
)"},
      {"syntax", "set conv =\nrule a { }\n",
       R"(mine.dsl:1:11: error: expected an operator, a set or a law, found 'rule' [syntax]
   1 | set conv =
     |           ^ name one at least: Conv
mine.dsl:2:6: error: rule 'a' has no region and no `match` [missing-clause]
   2 | rule a { }
     |      ^ say where it applies: region r { ... }, or match { ... }
mine.dsl:2:6: error: rule 'a' has no `do` [missing-clause]
   2 | rule a { }
     |      ^ say what to do: do scale(p, ...)
)"},
      {"syntax", "set conv = nn.Conv2d, Conv\n",
       R"(mine.dsl:1:14: error: a name of an operator or set has no dot [syntax]
   1 | set conv = nn.Conv2d, Conv
     |              ^ write Conv, or with a domain my::Conv; ask for an attribute behind it: conv where group == 1
)"},
      {"syntax", "rule my-rule(lo = 1) { }\n",
       R"(mine.dsl:1:8: error: expected '{' after the rule's name and parameters, found '-' [syntax]
   1 | rule my-rule(lo = 1) { }
     |        ^ names have _ between their words
)"},
      {"syntax", "rule a(hi = 20%) { }\n",
       R"(mine.dsl:1:15: error: expected ',' or ')' after a number, found '%' [syntax]
   1 | rule a(hi = 20%) { }
     |               ^ numbers have no units: 20 % is 0.2
)"},
      {"syntax", "rule a {\n  region r {\n    parents Conv as p\nset b = Conv\n",
       R"(mine.dsl:4:1: error: expected a clause of the region or '}', found 'set' [syntax]
   4 | set b = Conv
     | ^^^ the { in line 2 is not closed
)"},
      {"syntax", in_rule("  needs stats(p) else 'no statistics'"),
       R"(mine.dsl:4:23: error: expected the reason in quotes after `else`, found ''' [syntax]
   4 |   needs stats(p) else 'no statistics'
     |                       ^ a text stands in " "
)"},
      {"syntax", in_rule("  needs stats(p);"),
       R"(mine.dsl:4:17: error: expected a clause or '}', found ';' [syntax]
   4 |   needs stats(p);
     |                 ^ nothing stands between clauses: take it out
)"},
      {"syntax", in_rule("  let s = lo > 1 ? 2 : 3"),
       R"(mine.dsl:4:18: error: expected a clause or '}', found '?' [syntax]
   4 |   let s = lo > 1 ? 2 : 3
     |                  ^ write `if C then A else B`
)"},
      {"wrong-kind", in_rule("  where all p: p.name == [1, 1]"),
       R"(mine.dsl:4:23: error: a text is never equal to a list [wrong-kind]
   4 |   where all p: p.name == [1, 1]
     |                       ^^ a text is compared with a text: "Conv"
)"},
      {"syntax", in_test("  b = Conv(x, [2, 3, 1, 1])"),
       R"(mine.dsl:8:15: error: expected a tensor or a constant after ',', found '[' [syntax]
   8 |   b = Conv(x, [2, 3, 1, 1])
     |               ^ say what the list is: weight, bias, positive, values or integers
)"},
      {"syntax", in_test("  b = Conv(x, weight [2, 3, 1, 1], pads=[1, 1])"),
       R"(mine.dsl:8:40: error: expected ',' or ')' after an input, found '=' [syntax]
   8 |   b = Conv(x, weight [2, 3, 1, 1], pads=[1, 1])
     |                                        ^ attributes stand behind the bracket: Conv(x, w) pads [1, 1]
)"},
      {"unknown-name", "op my::X law passthrough\n",
       R"(mine.dsl:1:14: error: unknown law 'passthrough' [unknown-name]
   1 | op my::X law passthrough
     |              ^^^^^^^^^^^ did you mean 'pass'?
)"},
      {"unknown-name", "op my::X law something\n",
       R"(mine.dsl:1:14: error: unknown law 'something' [unknown-name]
   1 | op my::X law something
     |              ^^^^^^^^^ there are: linear, affine, pass, join, concat, shape, block
)"},
      {"unknown-name", in_rule("  do fuse(p, 1)"),
       R"(mine.dsl:4:6: error: unknown action 'fuse' [unknown-name]
   4 |   do fuse(p, 1)
     |      ^^^^ there are: scale, balance
)"},
      {"unknown-name", in_rule("  needs p.stats"),
       R"(mine.dsl:4:11: error: Conv has no attribute 'stats' [unknown-name]
   4 |   needs p.stats
     |           ^^^^^ write stats(p)
)"},
      {"unknown-name", in_rule("  do scale(p, p.p999)"),
       R"(mine.dsl:4:17: error: Conv has no attribute 'p999' [unknown-name]
   4 |   do scale(p, p.p999)
     |                 ^^^^ its fields are: min, max, weight, bias, name, op, channels, stat, shape, reads_input
)"},
      {"out-of-range", in_rule("  do scale(p, clamp(p.max, 20, 1))"),
       R"(mine.dsl:4:15: error: nothing is at least 20 and at most 1 [out-of-range]
   4 |   do scale(p, clamp(p.max, 20, 1))
     |               ^^^^^^^^^^^^^^^^^^^ clamp(x, lo, hi): the smaller bound stands first
)"},
      {"out-of-range", in_rule("  do scale(p, clamp(p.max, hi, lo))"),
       R"(mine.dsl:4:15: error: nothing is at least 20 and at most 1 [out-of-range]
   4 |   do scale(p, clamp(p.max, hi, lo))
     |               ^^^^^^^^^^^^^^^^^^^^ clamp(x, lo, hi): the smaller bound stands first
)"},
      {"out-of-range", in_rule("  do scale(p, -1)"),
       R"(mine.dsl:4:15: error: a scale is larger than 0 [out-of-range]
   4 |   do scale(p, -1)
     |               ^^ what shall stay as it is has scale 1
)"},
      {"missing-clause", "rule a {\n  do scale(p, 2)\n}\n",
       R"(mine.dsl:1:6: error: rule 'a' has no region and no `match` [missing-clause]
   1 | rule a {
     |      ^ say where it applies: region r { ... }, or match { ... }
)"},
      {"missing-clause",
       "rule a {\n  region r { through Relu children Conv as c }\n  needs stats(p)\n  do scale(p, range(p))\n}\n",
       R"(mine.dsl:2:10: error: region 'r' has no `parents` [missing-clause]
   2 |   region r { through Relu children Conv as c }
     |          ^ say which operators offer a scale: parents Conv as p
)"},
      {"empty", "# nothing\n",
       R"(mine.dsl:1:1: warning: this file declares nothing [empty]
   1 | # nothing
     | ^ a rule file has use, include, op, set, function, rule and test
)"},
      {"unknown-operator", "set a = my::Op, com.microsoft::Foo, Nonesuch\n",
       R"(mine.dsl:1:9: warning: nobody knows operator 'my::Op': it blocks [unknown-operator]
   1 | set a = my::Op, com.microsoft::Foo, Nonesuch
     |         ^^^^^^ add `op my::Op law pass` only if it treats every channel alike
mine.dsl:1:17: warning: nobody knows operator 'com.microsoft::Foo': it blocks [unknown-operator]
   1 | set a = my::Op, com.microsoft::Foo, Nonesuch
     |                 ^^^^^^^^^^^^^^^^^^ `rewrite-engine ops` lists the operators that are known
mine.dsl:1:37: warning: nobody knows operator 'Nonesuch': it blocks [unknown-operator]
   1 | set a = my::Op, com.microsoft::Foo, Nonesuch
     |                                     ^^^^^^^^ `rewrite-engine ops` lists the operators that are known
)"},

      // ---- tests ----

      {"syntax", in_test("  inputt y [1]"),
       R"(mine.dsl:8:3: error: no line of a test begins with 'inputt' [syntax]
   8 |   inputt y [1]
     |   ^^^^^^ did you mean 'input'?
)"},
      {"syntax", in_test("  b = relu(x)"),
       R"(mine.dsl:8:7: error: expected an operator after '=', found 'relu' [syntax]
   8 |   b = relu(x)
     |       ^^^^ operators begin with a capital letter, or with a domain: my::Op
)"},
      {"syntax", in_test("  expect mach"),
       R"(mine.dsl:8:10: error: expected `match`, `scale`, `no match`, `within`, `becomes`, `operators` or `same` after `expect`, found 'mach' [syntax]
   8 |   expect mach
     |          ^^^^ did you mean 'match'?
)"},
      {"syntax", in_test("  input y 3"),
       R"(mine.dsl:8:11: error: expected a shape: [1, 3, 8, 8], found '3' [syntax]
   8 |   input y 3
     |           ^ as in: input x [1, 3, 8, 8]
)"},
      {"trailing-comma", in_test("  b = Conv(x, weight [4, 3, ])"),
       R"(mine.dsl:8:27: error: expected a number after ',', found ']' [trailing-comma]
   8 |   b = Conv(x, weight [4, 3, ])
     |                           ^ take out the comma
)"},
      {"unknown-name", in_test("  b = Relu(aa)"),
       R"(mine.dsl:8:12: error: unknown tensor 'aa' [unknown-name]
   8 |   b = Relu(aa)
     |            ^^ did you mean 'a'?
)"},
      {"not-yet-known", in_test("  b = Relu(c)\n  c = Relu(x)"),
       R"(mine.dsl:8:12: error: tensor 'c' is read before it is there [not-yet-known]
   8 |   b = Relu(c)
     |            ^ line 9 makes it
)"},
      {"duplicate-name", in_test("  a = Relu(x)"),
       R"(mine.dsl:8:3: error: a tensor 'a' is there already [duplicate-name]
   8 |   a = Relu(x)
     |   ^ in line 5: choose another name
)"},
      {"wrong-name", in_test("  expect scale x 2"),
       R"(mine.dsl:8:16: error: 'x' is no operator [wrong-name]
   8 |   expect scale x 2
     |                ^ an operator is called like its first output
)"},
      {"out-of-range", in_test("  input y [1, -1]"),
       R"(mine.dsl:8:15: error: a dimension is a whole number from 0 on [out-of-range]
   8 |   input y [1, -1]
     |               ^^ write 1 for a size that is open
)"},
      {"out-of-range", in_test("  stats a min 1 max 0"),
       R"(mine.dsl:8:21: error: the largest value 0 is below the smallest, 1 [out-of-range]
   8 |   stats a min 1 max 0
     |                     ^ `min` is the smaller one
)"},
      {"out-of-range", in_test("  b = MaxPool(x) kernel_shape [100000, 100000]"),
       R"(mine.dsl:8:31: error: too large for a test: 'kernel_shape' of a small network is small [out-of-range]
   8 |   b = MaxPool(x) kernel_shape [100000, 100000]
     |                               ^^^^^^^^^^^^^^^^ a small network shows it as well
)"},
      {"too-large", in_test("  input y [1000, 1000]"),
       R"(mine.dsl:8:11: error: a tensor of a test has at most 8 dimensions and 65536 elements [too-large]
   8 |   input y [1000, 1000]
     |           ^^^^^^^^^^^^ a small network shows it as well: make it smaller
)"},
      {"wrong-count", in_test("  b = Relu(values [1, 2] shape [3])"),
       R"(mine.dsl:8:19: error: 2 values for a shape of 3 elements [wrong-count]
   8 |   b = Relu(values [1, 2] shape [3])
     |                   ^^^^^^ write 3 of them
)"},
      {"wrong-kind", in_test("  b = Relu(integers [0.5])"),
       R"(mine.dsl:8:22: error: `integers` are whole numbers [wrong-kind]
   8 |   b = Relu(integers [0.5])
     |                      ^^^ write `values` for others
)"},
      {"missing-clause",
       "rule r1 { region r { parents Conv as p children Conv } do scale(p, 2) }\ntest r1 \"empty\" { }\n",
       R"(mine.dsl:2:9: error: this test has no `input` [missing-clause]
   2 | test r1 "empty" { }
     |         ^^^^^^^ name one with its shape: input x [1, 3, 8, 8]
mine.dsl:2:9: error: this test has no `output` [missing-clause]
   2 | test r1 "empty" { }
     |         ^^^^^^^ name what the network gives: output y
mine.dsl:2:9: error: this test has no `expect` [missing-clause]
   2 | test r1 "empty" { }
     |         ^^^^^^^ say what must come out: expect match, or expect no match
)"},
      {"duplicate-clause", in_test("  seed 1\n  seed 2"),
       R"(mine.dsl:9:3: error: `seed` stands twice [duplicate-clause]
   9 |   seed 2
     |   ^^^^ take one of them out
)"},
      {"duplicate-clause", in_test("  opset 18\n  opset 20"),
       R"(mine.dsl:9:3: error: `opset` stands twice [duplicate-clause]
   9 |   opset 20
     |   ^^^^^ take one of them out
)"},
      {"out-of-range", in_test("  opset 25"),
       R"(mine.dsl:8:9: error: an operator set is one whole number from 1 to 24 [out-of-range]
   8 |   opset 25
     |         ^^ write opset 24
)"},
      {"out-of-range", in_test("  opset 17.5"),
       R"(mine.dsl:8:9: error: an operator set is one whole number from 1 to 24 [out-of-range]
   8 |   opset 17.5
     |         ^^^^ write opset 17
)"},
      {"out-of-range", in_test("  opset [18]"),
       R"(mine.dsl:8:9: error: an operator set is one whole number from 1 to 24 [out-of-range]
   8 |   opset [18]
     |         ^^^^ write opset 18
)"},
      {"out-of-range", in_test("  b = HardSwish(a)\n  opset 13"),
       R"(mine.dsl:8:7: error: there is no HardSwish in operator set 13 [out-of-range]
   8 |   b = HardSwish(a)
     |       ^^^^^^^^^ it is there from operator set 14 on: write `opset 14`
)"},
      {"out-of-range", in_test("  b = Upsample(a, values [1, 1, 2, 2])"),
       R"(mine.dsl:8:7: error: there is no Upsample in operator set 17 [out-of-range]
   8 |   b = Upsample(a, values [1, 1, 2, 2])
     |       ^^^^^^^^ it is there up to operator set 9: add the line `opset 9`
)"},
      {"syntax", in_test("  opest 18"),
       R"(mine.dsl:8:3: error: no line of a test begins with 'opest' [syntax]
   8 |   opest 18
     |   ^^^^^ did you mean 'opset'?
)"},
      {"test-failed", "", ""},   // tests/program: it takes a run
      {"not-compared", "", ""},  // the same
      {"float-equality", in_rule("  where all p: p.max == 0.1"),
       R"(mine.dsl:4:22: warning: values that are measured or computed are hardly ever equal to this [float-equality]
   4 |   where all p: p.max == 0.1
     |                      ^^ write abs(x - y) < 1e-6, or compare with < or >
)"},
      {"odd-pattern", in_rule("  where all p: p.name like \"^c\""),
       R"(mine.dsl:4:28: warning: this looks like a regular expression, which `like` has not [odd-pattern]
   4 |   where all p: p.name like "^c"
     |                            ^^^^ * stands for any characters, ? for one: like "conv*"
)"},
      {"bad-scale", "", ""},        // the same
      {"too-many-errors", "", ""},  // the test below
  };
  return all;
}

Shelf shelf_with(const std::string& text) {
  Shelf shelf;
  shelf.files["mine.dsl"] = text;
  shelf.files["other.dsl"] = "set pool = MaxPool\n";
  shelf.files["rules.dsl"] = "rule there { region r { parents Conv as p children Conv } do scale(p, 2) }\n";
  shelf.files["loop.dsl"] = "use \"mine.dsl\"\n";
  return shelf;
}

}  // namespace

TEST_CASE("every mistake is drawn where it is, in the user's words") {
  for (const Golden& golden : goldens()) {
    if (golden.want.empty()) continue;
    INFO("for:\n" << golden.text);
    CHECK(draw_all(shelf_with(golden.text).load({"mine.dsl"})) == golden.want);
    CHECK(golden.want.find(fmt::format("[{}]", golden.code)) != std::string_view::npos);
  }
}

TEST_CASE("a file with more than a hundred mistakes ends with a note") {
  const dsl::Loaded loaded = load_text(times(300, "set = Conv\n"));
  REQUIRE(loaded.diagnostics.size() == 101);
  CHECK(loaded.diagnostics[99].code == "syntax");
  CHECK(draw(loaded.diagnostics[100], loaded.sources) ==
        R"(mine.dsl:101:5: error: more than 100 errors: the rest of this file was not looked at [too-many-errors]
 101 | set = Conv
     |     ^
)");
}

TEST_CASE("every diagnostic code has a golden, and every golden a code") {
  const auto& codes = dsl::diagnostic_codes();
  const std::set<std::string_view> of_trials = {"wrong-law", "wrong-rule", "changes-results", "hardly-tried",
                                                "never-at-rest"};  // not told here
  for (const dsl::DiagnosticCode& row : codes) {
    INFO(row.code);
    if (of_trials.count(row.code) == 0)
      CHECK(std::any_of(goldens().begin(), goldens().end(), [&](const Golden& g) { return g.code == row.code; }));
    CHECK_FALSE(row.meaning.empty());
  }
  for (const Golden& golden : goldens()) {
    INFO(golden.code);
    CHECK(std::count_if(codes.begin(), codes.end(), [&](auto& row) { return row.code == golden.code; }) == 1);
  }
}

}  // namespace rw::test
