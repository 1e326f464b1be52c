#include "runtime/commands/given/rule_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "dsl/text/spelling.hpp"
#include "graph/base/printable.hpp"
#include "runtime/actions/rule_mistake.hpp"
#include "runtime/commands/given/command.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {

std::optional<dsl::Loaded> load_rules(const std::vector<std::string>& names, runtime::ShippedTests tests,
                                      std::vector<std::filesystem::path>* files) {
  dsl::Loaded rules = dsl::load(names, runtime::rule_library(tests), runtime::vocabulary());
  for (std::uint32_t i = 0; files && i < rules.sources.size(); ++i)
    if (const std::string& name = rules.sources[i].name; name.ends_with(".dsl") || name.find('/') != std::string::npos)
      files->emplace_back(name);
  for (const dsl::Diagnostic& each : rules.diagnostics) runtime::complain(dsl::draw(each, rules.sources));
  if (dsl::has_errors(rules.diagnostics)) return std::nullopt;
  return rules;
}

int at_its_place(const std::optional<dsl::Loaded>& rules, graph::FunctionRef<int()> run) {
  try {
    return run();
  } catch (const runtime::RuleMistake& mistake) {
    const dsl::Diagnostic diagnostic{dsl::Severity::error, "bad-scale", mistake.at,
                                     graph::printable(fmt::format("{} {}", mistake.place, mistake.message)),
                                     graph::printable(mistake.hint)};
    runtime::complain(dsl::draw(diagnostic, rules->sources));
    return kMistake;
  }
}

const dsl::Rule& find_rule(std::span<const dsl::Rule> rules, const std::string& name, std::string_view option) {
  std::string known;
  for (const dsl::Rule& rule : rules) {
    if (rule.name == name) return rule;
    known += (known.empty() ? "" : ", ") + rule.name;
  }
  std::vector<std::string_view> names;
  for (const dsl::Rule& rule : rules) names.push_back(rule.name);
  const std::string meant = dsl::did_you_mean(name, names);
  throw UsageError(fmt::format("{}: no rule '{}' in these files{}; there are: {}", option, graph::printable(name),
                               meant.empty() ? "" : fmt::format(" ({})", meant), known.empty() ? "none" : known));
}

namespace {

double default_of(const dsl::Rule& rule, const std::string& param) {
  return std::find_if(rule.params.begin(), rule.params.end(),
                      [&](const dsl::Param& each) { return each.name == param; })
      ->value;
}

// ", as pair.hi=20"
std::string example_param(const dsl::Program& program) {
  for (const dsl::Rule& rule : dsl::running(program))
    if (!rule.params.empty()) return fmt::format(", as {}.{}={}", rule.name, rule.params[0].name, rule.params[0].value);
  return "";
}

}  // namespace

void set_param(const dsl::Program& program, const std::string& text, runtime::RunOptions& run) {
  const std::size_t equals = text.find('='), dot = text.rfind('.', equals);
  if (equals == std::string::npos || dot == std::string::npos)
    throw UsageError(
        fmt::format("--param {}: write RULE.NAME=VALUE{}", graph::printable(text), example_param(program)));
  const std::string rule_name = text.substr(0, dot), name = text.substr(dot + 1, equals - dot - 1),
                    value = text.substr(equals + 1);
  const dsl::Rule& rule = find_rule(dsl::running(program), rule_name, "--param");
  std::string known;
  for (const dsl::Param& param : rule.params)
    known += fmt::format("{}{} = {}", known.empty() ? "" : ", ", param.name, param.value);
  if (std::none_of(rule.params.begin(), rule.params.end(), [&](const dsl::Param& param) { return param.name == name; }))
    throw UsageError(fmt::format("--param: rule '{}' has no parameter '{}'; it has: {}", rule_name,
                                 graph::printable(name), known.empty() ? "none" : known));
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !std::isfinite(number))
    throw UsageError(fmt::format("--param {}: '{}' is no number: write --param {}.{}={}", graph::printable(text),
                                 graph::printable(value), rule_name, name, default_of(rule, name)));
  run.params[rule_name][name] = number;
}

}  // namespace rw::commands
