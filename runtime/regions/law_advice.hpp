// What may be said of an operator that nobody knows, so that scales pass through it: a claim that only the user can
// answer for.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

struct LawAdvice {
  std::string_view law;  // "pass", of several activations "join"; empty: none is worth a try
  std::string why_not;   // then: why an operator of its form does not treat every channel alike
};

// For each type of operators that no `op` line names: what may be said of all of them.
std::map<std::string, LawAdvice> law_advice(const Analysis& analysis);

// The condition under which it is true.
inline constexpr std::string_view kAdviceHolds = "only if it treats every channel alike";

}  // namespace rw::runtime
