// What commands do alike with rule files.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dsl/load.hpp"
#include "graph/base/function_ref.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run.hpp"

namespace rw::commands {

// Reads and checks; errors and warnings are drawn on standard error. Returns nothing where there are errors.
// `files`: those on the disk that were read are added.
std::optional<dsl::Loaded> load_rules(const std::vector<std::string>& names, runtime::ShippedTests tests,
                                      std::vector<std::filesystem::path>* files = nullptr);

// Runs it. What a rule asks for that cannot be done is drawn at its place, and the status is kMistake.
int at_its_place(const std::optional<dsl::Loaded>& rules, graph::FunctionRef<int()> run);

// The rule that an option names. UsageError: there is none, and which there are.
const dsl::Rule& find_rule(std::span<const dsl::Rule> rules, const std::string& name, std::string_view option);

// "pair.lo=2" into params. UsageError: what is wrong with it.
void set_param(const dsl::Program& program, const std::string& text, runtime::RunOptions& run);

}  // namespace rw::commands
