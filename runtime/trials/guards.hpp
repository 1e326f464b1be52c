// Simple conditions about a match, of which one may be what a wrong rule lacks.
#pragma once

#include <string>
#include <vector>

#include "dsl/program/program.hpp"

namespace rw::trials {

struct CandidateGuard {
  std::string text;
  dsl::PatternExprId condition = 0;
};

// Their formulas are added to the rule's pattern.
std::vector<CandidateGuard> add_guards(dsl::Rule& rule);

}  // namespace rw::trials
