// Tries the laws that rule files of the user say of operators: small networks are drawn in which such an operator
// stands between linear ones, channels are scaled as the law has it, and both networks are run and compared.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dsl/load.hpp"
#include "runtime/trials/try_rule.hpp"

namespace rw::runtime {

struct TriedLaw {
  const dsl::LawBinding* binding = nullptr;
  std::size_t accepted = 0;    // networks in which the operator obeys the law and something was scaled
  std::size_t differing = 0;   // of these, those of which an output moves
  double largest = 0;          // of an output's largest value
  std::string counterexample;  // the smallest: a rule and a test of it, as text. Empty: none differs
};

// Of each operator of each `op` line outside of the files that ship, as far as it can be run and its law lets a scale
// through. In the order of the program.
std::vector<TriedLaw> try_laws(const dsl::Loaded& rules, const trials::DrawLimits& limits = {60, 600, 0.5});

// Errors: laws that are not true.
dsl::Diagnostics wrong_laws(std::span<const TriedLaw> tried);

}  // namespace rw::runtime
