// What commands that measure networks do alike: compare, score, and a run with --verify or --score.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "graph/model.hpp"
#include "runtime/commands/given/command.hpp"
#include "runtime/data/data.hpp"
#include "runtime/quality/compare.hpp"
#include "runtime/quality/tell.hpp"

namespace rw::commands {

inline constexpr Option kToleranceOption = {
    "--tolerance",     "T", "how far outputs may lie apart, over their largest value (0.001)", 0, false,
    Completes::nothing};

// From the option above. UsageError: no number >= 0.
double take_tolerance(const Given& given);

// The model, with all that can be said of its shapes and types.
graph::Model read_to_measure(const std::string& file);

// What is told of data besides what was measured on it.
quality::Told told_of(const data::Data& data);

// How data is read; where there is none, 8 samples are drawn.
data::Options data_or_drawn(const Given& given, std::vector<std::string> words);

// On standard output, as text or, with --json, as data.
template <typename What>
void print_told(const Given& given, const What& told) {
  if (given.has("--json"))
    fmt::print("{}\n", told_json(told));
  else
    fmt::print("{}", told_text(told));
}

}  // namespace rw::commands
