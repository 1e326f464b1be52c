// Tries a rule with a pattern before it is believed: small networks are drawn in which the pattern is found, both sides
// are run, and what differs is made as small as it goes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dsl/program/program.hpp"
#include "runtime/trials/instance.hpp"

namespace rw::trials {

struct DrawLimits {
  std::size_t accepted = 300, draws = 1500;
  double seconds = 1;  // of the processor, for drawing; making a counterexample small takes as much again at most
};

struct Counterexample {
  std::string lines;      // of a `test` block
  double difference = 0;  // relative to the largest magnitude within either side
  std::string result;     // the tensor that differs
};

struct SuggestedGuard {
  std::string condition;
  double kept = 0;         // share of the instances that agree in which it holds
  bool confirmed = false;  // on fresh instances
};

struct RuleTrials {
  // changing: the edit would change the shape or type of a result, so that the engine leaves such networks alone.
  std::size_t draws = 0, accepted = 0, differing = 0, changing = 0, refused = 0;
  double largest_difference = 0;
  std::vector<std::pair<std::string, std::size_t>>
      refusals;                                  // reasons (of those that change, too), most frequent first
  std::optional<Counterexample> counterexample;  // that differs; where none does, one that changes
  std::vector<SuggestedGuard> guards;            // the best first
  std::vector<Instance> examples;                // a few of those in which both sides agree
  double seconds = 0;
};

// `laws`: of the program. The same rule is tried in the same way every time, but for the limit of time.
RuleTrials try_rule(const dsl::Rule& rule, std::span<const dsl::LawBinding> laws, const DrawLimits& limits = {});

}  // namespace rw::trials
