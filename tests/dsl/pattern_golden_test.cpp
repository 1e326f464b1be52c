// For every mistake in a rule with a match, and in the lines of tests that are for such rules: the file, and all that
// is said of it.
#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

namespace {

struct Mistake {
  std::string_view text, want;
};

// clang-format off
const Mistake kMistakes[] = {
    {R"(rule q { match { } replace { y = x } })",
     R"(mine.dsl:1:18: error: expected a line of the pattern: y = Relu(x), found '}' [syntax]
   1 | rule q { match { } replace { y = x } }
     |                  ^ what it makes stands first: y = Relu(x)
)"},
    {R"(rule q { match y = Relu(x) })",
     R"(mine.dsl:1:16: error: expected '{' after `match`, found 'y' [syntax]
   1 | rule q { match y = Relu(x) }
     |                ^ as in: match { y = Relu(x) }
)"},
    {R"(rule q { match { y Relu(x) } replace { y = x } })",
     R"(mine.dsl:1:20: error: expected '=' after the outputs: y = Relu(x), found 'Relu' [syntax]
   1 | rule q { match { y Relu(x) } replace { y = x } }
     |                    ^^^^ one = behind what it makes: y = Relu(x)
)"},
    {R"(rule q { match { y = } replace { y = x } })",
     R"(mine.dsl:1:22: error: expected an operator, a set or a law after '=', found '}' [syntax]
   1 | rule q { match { y = } replace { y = x } }
     |                      ^ as in: y = Relu(x)
)"},
    {R"(rule q { match { y = Relu } replace { y = x } })",
     R"(mine.dsl:1:27: error: expected '(' and what the operator reads, found '}' [syntax]
   1 | rule q { match { y = Relu } replace { y = x } }
     |                           ^ as in: Relu(x)
)"},
    {R"(rule q { match { y = Relu(x, ) } replace { y = x } })",
     R"(mine.dsl:1:28: error: expected an operand after ',', found ')' [trailing-comma]
   1 | rule q { match { y = Relu(x, ) } replace { y = x } }
     |                            ^ take out the comma
)"},
    {R"(rule q { match { y = Relu(x } replace { y = x } })",
     R"(mine.dsl:1:29: error: expected ',' or ')' after an operand, found '}' [syntax]
   1 | rule q { match { y = Relu(x } replace { y = x } }
     |                             ^ settings stand behind the bracket: LeakyRelu(x) alpha 0.1
)"},
    {R"(rule q { match { y = Relu(x) replace { y = x } })",
     R"(mine.dsl:1:38: error: expected '=' after the outputs: y = Relu(x), found '{' [syntax]
   1 | rule q { match { y = Relu(x) replace { y = x } }
     |                                      ^ is the { before it closed?
)"},
    {R"(rule q { match { y = law Linear(x) } replace { y = x } })",
     R"(mine.dsl:1:26: error: expected a law after `law`: law linear(x, constant w), found 'Linear' [syntax]
   1 | rule q { match { y = law Linear(x) } replace { y = x } }
     |                          ^^^^^^ names begin with a small letter
)"},
    {R"(rule q { match { y = Relu(x) or } replace { y = x } })",
     R"(mine.dsl:1:33: error: expected an operator, a set, a law or a tensor after `or`, found '}' [syntax]
   1 | rule q { match { y = Relu(x) or } replace { y = x } }
     |                                 ^ as in: y = Relu(x) or Clip(x)
)"},
    {R"(rule q { match { y = Conv(x, constant w or z) } replace { y = x } })",
     R"(mine.dsl:1:44: error: expected a number, inf or none after `or`, found 'z' [syntax]
   1 | rule q { match { y = Conv(x, constant w or z) } replace { y = x } }
     |                                            ^ as in: constant c or 0
)"},
    {R"(rule q { match { y = Transpose(x) perm - } replace { y = x } })",
     R"(mine.dsl:1:42: error: expected a value, found '}' [syntax]
   1 | rule q { match { y = Transpose(x) perm - } replace { y = x } }
     |                                          ^ as in: 2, lo, p.max or max(x, y)
)"},
    {R"(rule q { match { y, = Split(x) } replace { y = x } })",
     R"(mine.dsl:1:21: error: expected the name of an output after ',', found '=' [syntax]
   1 | rule q { match { y, = Split(x) } replace { y = x } }
     |                     ^ as in: y, z = Split(x)
)"},
    {R"(rule q { match { y = Mul(x, ()) } replace { y = x } })",
     R"(mine.dsl:1:30: error: expected a number, found ')' [syntax]
   1 | rule q { match { y = Mul(x, ()) } replace { y = x } }
     |                              ^ as in: (1 / sqrt(2))
)"},
    {R"(rule q { match { y = Relu(x) } replace y = x })",
     R"(mine.dsl:1:40: error: expected '{' after `replace`, found 'y' [syntax]
   1 | rule q { match { y = Relu(x) } replace y = x }
     |                                        ^ as in: replace { y = x }
)"},
    {R"(rule q { match { y = Relu(x) } replace { } })",
     R"(mine.dsl:1:42: error: expected a line of the replacement: y = Relu(x), found '}' [syntax]
   1 | rule q { match { y = Relu(x) } replace { } }
     |                                          ^ what is made stands first: y = Relu(x)
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = } })",
     R"(mine.dsl:1:46: error: expected an operator, a tensor or a formula after '=', found '}' [syntax]
   1 | rule q { match { y = Relu(x) } replace { y = } }
     |                                              ^ as in: y = Relu(x), y = x, or y = w * 2
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x ] })",
     R"(mine.dsl:1:48: error: expected a line of the replacement or '}', found ']' [syntax]
   1 | rule q { match { y = Relu(x) } replace { y = x ] }
     |                                                ^ what is made stands first: y = Relu(x)
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = Clip(x) like Relu } })",
     R"(mine.dsl:1:59: error: expected the name of an operator of the match after `like`, found 'Relu' [syntax]
   1 | rule q { match { y = Relu(x) } replace { y = Clip(x) like Relu } }
     |                                                           ^^^^ names begin with a small letter
)"},
    {R"(rule q { match { y = Relu(x) } approximate replace { y = x } })",
     R"(mine.dsl:1:44: error: expected in quotes why after `approximate`, found 'replace' [syntax]
   1 | rule q { match { y = Relu(x) } approximate replace { y = x } }
     |                                            ^^^^^^^ as in: approximate "why"
)"},
    {R"(rule q { match { y = Transpose(x) perm p } where p[ == 1 replace { y = x } })",
     R"(mine.dsl:1:53: error: expected a position, or two with ':' between them, found '==' [syntax]
   1 | rule q { match { y = Transpose(x) perm p } where p[ == 1 replace { y = x } }
     |                                                     ^^ as in: l[0], l[-1] or l[1:3]
)"},
    {R"(rule q { match { y = Transpose(x) perm p } where p[1 == 1 replace { y = x } })",
     R"(mine.dsl:1:59: error: expected ']' after the position, found 'replace' [syntax]
   1 | rule q { match { y = Transpose(x) perm p } where p[1 == 1 replace { y = x } }
     |                                                           ^^^^^^^ as in: l[0], l[-1] or l[1:3]
)"},
    {R"(rule q { match { y = Transpose(x) perm p } where p == [1, ] replace { y = x } })",
     R"(mine.dsl:1:57: error: expected another item of the list after ',', found ']' [trailing-comma]
   1 | rule q { match { y = Transpose(x) perm p } where p == [1, ] replace { y = x } }
     |                                                         ^ take out the comma
)"},
    {R"(rule q { match { y = Transpose(x) perm p } where p == [1 2] replace { y = x } })",
     R"(mine.dsl:1:58: error: expected ',' or ']' after an item of the list, found '2' [syntax]
   1 | rule q { match { y = Transpose(x) perm p } where p == [1 2] replace { y = x } }
     |                                                          ^ as in: [1, 2]
)"},
    {R"(rule q { match { y = Relu(x) } })",
     R"(mine.dsl:1:6: error: rule 'q' has no `replace` [missing-clause]
   1 | rule q { match { y = Relu(x) } }
     |      ^ say what takes its place: replace { y = x }
)"},
    {R"(rule q { replace { y = x } })",
     R"(mine.dsl:1:6: error: rule 'q' has no `match` [missing-clause]
   1 | rule q { replace { y = x } }
     |      ^ say what it looks for: match { y = Relu(x) }
)"},
    {R"(rule q { replace { y = x } match { y = Relu(x) } })",
     R"(mine.dsl:1:10: error: `match` stands before `replace` [misplaced]
   1 | rule q { replace { y = x } match { y = Relu(x) } }
     |          ^^^^^^^ move it up
)"},
    {R"(rule q { match { y = Relu(x) } match { y = Relu(x) } replace { y = x } replace { y = x } })",
     R"(mine.dsl:1:32: error: `match` stands twice [duplicate-clause]
   1 | rule q { match { y = Relu(x) } match { y = Relu(x) } replace { y = x } replace { y = x } }
     |                                ^^^^^ make a rule of its own for each
mine.dsl:1:72: error: `replace` stands twice [duplicate-clause]
   1 | rule q { match { y = Relu(x) } match { y = Relu(x) } replace { y = x } replace { y = x } }
     |                                                                        ^^^^^^^ make a rule of its own for each
)"},
    {R"(rule q {
  region r { parents Conv as p children Conv }
  match   { y = Relu(x) }
  replace { y = x }
  do scale(p, 1)
  again
  repeat 3 until change < 1
})",
     R"(mine.dsl:2:3: error: a rule has a region or a match [misplaced]
   2 |   region r { parents Conv as p children Conv }
     |   ^^^^^^ make a rule of its own for each
mine.dsl:5:3: error: a rule with `match` has no `do` [misplaced]
   5 |   do scale(p, 1)
     |   ^^ say what takes its place: replace { y = x }
mine.dsl:6:3: error: `again` is for rules with a region [misplaced]
   6 |   again
     |   ^^^^^ take it out: a match takes whatever is there
mine.dsl:7:3: error: `repeat` is for rules with a region [misplaced]
   7 |   repeat 3 until change < 1
     |   ^^^^^^ take it out: such rules run until nothing changes
)"},
    {R"(rule q {
  where x.rank == 4
  match { y = Relu(x) }
  replace { y = x }
  where x.rank == 3
})",
     R"(mine.dsl:2:3: error: `where` stands behind `match` [misplaced]
   2 |   where x.rank == 4
     |   ^^^^^ move it down
mine.dsl:5:3: error: `where` stands before `replace` [misplaced]
   5 |   where x.rank == 3
     |   ^^^^^ move it up
)"},
    {R"(rule q { region r { parents Conv as p children Conv } do scale(p, 1) approximate "it is" })",
     R"(mine.dsl:1:70: error: `approximate` is for rules with `match` [misplaced]
   1 | rule q { region r { parents Conv as p children Conv } do scale(p, 1) approximate "it is" }
     |                                                                      ^^^^^^^^^^^ take it out: actions say themselves whether they are exact
)"},
    {R"(rule q { match { y = Relu(x) } approximate "a" approximate "b" replace { y = x } })",
     R"(mine.dsl:1:48: error: `approximate` stands twice [duplicate-clause]
   1 | rule q { match { y = Relu(x) } approximate "a" approximate "b" replace { y = x } }
     |                                                ^^^^^^^^^^^ take one of them out
)"},
    {R"(rule q { match { y = Rleu(x) } replace { y = Identiti(x) } })",
     R"(mine.dsl:1:22: warning: nobody knows operator 'Rleu': it blocks [unknown-operator]
   1 | rule q { match { y = Rleu(x) } replace { y = Identiti(x) } }
     |                      ^^^^ did you mean 'Relu'?
mine.dsl:1:46: warning: nobody knows operator 'Identiti': it blocks [unknown-operator]
   1 | rule q { match { y = Rleu(x) } replace { y = Identiti(x) } }
     |                                              ^^^^^^^^ did you mean 'Identity'?
)"},
    {R"(rule q { match { y = convs(x) } replace { y = x } })",
     R"(mine.dsl:1:22: error: unknown set 'convs' [unknown-name]
   1 | rule q { match { y = convs(x) } replace { y = x } }
     |                      ^^^^^ did you mean 'Conv'?
)"},
    {R"(rule q { match { y = law liner(x) } replace { y = x } })",
     R"(mine.dsl:1:26: error: unknown law 'liner' [unknown-name]
   1 | rule q { match { y = law liner(x) } replace { y = x } }
     |                          ^^^^^ did you mean 'linear'?
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm y }
  replace { y = x }
})",
     R"(mine.dsl:2:35: error: 'y' is computed by the network: a formula reads constants [wrong-kind]
   2 |   match   { y = Transpose(x) perm y }
     |                                   ^ match it as one: constant w
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p  z = Relu(p) }
  replace { z = x }
})",
     R"(mine.dsl:2:35: error: 'p' stands for something else in line 2 [duplicate-name]
   2 |   match   { y = Transpose(x) perm p  z = Relu(p) }
     |                                   ^ a setting has a name of its own
)"},
    {R"(rule q {
  match   { y = Concat(parts...) z = Relu(y) u = Add(y, parts) }
  replace { z = y }
})",
     R"(mine.dsl:2:57: error: 'parts' is a tensor here and several operands in line 2 [duplicate-name]
   2 |   match   { y = Concat(parts...) z = Relu(y) u = Add(y, parts) }
     |                                                         ^^^^^ choose another name for one of them
)"},
    {R"(rule q {
  match   { y = Relu(x) y = Clip(x) }
  replace { y = x }
})",
     R"(mine.dsl:2:25: error: 'y' is made twice [duplicate-name]
   2 |   match   { y = Relu(x) y = Clip(x) }
     |                         ^ other ways to make it stand behind `or`
)"},
    {R"(rule q {
  match   { y = Conv(x, w) w = Relu(z) u = Conv(x, constant w) }
  replace { y = x }
})",
     R"(mine.dsl:2:61: error: 'w' is made by a line of the match: it is no constant [duplicate-name]
   2 |   match   { y = Conv(x, w) w = Relu(z) u = Conv(x, constant w) }
     |                                                             ^ line 2 makes it
)"},
    {R"(rule q(lo = 1) {
  match   { y = Relu(lo) }
  replace { y = lo }
})",
     R"(mine.dsl:2:22: error: 'lo' is a parameter of the rule [duplicate-name]
   2 |   match   { y = Relu(lo) }
     |                      ^^ choose another name
)"},
    {R"(rule q {
  match   { y = Relu(x) as a z = Clip(y) as a }
  replace { z = x }
})",
     R"(mine.dsl:2:45: error: 'a' is an operator already [duplicate-name]
   2 |   match   { y = Relu(x) as a z = Clip(y) as a }
     |                                             ^ in line 2: choose another name
)"},
    {R"(rule q {
  match   { y = Relu(x) z = Clip(u) }
  replace { y = x }
})",
     R"(mine.dsl:2:25: error: this line does not hang together with the first one [never-matches]
   2 |   match   { y = Relu(x) z = Clip(u) }
     |                         ^^^^^^^^^^^ lines of a match share tensors
)"},
    {R"(rule q {
  match   { y = Relu(z) z = Clip(y) }
  replace { y = z }
})",
     R"(mine.dsl:2:13: error: 'y' is made from itself [never-matches]
   2 |   match   { y = Relu(z) z = Clip(y) }
     |             ^ what it reads has another name
)"},
    {R"(rule q {
  match   { y = Relu(Clip(y)) }
  replace { y = y }
})",
     R"(mine.dsl:2:13: error: 'y' is made from itself [never-matches]
   2 |   match   { y = Relu(Clip(y)) }
     |             ^ what it reads has another name
)"},
    {R"(rule q {
  match   { y = Concat(a..., x, b...) }
  replace { y = Concat(x, a..., b...) }
})",
     R"(mine.dsl:2:33: error: nobody can tell where one `...` ends and the next begins [never-matches]
   2 |   match   { y = Concat(a..., x, b...) }
     |                                 ^^^^ between them stands what is known: an operator, a number or a tensor of another line
)"},
    {R"(rule q {
  match   { y = Concat(..., Relu(x), ...) a..., b... = Split(y) }
  replace { y = x }
})",
     R"(mine.dsl:2:43: error: of the outputs of a line one has `...` [never-matches]
   2 |   match   { y = Concat(..., Relu(x), ...) a..., b... = Split(y) }
     |                                           ^^^^^^^^^^^^^^^^^^^^^ take it out of the others
)"},
    {R"(rule q {
  match   { y = Mul(x, (x + 1)) z = Mul(y, (1 / 0 - 1 / 0)) }
  replace { z = x }
})",
     R"(mine.dsl:2:24: error: an operand in brackets is a number: (1 / 3) [wrong-kind]
   2 |   match   { y = Mul(x, (x + 1)) z = Mul(y, (1 / 0 - 1 / 0)) }
     |                        ^^^^^^^ an operator stands without brackets; a condition on a constant stands in `where`
mine.dsl:2:44: error: this comes to no number [out-of-range]
   2 |   match   { y = Mul(x, (x + 1)) z = Mul(y, (1 / 0 - 1 / 0)) }
     |                                            ^^^^^^^^^^^^^^^ does it divide 0 by 0, or take the root of a number below 0?
)"},
    {R"(rule q {
  match   { y = Mul(Relu(x)..., 1) }
  replace { y = x }
})",
     R"(mine.dsl:2:21: error: `...` stands alone or behind a name, not behind an operator [misplaced]
   2 |   match   { y = Mul(Relu(x)..., 1) }
     |                     ^^^^^^^^^^ give the operator a line and a name of its own
)"},
    {R"(rule q {
  match   { y = Mul(Relu(x) or 3, 1) }
  replace { y = x }
})",
     R"(mine.dsl:2:32: error: what is absent has a name: constant w or 0 [misplaced]
   2 |   match   { y = Mul(Relu(x) or 3, 1) }
     |                                ^ another operator stands behind `or`, or a tensor
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm [1, 0] or 0 }
  replace { y = x }
})",
     R"(mine.dsl:2:45: error: what is absent has a name [misplaced]
   2 |   match   { y = Transpose(x) perm [1, 0] or 0 }
     |                                             ^ write axis a or 0
)"},
    {R"(rule q {
  match   { y = Transpose(x) prem p }
  replace { y = Relu(x) axis 1 }
})",
     R"(mine.dsl:2:30: error: Transpose has no setting 'prem' [unknown-name]
   2 |   match   { y = Transpose(x) prem p }
     |                              ^^^^ did you mean 'perm'?
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p perm q }
  replace { y = Concat(x) axis 1 axis 2 }
})",
     R"(mine.dsl:2:37: error: setting 'perm' stands twice [duplicate-name]
   2 |   match   { y = Transpose(x) perm p perm q }
     |                                     ^^^^ take one of them out
)"},
    {R"(rule q {
  match   { y = law linear(x, w) pad p }
  replace { y = x }
})",
     R"(mine.dsl:2:34: error: no operator of law linear has a setting 'pad' [unknown-name]
   2 |   match   { y = law linear(x, w) pad p }
     |                                  ^^^ did you mean 'pads'?
)"},
    {R"(rule q {
  match   { y = Conv(x, w) auto_pad 3 }
  replace { y = x }
})",
     R"(mine.dsl:2:37: error: expected a text, this is a number [wrong-kind]
   2 |   match   { y = Conv(x, w) auto_pad 3 }
     |                                     ^ write a text here
)"},
    {R"(rule q {
  match   { y = Concat(x) axis "a" }
  replace { y = x }
})",
     R"(mine.dsl:2:32: error: expected a number, a list or a constant, this is a text [wrong-kind]
   2 |   match   { y = Concat(x) axis "a" }
     |                                ^^^ write a number, a list or a constant here
)"},
    {R"(rule q {
  match   { y = Concat(x) axis a + 1 }
  replace { y = x }
})",
     R"(mine.dsl:2:32: error: unknown name 'a' [unknown-name]
   2 |   match   { y = Concat(x) axis a + 1 }
     |                                ^ there are: x, y
)"},
    {R"(rule q {
  match   { y = Concat(x) axis z.rank  z = Relu(x) }
  replace { y = x }
})",
     R"(mine.dsl:2:32: error: 'z' is used before it is bound [not-yet-known]
   2 |   match   { y = Concat(x) axis z.rank  z = Relu(x) }
     |                                ^ it is bound in line 2
)"},
    {R"(rule q {
  match   { y = Conv(x, w) }
  where w == 0
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: 'w' is computed by the network: a formula reads constants [wrong-kind]
   3 |   where w == 0
     |         ^ match it as one: constant w
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where w == 0
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: expected a condition, this is a condition for each element [wrong-kind]
   3 |   where w == 0
     |         ^^^^^^ write all(...), any(...) or none(...) around it
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where z == 0
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: unknown name 'z' [unknown-name]
   3 |   where z == 0
     |         ^ there are: w, x, y
)"},
    {R"(rule q {
  match   { y = Conv(x, constant weights) }
  where all(weight == 0) and any(weights)
  replace { y = x }
})",
     R"(mine.dsl:3:13: error: unknown name 'weight' [unknown-name]
   3 |   where all(weight == 0) and any(weights)
     |             ^^^^^^ did you mean 'weights'?
mine.dsl:3:34: error: expected a condition, this is a constant [wrong-kind]
   3 |   where all(weight == 0) and any(weights)
     |                                  ^^^^^^^ compare it: x == y
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  where p + "a" == 0
  replace { y = x }
})",
     R"(mine.dsl:3:13: error: expected a number, a list or a constant, this is a text [wrong-kind]
   3 |   where p + "a" == 0
     |             ^^^ write a number, a list or a constant here
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  where p == "a" or x.dtype == 1 or x.dtype < 3
  replace { y = x }
})",
     R"(mine.dsl:3:11: error: a list is never equal to a text [wrong-kind]
   3 |   where p == "a" or x.dtype == 1 or x.dtype < 3
     |           ^^ compare two of one kind
mine.dsl:3:29: error: a text is never equal to a number [wrong-kind]
   3 |   where p == "a" or x.dtype == 1 or x.dtype < 3
     |                             ^^ compare two of one kind
mine.dsl:3:37: error: expected a number, a list or a constant, this is a text [wrong-kind]
   3 |   where p == "a" or x.dtype == 1 or x.dtype < 3
     |                                     ^^^^^^^ write a number, a list or a constant here
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  where p and not x.rank and all(p) and (all p: p == 1)
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: expected a condition, this is a list [wrong-kind]
   3 |   where p and not x.rank and all(p) and (all p: p == 1)
     |         ^ compare it: x == y
mine.dsl:3:19: error: expected a condition, this is a number [wrong-kind]
   3 |   where p and not x.rank and all(p) and (all p: p == 1)
     |                   ^^^^^^ compare it: x == y
mine.dsl:3:34: error: expected a condition, this is a list [wrong-kind]
   3 |   where p and not x.rank and all(p) and (all p: p == 1)
     |                                  ^ compare it: x == y
mine.dsl:3:46: error: a rule with `match` has no sets of nodes [wrong-name]
   3 |   where p and not x.rank and all(p) and (all p: p == 1)
     |                                              ^ all(C) is about the elements of a list or constant
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  where [1, p] == p and [x] == p and p["a"] == 1 and p[0:p] == p
  replace { y = x }
})",
     R"(mine.dsl:3:13: error: an item of a list is a number, this is a list [wrong-kind]
   3 |   where [1, p] == p and [x] == p and p["a"] == 1 and p[0:p] == p
     |             ^ its items are put in with ... behind it: [1, s..., 4]
mine.dsl:3:26: error: 'x' is computed by the network: a formula reads constants [wrong-kind]
   3 |   where [1, p] == p and [x] == p and p["a"] == 1 and p[0:p] == p
     |                          ^ match it as one: constant w
mine.dsl:3:40: error: expected a number, a list or a constant, this is a text [wrong-kind]
   3 |   where [1, p] == p and [x] == p and p["a"] == 1 and p[0:p] == p
     |                                        ^^^ write a number, a list or a constant here
mine.dsl:3:58: error: expected a number, this is a list [wrong-kind]
   3 |   where [1, p] == p and [x] == p and p["a"] == 1 and p[0:p] == p
     |                                                          ^ write a number here
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  where x[0] == 1 and p... == 1
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: 'x' is computed by the network: a formula reads constants [wrong-kind]
   3 |   where x[0] == 1 and p... == 1
     |         ^ match it as one: constant w
mine.dsl:3:23: error: what has `...` behind it stands in a list, or is what an operator reads [misplaced]
   3 |   where x[0] == 1 and p... == 1
     |                       ^^^^ [1, s...] or Concat(parts...)
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p as t }
  where t == 1 and max(t, 1) == 1
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: 't' is an operator, not a value [wrong-kind]
   3 |   where t == 1 and max(t, 1) == 1
     |         ^ a setting of it is a value: y.axis
mine.dsl:3:24: error: 't' is an operator, not a value [wrong-kind]
   3 |   where t == 1 and max(t, 1) == 1
     |                        ^ a setting of it is a value: y.axis
)"},
    {R"(rule q {
  match   { y = Conv(x, w) }
  where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
  replace { y = x }
})",
     R"(mine.dsl:3:11: error: 'y' has no field or setting 'weight' [unknown-name]
   3 |   where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
     |           ^^^^^^ it is a field of regions; here the constant gets a name: law linear(x, constant w)
mine.dsl:3:29: error: 'x' has no field or setting 'rnak' [unknown-name]
   3 |   where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
     |                             ^^^^ did you mean 'rank'?
mine.dsl:3:45: error: 'x' has no field or setting 'group' [unknown-name]
   3 |   where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
     |                                             ^^^^^ 'x' is a tensor: settings are of operators that the match names
mine.dsl:3:62: error: 'y' has no field or setting 'gruop' [unknown-name]
   3 |   where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
     |                                                              ^^^^^ did you mean 'group'?
mine.dsl:3:79: error: 'y' has no field or setting 'foo' [unknown-name]
   3 |   where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
     |                                                                               ^^^ there are: auto_pad, group, pads
mine.dsl:3:100: error: a field has no fields [unknown-name]
   3 |   where y.weight == 0 and x.rnak == 1 and x.group == 1 and y.gruop == 2 and y.foo == 1 and x.shape.size == 1
     |                                                                                                    ^^^^
)"},
    {R"(rule q {
  match   { y = Concat(parts...) }
  where parts.rank == 2 and parts == 1
  replace { y = parts }
})",
     R"(mine.dsl:3:15: error: 'parts' has no field or setting 'rank' [unknown-name]
   3 |   where parts.rank == 2 and parts == 1
     |               ^^^^ length(parts) is how many there are
mine.dsl:3:29: error: 'parts' stands for several operands [wrong-kind]
   3 |   where parts.rank == 2 and parts == 1
     |                             ^^^^^ an operator reads them: Concat(parts...)
mine.dsl:4:17: error: 'parts' stands for several operands [wrong-kind]
   4 |   replace { y = parts }
     |                 ^^^^^ an operator reads them: Concat(parts...)
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where transpose(w) == 1 and sqrt(w, w) == 1
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: transpose takes 2 arguments, not 1 [wrong-count]
   3 |   where transpose(w) == 1 and sqrt(w, w) == 1
     |         ^^^^^^^^^ transpose(w, perm): w with its axes in this order
mine.dsl:3:31: error: sqrt takes 1 argument, not 2 [wrong-count]
   3 |   where transpose(w) == 1 and sqrt(w, w) == 1
     |                               ^^^^
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where flor(w) == 1 and across(max, w) == 1 and w(1) == 1 and x(1) == 2
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: unknown function 'flor' [unknown-name]
   3 |   where flor(w) == 1 and across(max, w) == 1 and w(1) == 1 and x(1) == 2
     |         ^^^^ did you mean 'floor'?
mine.dsl:3:26: error: 'across' is a function of rules with a region [misplaced]
   3 |   where flor(w) == 1 and across(max, w) == 1 and w(1) == 1 and x(1) == 2
     |                          ^^^^^^ a rule with `match` goes by tensors and constants: x.max, length(x.shape), sqrt(w)
mine.dsl:3:50: error: 'w' is no function and no operator of the match [wrong-name]
   3 |   where flor(w) == 1 and across(max, w) == 1 and w(1) == 1 and x(1) == 2
     |                                                  ^ to multiply write *
mine.dsl:3:64: error: 'x' is no function and no operator of the match [wrong-name]
   3 |   where flor(w) == 1 and across(max, w) == 1 and w(1) == 1 and x(1) == 2
     |                                                                ^ to multiply write *
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where wider(w, "a") and has(1) and per_output(x, w) == 1 and known(w)
  replace { y = x }
})",
     R"(mine.dsl:3:9: error: expected a condition, this is a condition for each element [wrong-kind]
   3 |   where wider(w, "a") and has(1) and per_output(x, w) == 1 and known(w)
     |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write all(...), any(...) or none(...) around it
mine.dsl:3:15: error: expected a text, this is a constant [wrong-kind]
   3 |   where wider(w, "a") and has(1) and per_output(x, w) == 1 and known(w)
     |               ^ write a text here
mine.dsl:3:31: error: expected a tensor, this is a number [wrong-kind]
   3 |   where wider(w, "a") and has(1) and per_output(x, w) == 1 and known(w)
     |                               ^ write a tensor here
mine.dsl:3:49: error: 'x' is no operator of the match [wrong-name]
   3 |   where wider(w, "a") and has(1) and per_output(x, w) == 1 and known(w)
     |                                                 ^ an operator is called like its first output, or as `as` says
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where y.min >= 0
  replace { y = x }
})",
     R"(mine.dsl:3:11: error: what statistics say holds on the data that was measured, not on all [missing-clause]
   3 |   where y.min >= 0
     |           ^^^ say so: approximate "on inputs like those that were measured"
)"},
    {R"(rule q {
  match   { y = Conv(x, constant mean) }
  let y2 = mean(x, 1)
  replace { y = x }
})",
     R"(mine.dsl:3:12: error: 'mean' is a name of this rule and a function [wrong-name]
   3 |   let y2 = mean(x, 1)
     |            ^^^^ give another name to what is bound in line 2
)"},
    {R"(rule q {
  match   { max = Conv(x, w) y = Relu(max) }
  replace { y = max(x, w) }
})",
     R"(mine.dsl:3:17: error: 'max' is a name of this rule and a function [wrong-name]
   3 |   replace { y = max(x, w) }
     |                 ^^^ give another name to what is bound in line 2
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  let w = 1
  let v = 2
  replace { y = x }
})",
     R"(mine.dsl:3:7: error: 'w' is taken [duplicate-name]
   3 |   let w = 1
     |       ^ it is bound in line 2: choose another name
)"},
    {R"(rule q(lo = 1) {
  match   { y = Transpose(x) perm p as t }
  where (let a = 1 in x.rank == 1)
  replace { y = x }
})",
     R"(mine.dsl:1:8: warning: parameter 'lo' is never used [unused]
   1 | rule q(lo = 1) {
     |        ^^ take it out, or use it
mine.dsl:2:35: warning: name 'p' is never used [unused]
   2 |   match   { y = Transpose(x) perm p as t }
     |                                   ^ take it out, or use it
mine.dsl:2:40: warning: name 't' is never used [unused]
   2 |   match   { y = Transpose(x) perm p as t }
     |                                        ^ take it out, or use it
mine.dsl:3:14: warning: 'a' is never used [unused]
   3 |   where (let a = 1 in x.rank == 1)
     |              ^ take it out, or use it
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { x = Relu(y) }
})",
     R"(mine.dsl:3:13: error: the match reads 'x', it does not make it: it stays as it is [wrong-name]
   3 |   replace { x = Relu(y) }
     |             ^ a replacement makes again what a line of the match makes, or a new tensor
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { w = Relu(x) }
})",
     R"(mine.dsl:3:13: error: 'w' is a constant in line 2 [duplicate-name]
   3 |   replace { w = Relu(x) }
     |             ^ the match only reads it: a new constant has a name of its own
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { u = Relu(x) v = Clip(u) }
})",
     R"(mine.dsl:3:3: error: this replaces nothing: it makes no tensor of the match again [missing-clause]
   3 |   replace { u = Relu(x) v = Clip(u) }
     |   ^^^^^^^ there are: y
mine.dsl:3:25: error: 'v' is no tensor of the match, and no later line reads it [unused]
   3 |   replace { u = Relu(x) v = Clip(u) }
     |                         ^ there are: y
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = y }
})",
     R"(mine.dsl:3:17: error: 'y' is itself [wrong-name]
   3 |   replace { y = y }
     |                 ^
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Relu(y) }
})",
     R"(mine.dsl:3:22: error: 'y' is made from itself [wrong-name]
   3 |   replace { y = Relu(y) }
     |                      ^
)"},
    {R"(rule q {
  match   { u = Conv(x, constant w) y = Relu(u) }
  replace { y = Clip(u) }
})",
     R"(mine.dsl:3:22: error: 'u' goes with the operators that the match found [wrong-name]
   3 |   replace { y = Clip(u) }
     |                      ^ to keep its operator make it again: u = u(...)
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Relu(u) u = Clip(x) }
})",
     R"(mine.dsl:3:22: error: 'u' is read before it is made [not-yet-known]
   3 |   replace { y = Relu(u) u = Clip(x) }
     |                      ^ move its line up
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Relu(x) y = Clip(x) }
})",
     R"(mine.dsl:3:25: error: 'y' is made twice [duplicate-name]
   3 |   replace { y = Relu(x) y = Clip(x) }
     |                         ^ take one of the lines out, or choose another name
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y, z = x }
})",
     R"(mine.dsl:3:13: error: a formula gives one tensor, which has a name [wrong-count]
   3 |   replace { y, z = x }
     |             ^^^^ write y = w * 2
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { parts... = Split(x) y = Concat(parts...) }
})",
     R"(mine.dsl:3:13: error: the match has no `parts...` [unknown-name]
   3 |   replace { parts... = Split(x) y = Concat(parts...) }
     |             ^^^^^ new tensors have a name each
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Concat(x..., partz...) }
})",
     R"(mine.dsl:3:24: error: 'x' is a tensor: it stands without ... [wrong-name]
   3 |   replace { y = Concat(x..., partz...) }
     |                        ^^^^ take ... out
mine.dsl:3:30: error: the match has no `partz...` [unknown-name]
   3 |   replace { y = Concat(x..., partz...) }
     |                              ^^^^^ there are none
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Relu(x) * 2 }
})",
     R"(mine.dsl:3:17: error: an operator is made by a line of `replace`, or is an operand of another one [misplaced]
   3 |   replace { y = Relu(x) * 2 }
     |                 ^^^^^^^ to calculate with what it gives write Mul(Relu(x), 2)
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = y(x, w) + 1 }
})",
     R"(mine.dsl:3:17: error: 'y' is made again by a line of `replace`, or as an operand of one [misplaced]
   3 |   replace { y = y(x, w) + 1 }
     |                 ^^^^^^^ to calculate with what it gives write Mul(y(x), 2)
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = x(y) }
})",
     R"(mine.dsl:3:17: error: 'x' is no function and no operator of the match [wrong-name]
   3 |   replace { y = x(y) }
     |                 ^ to multiply write *
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = x group 1 }
})",
     R"(mine.dsl:3:17: error: 'x' is no operator: settings stand behind one [misplaced]
   3 |   replace { y = x group 1 }
     |                 ^
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Gemm(x, w) like x }
})",
     R"(mine.dsl:3:33: error: 'x' is no operator of the match [wrong-name]
   3 |   replace { y = Gemm(x, w) like x }
     |                                 ^ there are: y
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = y(x, w) like y }
})",
     R"(mine.dsl:3:30: error: an operator that is made again has its settings already [misplaced]
   3 |   replace { y = y(x, w) like y }
     |                              ^ take out `like`
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) or x }
  where y.group == 1
  replace { y = y(x, w) }
})",
     R"(mine.dsl:3:11: error: 'y' has no field or setting 'group' [unknown-name]
   3 |   where y.group == 1
     |           ^^^^^ it is an operator in some of the alternatives only
mine.dsl:4:17: error: 'y' is an operator in some of the alternatives only [not-yet-known]
   4 |   replace { y = y(x, w) }
     |                 ^ give the operator a name in each of them: ... as op
mine.dsl:4:22: error: 'w' is bound in one of several alternatives only [not-yet-known]
   4 |   replace { y = y(x, w) }
     |                      ^ bind it in each of them
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) or Relu(x) }
  where all(w == 1)
  replace { y = x }
})",
     R"(mine.dsl:3:13: error: 'w' is bound in one of several alternatives only [not-yet-known]
   3 |   where all(w == 1)
     |             ^ bind it in each of them
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  replace { y = Conv(x, none, "a", (w == 1)) auto_pad 2 group (w == 1) }
})",
     R"(mine.dsl:3:31: error: expected a number, a list or a constant, this is a text [wrong-kind]
   3 |   replace { y = Conv(x, none, "a", (w == 1)) auto_pad 2 group (w == 1) }
     |                               ^^^ write a number, a list or a constant here
mine.dsl:3:36: error: expected a number, a list or a constant, this is a condition for each element [wrong-kind]
   3 |   replace { y = Conv(x, none, "a", (w == 1)) auto_pad 2 group (w == 1) }
     |                                    ^^^^^^^^ write a number, a list or a constant here
mine.dsl:3:55: error: expected a text, this is a number [wrong-kind]
   3 |   replace { y = Conv(x, none, "a", (w == 1)) auto_pad 2 group (w == 1) }
     |                                                       ^ write a text here
mine.dsl:3:63: error: expected a number, a list or a constant, this is a condition for each element [wrong-kind]
   3 |   replace { y = Conv(x, none, "a", (w == 1)) auto_pad 2 group (w == 1) }
     |                                                               ^^^^^^^^ write a number, a list or a constant here
)"},
    {R"(rule q {
  match   { y = Conv(x, Relu, constant w) }
  replace { y = Relu }
})",
     R"(mine.dsl:2:29: error: expected '(' and what the operator reads, found ',' [syntax]
   2 |   match   { y = Conv(x, Relu, constant w) }
     |                             ^ as in: Relu(x)
)"},
    {R"(rule q {
  match   { y = Conv(x, constant w) }
  where x.dtype like y
  replace { y = x }
})",
     R"(mine.dsl:3:22: error: expected a pattern in quotes after `like`, found 'y' [syntax]
   3 |   where x.dtype like y
     |                      ^ write like "y*"
)"},
    {R"(function f(l) = l[0] + length(l)
rule q { region r { parents Conv as p children Conv } where f(p) == 1 do scale(p, floor(1)) })",
     R"(mine.dsl:2:61: error: 'l' is a set of nodes, not a value [wrong-name]
   2 | rule q { region r { parents Conv as p children Conv } where f(p) == 1 do scale(p, floor(1)) }
     |                                                             ^ in 'f' (mine.dsl:1): a field of it is a value: l.max
mine.dsl:2:83: error: 'floor' is a function of rules with `match` [misplaced]
   2 | rule q { region r { parents Conv as p children Conv } where f(p) == 1 do scale(p, floor(1)) }
     |                                                                                   ^^^^^ `rewrite-engine ops` lists those of rules with a region
)"},
    {R"(function f(l) = l[0] + sum(l)
rule q { match { y = Transpose(x) perm p } where f(p) == 1 replace { y = x } })",
     R"(mine.dsl:2:50: error: sum takes 2 arguments, not 1 [wrong-count]
   2 | rule q { match { y = Transpose(x) perm p } where f(p) == 1 replace { y = x } }
     |                                                  ^ in 'f' (mine.dsl:1)
)"},
    {R"(function f(a, b) = a + b
rule q { match { y = Transpose(x) perm p } where f(p) == 1 and f(x, 1) == 2 replace { y = x } })",
     R"(mine.dsl:2:50: error: f takes 2 arguments, not 1 [wrong-count]
   2 | rule q { match { y = Transpose(x) perm p } where f(p) == 1 and f(x, 1) == 2 replace { y = x } }
     |                                                  ^ each has a place between the brackets, with commas between them
mine.dsl:2:64: error: 'x' is computed by the network: a formula reads constants [wrong-kind]
   2 | rule q { match { y = Transpose(x) perm p } where f(p) == 1 and f(x, 1) == 2 replace { y = x } }
     |                                                                ^ in 'f' (mine.dsl:1): match it as one: constant w
)"},
    {R"(function floor(x) = x)",
     R"(mine.dsl:1:10: error: 'floor' is a function of the language [duplicate-name]
   1 | function floor(x) = x
     |          ^^^^^ choose another name
)"},
    {R"(rule q { region r { parents Conv as p children Conv } do scale(p, max(Relu(x), none)) })",
     R"(mine.dsl:1:71: error: operators are made in `replace { }` of a rule with `match` [misplaced]
   1 | rule q { region r { parents Conv as p children Conv } do scale(p, max(Relu(x), none)) }
     |                                                                       ^^^^^^^ to ask for an operator: p.op == "Relu"
mine.dsl:1:80: error: operators are made in `replace { }` of a rule with `match` [misplaced]
   1 | rule q { region r { parents Conv as p children Conv } do scale(p, max(Relu(x), none)) }
     |                                                                                ^^^^ to ask for an operator: p.op == "Relu"
)"},
    {R"(test q "t" { input x [2] int64 values [1] input y [1] bool values [2] input z [-1] expect becomes { y = Relu(x } })",
     R"(mine.dsl:1:112: error: expected ',' or ')' after an argument, found '}' [syntax]
   1 | test q "t" { input x [2] int64 values [1] input y [1] bool values [2] input z [-1] expect becomes { y = Relu(x } }
     |                                                                                                                ^ as in: max(x, y)
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x } }
test q "t" {
  input x [2] int64 values [1]
  input b [1] bool values [2]
  input i [1] int32 values [1.5]
  y = Conv(x, weight [1] int8, values [1.5] int32, integers [1] float16)
  output y
  expect becomes {
    y = Relu(z, "a", [1, x], x + 1) like b
    z = x
    w = Relu(x) foo 1
    w... = Split(x) axis x
  }
})",
     R"(mine.dsl:3:28: error: 1 values for a shape of 2 elements [wrong-count]
   3 |   input x [2] int64 values [1]
     |                            ^^^ write 2 of them
mine.dsl:4:28: error: a bool is 0 or 1 [out-of-range]
   4 |   input b [1] bool values [2]
     |                            ^ write 0 or 1
mine.dsl:5:29: error: values of type int32 are whole numbers [wrong-kind]
   5 |   input i [1] int32 values [1.5]
     |                             ^^^ write whole numbers, or another type
mine.dsl:6:26: error: `weight` is of a type of floats [wrong-kind]
   6 |   y = Conv(x, weight [1] int8, values [1.5] int32, integers [1] float16)
     |                          ^^^^ integers are written down: values [1, 2] int32
mine.dsl:6:40: error: values of type int32 are whole numbers [wrong-kind]
   6 |   y = Conv(x, weight [1] int8, values [1.5] int32, integers [1] float16)
     |                                        ^^^ write whole numbers, or another type
mine.dsl:6:65: error: `integers` are no float16 [wrong-kind]
   6 |   y = Conv(x, weight [1] int8, values [1.5] int32, integers [1] float16)
     |                                                                 ^^^^^^^ write `values`
mine.dsl:9:17: error: expected a tensor, a number, a list of numbers, an operator or `none` [wrong-kind]
   9 |     y = Relu(z, "a", [1, x], x + 1) like b
     |                 ^^^ `constant` stands for any constant
mine.dsl:9:22: error: a list of numbers is wanted [wrong-kind]
   9 |     y = Relu(z, "a", [1, x], x + 1) like b
     |                      ^^^^^^ write [1, 2]
mine.dsl:9:30: error: expected a tensor, a number, a list of numbers, an operator or `none` [wrong-kind]
   9 |     y = Relu(z, "a", [1, x], x + 1) like b
     |                              ^^^^^ `constant` stands for any constant
mine.dsl:9:42: error: `like` is of rules: here the settings are written down [misplaced]
   9 |     y = Relu(z, "a", [1, x], x + 1) like b
     |                                          ^ write them: Conv(x, constant) pads [1, 1]
mine.dsl:10:9: error: expected an operator and what it reads: y = Relu(x) [wrong-kind]
  10 |     z = x
     |         ^ a formula is none: write the operator that computes it
mine.dsl:11:5: error: unknown tensor 'w', which no line of this reads [unknown-name]
  11 |     w = Relu(x) foo 1
     |     ^ there are: y, i, b, x
mine.dsl:11:17: error: Relu has no attribute 'foo' [unknown-name]
  11 |     w = Relu(x) foo 1
     |                 ^^^ there are none
mine.dsl:12:5: error: each output has a name here, or is _ [misplaced]
  12 |     w... = Split(x) axis x
     |     ^^^^ write y = Relu(x)
mine.dsl:12:26: error: a setting is a number, a list of numbers or a text [wrong-kind]
  12 |     w... = Split(x) axis x
     |                          ^ write it out: pads [1, 1]
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x } }
test q "t" { input x [2] y = Relu(x) output y expect operators Relu, })",
     R"(mine.dsl:2:68: error: expected an operator after ',', found '}' [trailing-comma]
   2 | test q "t" { input x [2] y = Relu(x) output y expect operators Relu, }
     |                                                                    ^ take out the comma
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x } }
test q "t" { input x [2] y = Relu(x) output y expect becomes y })",
     R"(mine.dsl:2:62: error: expected '{' after `becomes`, found 'y' [syntax]
   2 | test q "t" { input x [2] y = Relu(x) output y expect becomes y }
     |                                                              ^ as in: expect becomes { y = Relu(x) }
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x } }
test q "t" { input x [2] y = Relu(x) output y expect becomes { } })",
     R"(mine.dsl:2:64: error: expected a line of the network: y = Relu(x), found '}' [syntax]
   2 | test q "t" { input x [2] y = Relu(x) output y expect becomes { } }
     |                                                                ^ as in: expect becomes { y = Relu(x) }
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x } }
test q "t" { input x [2] y = Relu(x) output y expect becomes { y = Relu(x) x })",
     R"(mine.dsl:2:78: error: expected '=' after the outputs: y = Relu(x), found '}' [syntax]
   2 | test q "t" { input x [2] y = Relu(x) output y expect becomes { y = Relu(x) x }
     |                                                                              ^ one = behind what it makes: y = Relu(x)
)"},
    {R"(rule q { match { y = Relu(x) } replace { y = x } }
test q "t" { input x [2] y = Relu(x) output y expect operators })",
     R"(mine.dsl:2:64: error: expected the operators that are left, or `none`, found '}' [syntax]
   2 | test q "t" { input x [2] y = Relu(x) output y expect operators }
     |                                                                ^ as in: expect operators Conv, Relu
)"},
    {R"(rule q { match { y = Relu(x) replace { y = x } })",
     R"(mine.dsl:1:38: error: expected '=' after the outputs: y = Relu(x), found '{' [syntax]
   1 | rule q { match { y = Relu(x) replace { y = x } }
     |                                      ^ is the { before it closed?
)"},
    {R"(rule q {
  match   { y = Concat(x) axis a  z = Relu(a) }
  replace { z = x }
})",
     R"(mine.dsl:2:32: error: 'a' stands for something else in line 2 [duplicate-name]
   2 |   match   { y = Concat(x) axis a  z = Relu(a) }
     |                                ^ a setting has a name of its own
)"},
    {R"(rule q {
  match   { y = Clip(x, constant lo or -inf, none, ...) min m or none max _ }
  where length(x) == 1 and y.attribute.min == 1
  replace { y = Clip(Relu(x) like y, lo) }
})",
     R"(mine.dsl:3:16: error: 'x' is computed by the network: a formula reads constants [wrong-kind]
   3 |   where length(x) == 1 and y.attribute.min == 1
     |                ^ match it as one: constant w
mine.dsl:3:40: error: a field has no fields [unknown-name]
   3 |   where length(x) == 1 and y.attribute.min == 1
     |                                        ^^^ a setting is written y.min
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  replace { y = x[1:] perm p }
})",
     R"(mine.dsl:3:17: error: settings stand behind an operator [misplaced]
   3 |   replace { y = x[1:] perm p }
     |                 ^^^^^ y = Softmax(x) axis -1
)"},
    {R"(rule q {
  match   { y = Transpose(x) perm p }
  replace { y = Identity(p[0:] perm p) }
})",
     R"(mine.dsl:3:26: error: settings stand behind an operator [misplaced]
   3 |   replace { y = Identity(p[0:] perm p) }
     |                          ^^^^^ y = Softmax(x) axis -1
)"},
};
// clang-format on

}  // namespace

TEST_CASE("every mistake in a rule with a match is drawn where it is") {
  for (const Mistake& each : kMistakes) {
    INFO("for:\n" << each.text);
    CHECK(mistakes(each.text) == each.want);
  }
}

}  // namespace rw::test
