// From the words of the command line to the command that they mean, and its exit status.
#pragma once

namespace rw::commands {

// Runs it. Errors are printed on standard error; nothing is thrown.
int command_line(int argc, char** argv);

}  // namespace rw::commands
