// Looks at rule files alone.
#include <fmt/format.h>

#include "runtime/commands/commands.hpp"
#include "runtime/commands/rule_files.hpp"

namespace rw::commands {
namespace {

int check(const Given& given) {
  const std::optional<dsl::Loaded> rules = load_rules(given.list("RULES"));
  if (!rules) return kMistake;
  for (const dsl::Rule& rule : rules->program.rules) {
    std::string params;
    for (const dsl::Param& param : rule.params)
      params += fmt::format("{}{} = {}", params.empty() ? "" : ", ", param.name, param.value);
    fmt::print("rule {}({})\n", rule.name, params);
  }
  return kDone;
}

constexpr Argument kArguments[] = {kRulesArgument};
constexpr std::string_view kExamples[] = {"rewrite-engine check ./mine.dsl"};

}  // namespace

const Command kCheck = {
    .name = "check",
    .summary = "looks for mistakes in rule files, without a model",
    .description =
        "Finds everything that can be found before a model is read, and lists the rules with their parameters.",
    .arguments = kArguments,
    .options = {},
    .examples = kExamples,
    .run = check,
};

}  // namespace rw::commands
