// What a command throws, as a message and an exit status.
#pragma once

#include <string>
#include <string_view>

#include "graph/base/function_ref.hpp"
#include "runtime/commands/given/command.hpp"

namespace rw::commands {

// Says `message` on standard error and returns `status`.
int fail(Exit status, std::string_view message);

// What `run` returns, an Exit. Whatever it throws is said on standard error, with `about`, the file that the command is
// about, where an error names none.
int guarded(const std::string& about, graph::FunctionRef<int()> run);

}  // namespace rw::commands
