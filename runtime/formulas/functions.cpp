#include "runtime/formulas/function.hpp"

namespace rw::runtime {

// numeric_functions.cpp, channel_functions.cpp, set_functions.cpp, noise_functions.cpp
extern const Function kAbs, kSqrt, kExp2, kLog2, kPow2, kPow, kMin, kMax, kClamp;
extern const Function kLargest, kSmallest, kMean, kSum, kAcross, kOverall, kGrouped, kChannel;
extern const Function kCount, kStats;
extern const Function kGain, kBest;

std::span<const Function* const> functions() {
  static constexpr const Function* kFunctions[] = {
      &kAbs,  &kSqrt, &kExp2,   &kLog2,    &kPow2,    &kPow,     &kMin,   &kMax,   &kClamp, &kLargest, &kSmallest,
      &kMean, &kSum,  &kAcross, &kOverall, &kGrouped, &kChannel, &kCount, &kStats, &kGain,  &kBest};
  return kFunctions;
}

}  // namespace rw::runtime
