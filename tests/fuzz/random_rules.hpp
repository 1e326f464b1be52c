// Rule text drawn from the bytes of a fuzzer: any terms, guards, formulas and clauses, and `op` lines that say nothing
// untrue.
#pragma once

#include <string>

#include "tests/fuzz/draw.hpp"

namespace rw::fuzz {

std::string random_rules(Draw& draw);

}  // namespace rw::fuzz
