// Operators of formulas on sets of nodes: `if` decides node by node, and an empty set has nothing to decide.
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"

using namespace rw::test;

namespace {

// Two parents, one of them grouped, that meet in an Add.
Net two_parents() {
  Net net;
  const auto x = net.input("x", {1, 4, 6, 6});
  const auto s = net.add("s", net.conv("a", x, 4), net.conv("b", x, 4, {.group = 2}));
  net.output(net.conv("c", s, 2));
  return net;
}

std::string rule_text(const std::string& clauses) {
  return "rule t {\n  region r {\n    parents Conv as p\n    join Add as s\n    may join Concat as k\n    children "
         "Conv as c\n"
         "  }\n  " +
         clauses + "\n  do scale(p, 2)\n}\n";
}

bool takes(const std::string& clauses) { return Engine(two_parents(), rule_text(clauses)).rule_of("s") == "t"; }

}  // namespace

TEST_CASE("if: texts are chosen node by node") {
  const std::string kind = R"((if p.group == 1 then "full" else "grouped"))";
  CHECK_FALSE(takes("where all p: " + kind + R"( == "full")"));
  CHECK_FALSE(takes("where none p: " + kind + R"( == "grouped")"));
  CHECK(takes("where any p: " + kind + R"( == "grouped")"));
  CHECK(takes("where all p: " + kind + R"( like "*u*")"));
}

TEST_CASE("if: one text for all meets one for each node, and the other way round") {
  CHECK_FALSE(takes(R"(where all p: (if count(p) == 2 then p.name else "b") == "b")"));
  CHECK(takes(R"(where all p: (if count(p) == 3 then "none" else p.name) like "?")"));
  CHECK(takes(R"(where any p: (if p.group == 2 then p.name else "other") == "b")"));
}

TEST_CASE("if: an empty set has no nodes, and no branch is read") {
  CHECK(takes("where all k: (if k.channels > 2 then 1 else 0) == 1"));
  CHECK(takes("where none k: (if k.channels > 2 then 1 else 0) == 0"));
  CHECK(takes(R"(where all k: (if k.channels > 2 then "a" else "b") == "a")"));
  CHECK(takes("where overall(max, if k.channels > 2 then 1 else 0) < 1"));
  CHECK(takes("where count(k) == 0"));
}

TEST_CASE("if: what a branch misses that no node takes does not matter") {
  CHECK(takes("where all p: (if p.channels > 0 then 1 else p.max) == 1"));
  const Engine engine(two_parents(), rule_text("where all p: (if p.channels > 0 then p.max else 1) > 0"));
  CHECK(engine.rule_of("s").empty());
  CHECK_THAT(engine.reason("s"), Catch::Matchers::Contains("statistics are missing"));
}
