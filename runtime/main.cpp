#include "runtime/commands/command_line.hpp"

int main(int argc, char** argv) { return rw::commands::command_line(argc, argv); }
