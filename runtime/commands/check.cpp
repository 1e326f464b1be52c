// Looks at rule files alone.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "graph/base/printable.hpp"
#include "graph/formats/output/output.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/commands/json.hpp"
#include "runtime/commands/sarif.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/testing/law_trials.hpp"
#include "runtime/testing/restless.hpp"
#include "runtime/testing/rule_trials.hpp"
#include "runtime/text/console.hpp"
#include "runtime/text/text_file.hpp"

namespace rw::commands {
namespace {

std::string signature(const dsl::Rule& rule) {
  std::string params;
  for (const dsl::Param& param : rule.params)
    params += fmt::format("{}{} = {}", params.empty() ? "" : ", ", param.name, param.value);
  return params.empty() ? rule.name : fmt::format("{}({})", rule.name, params);
}

std::size_t count_of(const dsl::Diagnostics& all, dsl::Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const dsl::Diagnostic& each) { return each.severity == severity; }));
}

// Rules by file, in the order in which they run.
std::string listing(const dsl::Loaded& rules) {
  std::size_t width = 0;
  for (const dsl::Rule& rule : dsl::running(rules.program)) width = std::max(width, signature(rule).size());
  width = std::min<std::size_t>(width, 50);
  std::string out, file;
  for (const dsl::Rule& rule : dsl::running(rules.program)) {
    if (const std::string& name = rules.sources[rule.at.source].name; name != file)
      out += fmt::format("{}{}\n", out.empty() ? "" : "\n", file = name);
    out += fmt::format("  {:<{}}  {}", signature(rule), width, graph::printable(rule.doc));
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

std::string as_json(const dsl::Loaded& rules) {
  const auto rule = [&](const dsl::Rule& each) {
    return fmt::format(
        "\n  {{\"rule\": {}, \"file\": {}, \"line\": {}, \"what\": {}, \"looks_for\": \"{}\", \"parameters\": {}}}",
        json::quoted(each.name), json::quoted(rules.sources[each.at.source].name), rules.sources.locate(each.at).line,
        json::quoted(each.doc), each.region ? "region" : "pattern",
        json::list(each.params, [](const dsl::Param& param) {
          return fmt::format("{{\"name\": {}, \"default\": {}}}", json::quoted(param.name), param.value);
        }));
  };
  return fmt::format(
      "{{\n\"format\": \"rewrite-engine/check\", \"version\": 1, \"ok\": {}, \"tests\": {},\n\"rules\": {},\n"
      "\"diagnostics\": {}\n}}\n",
      !dsl::has_errors(rules.diagnostics), rules.program.tests.size(),
      json::list(dsl::running(rules.program), rule, ","), json_diagnostics(rules.diagnostics, rules.sources));
}

// ", 12 rules tried on 3,100 networks"; empty: none of the kind.
std::string told(std::size_t count, std::string_view what, std::size_t networks) {
  return count == 0 ? ""
                    : fmt::format(", {} tried on {}", graph::plural(count, what), graph::plural(networks, "network"));
}

std::string told(std::span<const runtime::TriedRule> rules, std::span<const runtime::TriedLaw> laws) {
  std::size_t by_rules = 0, by_laws = 0;
  for (const runtime::TriedRule& each : rules) by_rules += each.trials.accepted;
  for (const runtime::TriedLaw& each : laws) by_laws += each.accepted;
  return told(rules.size(), "rule", by_rules) + told(laws.size(), "law", by_laws);
}

void show_counterexamples(std::span<const runtime::TriedRule> rules, std::span<const runtime::TriedLaw> laws) {
  for (const runtime::TriedRule& each : rules)
    if (const std::string shown = runtime::counterexample(each); !shown.empty()) runtime::complain("\n" + shown);
  for (const runtime::TriedLaw& each : laws)
    if (!each.counterexample.empty())
      runtime::complain(
          fmt::format("\na network that shows what is wrong with the law of {}, with a rule that scales it:\n\n{}",
                      graph::printable(each.binding->op), each.counterexample));
}

// The file of --sarif can be written, and is no rule file that is read.
void check_free(const Given& given) {
  std::vector<std::shared_ptr<const graph::MappedFile>> read;
  for (const std::string& name : given.list("RULES"))
    if (std::error_code none; std::filesystem::is_regular_file(name, none))
      read.push_back(graph::MappedFile::open(name));
  graph::Output(read, true).check(file_name(given, "--sarif"));
}

int check(const Given& given) {
  if (given.has("--sarif")) check_free(given);
  dsl::Loaded rules =
      dsl::load(given.list("RULES"), runtime::rule_library(runtime::ShippedTests::kept), runtime::vocabulary());
  std::vector<runtime::TriedRule> tried;
  std::vector<runtime::TriedLaw> laws;
  std::vector<runtime::Restless> restless;
  if (!dsl::has_errors(rules.diagnostics)) {
    tried = runtime::try_rules(rules);
    laws = runtime::try_laws(rules);
    for (const dsl::Diagnostics& wrong : {runtime::wrong_laws(laws), runtime::wrong_rules(tried)})
      rules.diagnostics.insert(rules.diagnostics.end(), wrong.begin(), wrong.end());
    restless = runtime::restless_rules(rules.program, tried);
    for (const runtime::Restless& each : restless) rules.diagnostics.push_back(each.warning);
  }
  const std::size_t errors = count_of(rules.diagnostics, dsl::Severity::error);
  const std::size_t warnings = count_of(rules.diagnostics, dsl::Severity::warning);
  const int status = errors > 0 || (warnings > 0 && given.has("--strict")) ? kMistake : kDone;
  if (given.has("--sarif")) runtime::write_text(given.text("--sarif"), sarif(rules.diagnostics, rules.sources));
  if (given.has("--json")) {
    fmt::print("{}", as_json(rules));
    return status;
  }
  for (const dsl::Diagnostic& each : rules.diagnostics) runtime::complain(dsl::draw(each, rules.sources));
  show_counterexamples(tried, laws);
  for (const runtime::Restless& each : restless) runtime::complain("\n" + each.network);
  if (errors == 0)
    fmt::print("{}\n{}, {}{}, {}\n", listing(rules), graph::plural(dsl::running(rules.program).size(), "rule"),
               graph::plural(rules.program.tests.size(), "test"), told(tried, laws),
               warnings ? graph::plural(warnings, "warning") : "no mistakes");
  else
    fmt::print("{}, {}\n", graph::plural(errors, "error"), graph::plural(warnings, "warning"));
  return status;
}

constexpr Argument kCheckArguments[] = {kRulesArgument};
constexpr Option kCheckOptions[] = {
    {"--strict", "", "warnings are mistakes, too: exit status 1", 0, false, Completes::nothing},
    kJsonOption,
    {"--sarif", "FILE", "write the mistakes to this file in SARIF, which editors and code hosts show where they are"}};
constexpr std::string_view kCheckExamples[] = {"rewrite-engine check ./mine.dsl",
                                               "rewrite-engine check equalization ./mine.dsl --json"};

}  // namespace

const Command kCheck = {
    .name = "check",
    .summary = "looks for mistakes in rule files, without a model",
    .description =
        "Finds everything that can be found before a model is read: words that nobody knows, values that do not fit, "
        "rules that no network can match, and rules to which an earlier one leaves nothing. Rules with `match` are "
        "tried: networks in which the pattern is found are drawn, and both sides are run and compared. So are the `op` "
        "lines of files of your own, where it is known what the operator computes. Lists the rules "
        "in the order in which they run, with their parameters as `--param RULE.NAME=VALUE` sets them and the "
        "defaults.",
    .arguments = kCheckArguments,
    .options = kCheckOptions,
    .examples = kCheckExamples,
    .run = check,
};

}  // namespace rw::commands
