// A run that changed nothing: that, and what would help, in one line.
#pragma once

#include <string>

#include "runtime/report/report.hpp"

namespace rw::runtime {

bool changed(const Outcome& outcome);  // some constant, statistic or operator

// "nothing was changed: activation ranges are missing: ...", a whole line; empty: something was.
std::string unchanged_line(const ReportInput& input);

}  // namespace rw::runtime
