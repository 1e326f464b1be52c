// The best of several rewritings, by measuring them.
#pragma once

#include "graph/base/function_ref.hpp"
#include "runtime/tune/judge.hpp"
#include "runtime/tune/target.hpp"

namespace rw::tune {

inline constexpr double kLeastGain = 0.3;  // dB; what wins less is luck, and the untouched network stays

struct Ways {
  bool clips = false;        // the network has Clips, which `auto` may unfold: it is tried to leave them as they are
  bool approximate = false;  // outputs may differ a little: it is tried to absorb biases behind the rules
};

// `rules` (with a rule `balance`) as they are for the target, and with its parameters otherwise: `count` in all, the
// most promising first, among them, from four on, each of the ways that fits; then cross_layer and mixed.
std::vector<Candidate> candidates_for(const std::vector<std::string>& rules, const quantizer::Options& target,
                                      std::size_t count, const Ways& ways);
bool has_clips(const graph::Network& network);

struct Tuning {
  std::vector<Judged> judged;                // the untouched network first, then the candidates in their order
  std::size_t best = 0;                      // into these
  std::uint64_t calibrated = 0, scored = 0;  // samples
};

// The candidate that gains most. The first one, the rules as they were given, gives way to those alone that are better
// by more than luck: by kLeastGain and five times the standard error of the difference, draw by draw. `progress` is
// told how many candidates have been judged.
Tuning tune(Judge& judge, std::vector<Candidate> candidates, graph::FunctionRef<void(std::uint64_t)> progress);

std::string told_text(const Tuning& tuning);
std::string told_json(const Tuning& tuning);

}  // namespace rw::tune
