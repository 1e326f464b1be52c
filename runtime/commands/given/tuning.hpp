// The options --target, --bits and --tune of a run: what the int8 network is for, and the best of several rewritings.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dsl/load.hpp"
#include "runtime/commands/given/command.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/quantizer/convention.hpp"

namespace rw::commands {

inline constexpr Option kTargetOption = {
    "--target",
    "WHAT",
    "what the network is quantized to: int8,tensor or int8,channel (steps of weights); ,weights behind it: activations "
    "stay in float",
    0,
    false,
    Completes::nothing};
inline constexpr Option kTargetBitsOption = {
    "--bits", "N", "bits of weights and activations in place of those of --target", 0, false, Completes::nothing};
inline constexpr Option kFusedSiluOption = {
    "--fused-silu",
    {},
    "the runtime computes x * Sigmoid(x) at once: its Sigmoid is not rounded, and `auto` leaves it together"};
inline constexpr Option kTuneOption = {"--tune",
                                       "N",
                                       "try N variants of the rules (and cross_layer, mixed and the untouched "
                                       "network), rounded, on the second half of the "
                                       "data, and take the best",
                                       0,
                                       false,
                                       Completes::nothing};

// Of the option --bits, which is given. UsageError: not 2 to 16.
unsigned take_bits(const Given& given);

// Nothing without --target and --bits. UsageError: what is wrong.
std::optional<quantizer::Options> take_target(const Given& given);

// Wrong usage of --tune, before anything is read.
void check_tuning(const Given& given);

// UsageError: an option says what the network is quantized to, and neither --score nor --tune nor a rule goes by it.
void check_target_read(const Given& given, const dsl::Program& program);

// The target's parameters, where rules have them and --param does not set them.
void set_target(const Given& given, const dsl::Program& program, runtime::RunOptions& run);

// What --tune found best.
struct Tuned {
  std::vector<std::string> rules;  // none: the untouched network
  runtime::RunOptions options;
  std::string statistics;  // by which it was made, for graph::add_statistics
  std::string text;        // for the report
  std::pair<std::string, std::string> json;
};

// UsageError: no rule of the program is called `balance`. Errors: as tune::Judge.
Tuned tune_run(const Given& given, const dsl::Program& program, const runtime::RunOptions& options);

}  // namespace rw::commands
