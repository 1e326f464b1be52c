// Rules that stand in a manual are read by the real parser and checker, and their tests are run. The info string of a
// fence says what it holds: a whole file, or a fragment that stands in a rule with all the names that the manual uses.
#include <optional>

#include "dsl/load.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/testing/rule_test.hpp"
#include "tests/docs/manual.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {
namespace {

std::string region_around(const std::string& clauses) { return "  region r {\n" + clauses + "  }\n"; }
std::string rule_around(const std::string& name, const std::string& clauses) {
  return "rule " + name + "(lo = 1, hi = 20) {\n" + clauses + "}\n";
}

const std::string kSets = "set conv = Conv, ConvTranspose\nset transparent = Relu, MaxPool\n";

std::string whole(const std::string& text) { return text; }
std::string rule(const std::string& text) { return kSets + text; }
std::string region(const std::string& text) {
  return rule_around("example", region_around(text) + "  do scale(p, clamp(1, lo, hi))\n");
}
std::string clause(const std::string& text) {
  return rule_around("example",
                     region_around("parents Conv as p through Relu join Add as k children Conv as c") + text);
}
std::string test(const std::string& text) {
  const std::string pair = region_around("parents conv as p through transparent children conv as c") +
                           "  needs stats(p)\n  do scale(p, equalization(p, lo, hi))\n";
  return kSets + rule_around("pair", pair) + text;
}

struct RuleFence {
  std::string_view info;
  std::string (*file)(const std::string& text);
};
constexpr RuleFence kRuleFences[] = {{"dsl", whole},         {"dsl pair.dsl", whole}, {"dsl rule", rule},
                                     {"dsl region", region}, {"dsl clause", clause},  {"dsl test", test}};

dsl::Loaded load_rules(const std::string& text) {
  dsl::Library library = runtime::rule_library();
  library.read = [&](const std::string&, std::string&) { return std::optional<std::string>(text); };
  return dsl::load({"mine.dsl"}, library, runtime::vocabulary());
}

std::string drawn(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources) {
  std::string text;
  for (const dsl::Diagnostic& each : diagnostics) text += draw(each, sources);
  return text;
}

}  // namespace

TEST_CASE("Rules in manuals are without mistakes, and their tests pass") {
  constexpr std::pair<const char*, int> kManuals[] = {
      {"README.md", 1}, {"rules/README.md", 5}, {"docs/language.md", 8}, {"docs/formats.md", 1}};
  for (const auto& [path, least] : kManuals) {
    const Manual manual(path);
    int found = 0;
    for (const Fence& fence : manual.fences())
      for (const RuleFence& form : kRuleFences) {
        if (fence.info != form.info) continue;
        ++found;
        INFO(path << ':' << fence.line);
        const dsl::Loaded loaded = load_rules(form.file(fence.text));
        CHECK(drawn(loaded.diagnostics, loaded.sources).empty());
        if (has_errors(loaded.diagnostics)) continue;
        for (const dsl::RuleTest& each : loaded.program.tests)
          CHECK(drawn(runtime::run_test(loaded, each), loaded.sources).empty());
      }
    CHECK(found >= least);
  }
}

TEST_CASE("Wrong rules in language.md get the messages that stand there") {
  const Manual manual("docs/language.md");
  const dsl::Loaded loaded = load_rules(manual.fence("dsl wrong").text);
  CHECK(drawn(loaded.diagnostics, loaded.sources) == manual.fence("text messages").text);
}

TEST_CASE("No fence of language.md is of a form that no test reads") {
  std::set<std::string_view> known = {"dsl wrong", "text messages", "grammar"};
  for (const RuleFence& form : kRuleFences) known.insert(form.info);
  const Manual manual("docs/language.md");
  for (const Fence& fence : manual.fences()) {
    INFO(fence.line);
    CHECK(known.count(fence.info) == 1);
  }
}

}  // namespace rw::test
