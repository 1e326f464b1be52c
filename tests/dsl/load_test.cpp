// Files that use each other: what is visible where, in which order rules run, how paths are read.
#include "tests/dsl/shelf.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

namespace {

std::string rule_named(const std::string& name, const std::string& set = "Conv") {
  return "rule " + name + " { region r { parents " + set + " as p children Conv } again do scale(p, 1) }\n";
}

// Of those that run, in their order.
std::vector<std::string> rule_names(const dsl::Loaded& loaded) {
  std::vector<std::string> out;
  for (const dsl::Rule& rule : dsl::running(loaded.program)) out.push_back(rule.name);
  return out;
}

}  // namespace

TEST_CASE("rules run file by file, those of an included file in its place, each file once") {
  Shelf shelf;
  shelf.files["a.dsl"] = rule_named("a1") + "include \"b.dsl\"\n" + rule_named("a2");
  shelf.files["b.dsl"] = rule_named("b1") + "include \"c.dsl\"\n";
  shelf.files["c.dsl"] = rule_named("c1");
  shelf.files["d.dsl"] = "include \"./c.dsl\"\n" + rule_named("d1");
  const dsl::Loaded loaded = shelf.load({"a.dsl", "d.dsl", "x/../a.dsl"});
  CHECK(draw_all(loaded) == "");
  CHECK(rule_names(loaded) == std::vector<std::string>{"a1", "b1", "c1", "a2", "d1"});
  // What is included first runs first, wherever else the file is named.
  CHECK(rule_names(shelf.load({"c.dsl", "a.dsl"})) == std::vector<std::string>{"c1", "a1", "b1", "a2"});
}

TEST_CASE("the rules of a file that is used rest, and that is said with what would run them") {
  Shelf shelf;
  shelf.files["a.dsl"] = "use \"b.dsl\"\n" + rule_named("a1", "conv");
  shelf.files["b.dsl"] = "set conv = Conv\n" + rule_named("b1") + rule_named("b2");
  const dsl::Loaded loaded = shelf.load({"a.dsl"});
  CHECK(rule_names(loaded) == std::vector<std::string>{"a1"});
  CHECK(draw_all(loaded) == R"(a.dsl:1:5: warning: `use` runs nothing: the 2 rules of this file rest [not-run]
   1 | use "b.dsl"
     |     ^^^^^^^ to run them at this place write: include "b.dsl"
)");
  // Named beside it they run, and nothing is left to say.
  CHECK(draw_all(shelf.load({"b.dsl", "a.dsl"})) == "");
  CHECK(rule_names(shelf.load({"a.dsl", "b.dsl"})) == std::vector<std::string>{"a1", "b1", "b2"});
  // A file without rules has nothing to run.
  shelf.files["b.dsl"] = "set conv = Conv\n";
  CHECK(draw_all(shelf.load({"a.dsl"})) == "");
}

TEST_CASE("a rule that rests can be tested, and may be called like one that runs") {
  Shelf shelf;
  shelf.files["b.dsl"] = rule_named("pair") + rule_named("other");
  shelf.files["a.dsl"] =
      "use \"b.dsl\"\n" + rule_named("pair") +
      "test other \"t\" { input x [1, 3, 4, 4] a = Conv(x, weight [2, 3, 1, 1]) output a expect no match }\n";
  const dsl::Loaded loaded = shelf.load({"a.dsl"});
  CHECK(draw_all(loaded) == "");
  CHECK(rule_names(loaded) == std::vector<std::string>{"pair"});
  REQUIRE(loaded.program.tests.size() == 1);
  const dsl::Rule& tested = loaded.program.rules[loaded.program.tests[0].rule];
  CHECK(tested.name == "other");
  CHECK_FALSE(tested.runs);
}

TEST_CASE("`as far as exact` is said of all rules that an include runs, and of nothing else") {
  Shelf shelf;
  shelf.files["a.dsl"] = "include \"b.dsl\" as far as exact\n" + rule_named("a1");
  shelf.files["b.dsl"] = "include \"c.dsl\"\n" + rule_named("b1");
  shelf.files["c.dsl"] = rule_named("c1");
  const dsl::Loaded loaded = shelf.load({"a.dsl"});
  CHECK(draw_all(loaded) == "");
  for (const dsl::Rule& rule : loaded.program.rules) CHECK(rule.as_far_as_exact == (rule.name != "a1"));
  shelf.files["a.dsl"] = "use \"b.dsl\" as far as exact\n";
  CHECK(draw_all(shelf.load({"a.dsl"})) == R"(a.dsl:1:13: error: `as` does not go with `use` [syntax]
   1 | use "b.dsl" as far as exact
     |             ^^ take it out: names keep what they are called, and nothing runs; `include` runs the rules here
)");
}

TEST_CASE("paths are relative to the file that uses them") {
  Shelf shelf;
  shelf.files["rules/a.dsl"] = "use \"parts/b.dsl\"\n" + rule_named("a", "conv");
  shelf.files["rules/parts/b.dsl"] = "use \"../c.dsl\"\nset conv = more\n";
  shelf.files["rules/c.dsl"] = "set more = Conv\n";
  CHECK(draw_all(shelf.load({"rules/a.dsl"})) == "");
  shelf.files["/deep/a.dsl"] = "use \"b.dsl\"\n" + rule_named("a", "conv");
  shelf.files["/deep/b.dsl"] = "set conv = Conv\n";
  CHECK(draw_all(shelf.load({"/deep/a.dsl"})) == "");
}

TEST_CASE("names belong to their file and to those that use it") {
  Shelf shelf;
  shelf.files["a.dsl"] = "set conv = Conv\n";
  shelf.files["b.dsl"] = rule_named("b", "conv");
  CHECK(draw_all(shelf.load({"a.dsl", "b.dsl"})) ==
        R"(b.dsl:1:29: error: unknown set 'conv' [unknown-name]
   1 | rule b { region r { parents conv as p children Conv } again do scale(p, 1) }
     |                             ^^^^ a.dsl declares it: `use` that file
)");
  // Not through a file in between.
  shelf.files["m.dsl"] = "use \"a.dsl\"\n";
  shelf.files["b.dsl"] = "use \"m.dsl\"\n" + rule_named("b", "conv");
  CHECK(shelf.load({"b.dsl"}).diagnostics.size() == 1);
  shelf.files["b.dsl"] = "use \"a.dsl\"\n" + rule_named("b", "conv");
  CHECK(draw_all(shelf.load({"b.dsl"})) == "");
}

TEST_CASE("a name that two used files declare is an error where it is used, not before") {
  Shelf shelf;
  shelf.files["a.dsl"] = "set conv = Conv\n";
  shelf.files["b.dsl"] = "set conv = Gemm\n";
  shelf.files["m.dsl"] = "use \"a.dsl\" use \"b.dsl\"\n";
  CHECK(draw_all(shelf.load({"m.dsl"})) == "");
  shelf.files["m.dsl"] += "set more = conv\n";
  CHECK(draw_all(shelf.load({"m.dsl"})) ==
        R"(m.dsl:2:12: error: two files that are used declare 'conv' [duplicate-name]
   2 | set more = conv
     |            ^^^^ a.dsl:1 and b.dsl:1
)");
}

TEST_CASE("rule names differ within a run") {
  Shelf shelf;
  shelf.files["a.dsl"] = rule_named("pair");
  shelf.files["b.dsl"] = rule_named("pair");
  CHECK(draw_all(shelf.load({"a.dsl", "b.dsl"})) ==
        R"(b.dsl:1:6: error: a rule 'pair' is there already [duplicate-name]
   1 | rule pair { region r { parents Conv as p children Conv } again do scale(p, 1) }
     |      ^^^^ in a.dsl:1: choose another name
)");
}

TEST_CASE("a bare name is a shipped file; std is always there, first, and can be named") {
  Shelf shelf;
  shelf.shipped["equalization"] = rule_named("pair");
  shelf.files["a.dsl"] = "use \"std\"\ninclude \"equalization\"\n" + rule_named("a");
  const dsl::Loaded loaded = shelf.load({"a.dsl", "equalization", "std"});
  CHECK(draw_all(loaded) == "");
  CHECK(rule_names(loaded) == std::vector<std::string>{"pair", "a"});
  CHECK(loaded.sources[0].name == "std");
  CHECK(draw_all(shelf.load({"equalisation"})) ==
        "equalisation: error: cannot read 'equalisation': no such file is shipped: did you mean 'equalization'? "
        "[cannot-read]\n");
  CHECK(draw_all(shelf.load({"./gone.dsl"})) ==
        "gone.dsl: error: cannot read 'gone.dsl': no such file: a path is looked for from the folder of the file that "
        "says it, or from where you are [cannot-read]\n");
  CHECK(draw_all(shelf.load({"equalization.dsl"})) ==
        "equalization.dsl: error: cannot read 'equalization.dsl': no such file: what is shipped is called "
        "\"equalization\", without .dsl [cannot-read]\n");
  // The library's own text, read from disk, is the library.
  shelf.files["rules/std.dsl"] = std::string(kSmallStd);
  CHECK(draw_all(shelf.load({"rules/std.dsl"})) == "");
}

TEST_CASE("files that use each other too deep are refused, and so is a file that uses itself") {
  Shelf shelf;
  for (int i = 0; i < 300; ++i)
    shelf.files["f" + std::to_string(i) + ".dsl"] = "use \"f" + std::to_string(i + 1) + ".dsl\"\n";
  shelf.files["f300.dsl"] = "";
  const dsl::Loaded loaded = shelf.load({"f0.dsl"});
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].code == "use-cycle");
  shelf.files["me.dsl"] = "use \"me.dsl\"\n";
  CHECK(draw_all(shelf.load({"me.dsl"})) == R"(me.dsl:1:5: error: files use each other in a circle [use-cycle]
   1 | use "me.dsl"
     |     ^^^^^^^^ me.dsl -> me.dsl: take one of these lines out
)");
}

TEST_CASE("a file that is too large is refused before it is looked at") {
  Shelf shelf;
  shelf.files["big.dsl"] = std::string((16U << 20U) + 1, ' ');
  CHECK(draw_all(shelf.load({"big.dsl"})) ==
        "big.dsl: error: 'big.dsl' has more than 16 MiB: is this a rule file? [too-large]\n");
  shelf.files["big.dsl"].pop_back();
  CHECK(shelf.load({"big.dsl"}).diagnostics.size() == 1);  // a warning: it declares nothing
}

TEST_CASE("mistakes come in the order of the files and places, warnings among them") {
  Shelf shelf;
  shelf.files["a.dsl"] = "set x = Foo\nset y = z\nset 1\n";
  shelf.files["b.dsl"] = "set x = Bar\n";
  const dsl::Loaded loaded = shelf.load({"a.dsl", "b.dsl"});
  std::vector<std::string> places;
  for (const dsl::Diagnostic& d : loaded.diagnostics)
    places.push_back(loaded.sources.name_and_line(d.at) + " " + std::string(d.code));
  CHECK(places == std::vector<std::string>{"a.dsl:1 unknown-operator", "a.dsl:2 unknown-name", "a.dsl:3 syntax",
                                           "b.dsl:1 unknown-operator"});
  CHECK(has_errors(loaded.diagnostics));
}

}  // namespace rw::test
