// Runs the tests that stand in rule files.
#include <fmt/format.h>

#include <algorithm>

#include "graph/base/printable.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/commands/json.hpp"
#include "runtime/testing/rule_test.hpp"

namespace rw::commands {
namespace {

struct Result {
  const dsl::RuleTest* test;
  dsl::Diagnostics wrong;
};

std::string as_json(const dsl::Loaded& rules, const std::vector<Result>& results, std::size_t failed) {
  const auto result = [&](const Result& each) {
    return fmt::format(
        "\n {{\"rule\": {}, \"title\": {}, \"file\": {}, \"line\": {}, \"passed\": {}, \"failures\": {}}}",
        json::quoted(rules.program.rules[each.test->rule].name), json::quoted(each.test->title),
        json::quoted(rules.sources[each.test->at.source].name), rules.sources.locate(each.test->at).line,
        !dsl::has_errors(each.wrong), json_diagnostics(each.wrong, rules.sources));
  };
  return fmt::format(
      "{{\n\"format\": \"rewrite-engine/test\", \"version\": 1, \"passed\": {}, \"failed\": {},\n\"tests\": {}\n}}\n",
      results.size() - failed, failed, json::list(results, result, ","));
}

int test(const Given& given) {
  const std::optional<dsl::Loaded> rules = load_rules(given.list("RULES"), runtime::ShippedTests::kept);
  if (!rules) return kMistake;
  for (const std::string& name : given.list("--only")) find_rule(rules->program.rules, name, "--only");
  std::vector<Result> results;
  std::size_t failed = 0;
  for (const dsl::RuleTest& each : rules->program.tests) {
    const std::string& rule = rules->program.rules[each.rule].name;
    const Given::Values& only = given.list("--only");
    if (!only.empty() && std::find(only.begin(), only.end(), rule) == only.end()) continue;
    results.push_back({&each, runtime::run_test(*rules, each)});
    const dsl::Diagnostics& wrong = results.back().wrong;
    failed += dsl::has_errors(wrong);
    if (given.has("--json")) continue;
    fmt::print("{} {}: {}\n", dsl::has_errors(wrong) ? "FAILED" : "ok    ", rule, each.title);
    for (const dsl::Diagnostic& one : wrong) fmt::print("{}", dsl::draw(one, rules->sources));
  }
  if (given.has("--json"))
    fmt::print("{}", as_json(*rules, results, failed));
  else if (results.empty())
    fmt::print("these files have no tests\n");
  else
    fmt::print("\n{}, {}\n", graph::plural(results.size(), "test"),
               failed ? fmt::format("{} failed", failed) : "all passed");
  return failed ? kMistake : kDone;
}

constexpr Argument kTestArguments[] = {kRulesArgument};
constexpr Option kTestOptions[] = {
    {"--only", "RULE", "run only the tests of this rule (may be given several times)", 0, true, Completes::nothing},
    kJsonOption,
};
constexpr std::string_view kTestExamples[] = {"rewrite-engine test ./mine.dsl", "rewrite-engine test equalization"};

}  // namespace

const Command kTest = {
    .name = "test",
    .summary = "runs the tests that stand in rule files",
    .description =
        "A test is a small network and what its rule must do with it: `test NAME \"title\" { ... }` in a rule file. "
        "Whatever the rule rewrites is run on random inputs, as it was and as it would be written, by an evaluator "
        "that shares nothing with "
        "the engine, and must compute the same.",
    .arguments = kTestArguments,
    .options = kTestOptions,
    .examples = kTestExamples,
    .run = test,
};

}  // namespace rw::commands
