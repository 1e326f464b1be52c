// check --sarif: mistakes where they are, for editors and code hosts.
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;

TEST_CASE("check --sarif: every mistake with its code, file, line and columns") {
  const TemporaryFolder folder;
  write_file(folder / "m y.dsl",
             "set conv = Conv\nrule r {\n  region g { parents covn as p children conv }\n  do scale(p, 1)\n}\n");
  const Outcome outcome = run_engine({"check", "./m y.dsl", "--sarif", "m.sarif"}, {.folder = folder.path()});
  CHECK(outcome.status == 1);
  const std::string text = read_file(folder / "m.sarif");
  INFO(text << outcome.err);
  CHECK(contains(text, "\"version\": \"2.1.0\""));
  CHECK(contains(text, "\"uri\": \"m%20y.dsl\""));
  // "covn" stands in line 3 from column 22 to 25.
  CHECK(contains(text, "\"startLine\": 3, \"startColumn\": 22, \"endLine\": 3, \"endColumn\": 26"));
  CHECK(contains(text, "\"level\": \"error\""));
}

TEST_CASE("check --sarif: no mistakes are an empty list, and a rule file is not written over") {
  const TemporaryFolder folder;
  write_file(folder / "m.dsl", "rule r {\n  region g { parents Conv as p children Conv }\n  do scale(p, 2)\n}\n");
  CHECK(run_engine({"check", "./m.dsl", "--sarif", "m.sarif"}, {.folder = folder.path()}).status == 0);
  CHECK(contains(read_file(folder / "m.sarif"), "\"results\": []"));
  const std::string rules = read_file(folder / "m.dsl");
  CHECK(run_engine({"check", "./m.dsl", "--sarif", "m.dsl"}, {.folder = folder.path()}).status == 1);
  CHECK(read_file(folder / "m.dsl") == rules);
  CHECK(run_engine({"check", "./m.dsl", "--sarif", "-"}, {.folder = folder.path()}).status == 2);
}
