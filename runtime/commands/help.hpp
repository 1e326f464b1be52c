// What the rows of the commands say, as text for a terminal.
#pragma once

#include <string>

#include "runtime/commands/given/command.hpp"

namespace rw::commands {

inline constexpr std::string_view kPurpose =
    "Rewrites a neural network by the rules of a rule file; what the network computes stays the same.";

std::string version_text();                      // "rewrite-engine 0.1.0"
std::string overview();                          // usage and the list of commands
std::string help_text(const Command& command);   // usage, arguments, options and examples
std::string usage(const Command& command);       // "rewrite-engine check [OPTIONS] RULES..."
std::string synopsis(const Argument& argument);  // "RULES...", "[MODEL]"
std::string synopsis(const Option& option);      // "-o, --out OUT"

// What `help` tells besides commands.
struct Manual {
  std::string_view name;     // "language": docs/language.md
  std::string_view summary;  // one line
};
std::span<const Manual> manuals();

struct ExitStatus {
  Exit status;
  std::string_view meaning;
};
std::span<const ExitStatus> exit_statuses();

}  // namespace rw::commands
