// The options of a run, which explaining it has too.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "runtime/commands/given/command.hpp"
#include "runtime/engine/run.hpp"

namespace rw::commands {

inline constexpr Option kStatsOption = {"--stats", "FILE",
                                        "calibrated ranges of activations; they win over those that the model holds"};
inline constexpr Option kOnlyOption = {"--only", "RULE", "run only this rule (may be given several times)",
                                       0,        true,   Completes::nothing};
inline constexpr Option kParamOption = {
    "--param", "RULE.NAME=VALUE", "set a parameter of a rule (several times); the command check lists them", 0,
    true,      Completes::nothing};
inline constexpr Option kSkipNodeOption = {
    "--skip-node",     "GLOB", "operators with such a name carry no scale, so that they block (several times)", 0, true,
    Completes::nothing};
inline constexpr Option kExactOption = {
    "--exact", {}, "bit-exact: scales are powers of two, and every edited weight is checked"};
inline constexpr Option kLeakOption = {
    "--leak", "restore",
    "restore: in front of curves (Sigmoid) that block, rules give the scale back by a Mul, where that frees channels"};
inline constexpr Option kThreadsOption = {
    "--threads", "N", "work on so many threads; without it, one for each processor. The result is the same"};

// What --leak says of the rules. UsageError: another word than `restore`.
void set_leak(const Given& given, dsl::Program& program);

// From the options above. UsageError: a rule or parameter that there is not.
runtime::RunOptions run_options(const Given& given, const dsl::Program& program);

// A whole number > 0. UsageError: it is none.
std::size_t take_count(const Given& given, std::string_view option);

// What --threads says holds from now on. UsageError: no whole number > 0.
void set_threads(const Given& given);

// `out`, with the ending of `like` where it has none. Error: a folder, a device.
std::filesystem::path with_ending(std::filesystem::path out, const std::filesystem::path& like);

// The name of a file to be written. UsageError: it is none.
std::string file_name(const Given& given, std::string_view option);

// UsageError: a glob of this option that is the name of no operator, which would leave what it means as it is.
void check_names(const Given& given, std::string_view option, const graph::Network& network);

// Before anything is written: the files that are written beside the model are none that were read (the model's, rules),
// not where the new model goes (`out`; empty: none is written), and not the same. Error: one is.
void check_reports(const Given& given, std::span<const std::filesystem::path> reports, const graph::Model& model,
                   const std::filesystem::path& out = {});

// The command line of `command` (empty: a run) for the same model and options as a run, and its rules or `rules`,
// quoted for a shell.
std::string command_for(std::string_view command, const Given& given, const std::vector<std::string>& rules);
inline std::string command_for(std::string_view command, const Given& given) {
  return command_for(command, given, given.list("RULES"));
}

bool wants_colour();  // standard output is a terminal, and NO_COLOR is not set

}  // namespace rw::commands
