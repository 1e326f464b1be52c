// A rule that scales whatever can be scaled.
#pragma once

#include <string>

namespace rw::test {

// rules/wide.dsl with another scale, a formula of p and c for each class, and without its tests; it needs no
// statistics.
std::string scale_everything(const std::string& formula);

// Weights of a class come to lie in [256, 512): classes get different powers of two, none of them 1.
inline const char* const kPowers = "pow2(256 / across(max, p.weight))";
inline const char* const kAnyScale = "37.7 / across(max, p.weight)";

}  // namespace rw::test
