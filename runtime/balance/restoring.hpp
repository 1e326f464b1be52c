// Which regions are worth what it costs to give their scales back in front of curves (`leak restore`): most useful
// first, until the next one wins too little of the predicted noise.
#pragma once

#include <span>
#include <vector>

#include "runtime/balance/balance.hpp"

namespace rw::runtime {

// One region.
struct Restorable {
  std::vector<std::uint32_t> classes;  // which are free only if it is taken; of all regions, one after the other
  std::vector<TensorId> given;         // what the operators that give scales back compute, and what is rounded, too
  double elements = 0;                 // of these, as a part of all elements that the network computes
};

struct Restored {
  Balanced balanced;
  std::vector<bool> taken;  // by region
};

// `free`: the classes that may be scaled if all are taken. `cost`: what each hundredth of the network's elements must
// win, in dB. Weights alone with a step for each channel win nothing by it: none is taken.
Restored balance_restoring(const Noise& noise, const std::vector<bool>& free, std::span<const Restorable> restorable,
                           const BalanceTarget& target, double cost);

}  // namespace rw::runtime
