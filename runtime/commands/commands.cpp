#include "runtime/commands/commands.hpp"

#include "dsl/text/spelling.hpp"

namespace rw::commands {

std::span<const Command* const> all_commands() {
  static constexpr const Command* kCommands[] = {&kRun,   &kExplain, &kApply,     &kCalibrate, &kCompare,
                                                 &kScore, &kCheck,   &kFmt,       &kTest,      &kOps,
                                                 &kHelp,  &kMan,     &kCompletion};
  return kCommands;
}

const Command* find_command(std::string_view name) {
  for (const Command* command : all_commands())
    if (command->name == name) return command;
  return nullptr;
}

std::string nearest_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command* command : all_commands()) names.push_back(command->name);
  return dsl::did_you_mean(name, names);
}

}  // namespace rw::commands
