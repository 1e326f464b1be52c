// The table of commands.
#pragma once

#include <span>

#include "runtime/commands/given/command.hpp"

namespace rw::commands {

// One file each. The first is meant where the command line begins with no command word.
extern const Command kRun, kExplain, kApply, kCalibrate, kCompare, kScore, kCheck, kFmt, kTest, kOps, kHelp, kMan,
    kCompletion;

std::span<const Command* const> all_commands();      // in the order in which help lists them
const Command* find_command(std::string_view name);  // null: there is none
std::string nearest_command(std::string_view name);  // "did you mean 'check'?", or nothing

}  // namespace rw::commands
