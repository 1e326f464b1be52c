// What commands that measure networks do alike: compare, score, and a run with --verify or --score.
#pragma once

#include <span>
#include <string>

#include "graph/model.hpp"
#include "runtime/commands/command.hpp"
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

inline constexpr std::uint64_t kRandomSamples = 8;  // where there is no data

}  // namespace rw::commands
