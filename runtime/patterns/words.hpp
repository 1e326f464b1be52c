// The functions and fields of formulas in rules with `match`, as rule files name them.
#pragma once

#include <span>

#include "dsl/program/vocabulary.hpp"

namespace rw::runtime {

std::span<const dsl::PatternFunctionWord> pattern_functions();
std::span<const dsl::PatternFieldWord> pattern_fields();

}  // namespace rw::runtime
