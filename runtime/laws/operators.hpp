// What the floors above a network know of single operators beside the law that they obey: one row an operator.
#pragma once

#include <string>
#include <string_view>

#include "runtime/laws/site.hpp"

namespace rw::runtime {

// How f(y - c) = f(y) - c holds, with one c >= 0 for each channel.
enum class Difference : std::uint8_t { passes, passes_above, changes };  // passes_above: where y >= c

struct OperatorTraits {
  std::string_view op;
  // Attributes and constants under which the law does not hold although its own condition does. Empty: it holds.
  std::string (*condition)(const Site&) = nullptr;
  // Null: a difference changes.
  Difference (*difference)(const Site&) = nullptr;
  // Why y = x does not hold; empty: it does. Null: it never does.
  std::string (*identity)(const Site&) = nullptr;
  // Why y rounds differently where x is scaled by a power of two; empty: it does not. Null: it never does.
  std::string (*rounding)(const Site&) = nullptr;
  bool reads_further = false;       // further inputs (where it samples, a slope) are read as they are: pinned
  bool reads_condition = false;     // input 0 chooses among the others: no value of it is scaled
  bool divides = false;             // y = a / b, where its kin multiply
  bool clips = false;               // y = Min(Max(x, a), b)
  bool weighs_second = false;       // its constants stand along axis 1, whatever it normalizes over
  bool sums_evenly = false;         // padding aside, every output sums over all weights of its channel
  std::string_view other_law = {};  // that a rule file may give it instead of the usual one
};

// The row of an operator; an empty one where it has none.
const OperatorTraits& traits(const Site& site);

// Empty: nothing of the operator itself is in the way of its law.
std::string operator_condition(const Site& site);
// Why its first output is not its first input; empty: it is.
std::string not_identity(const Site& site);
// Why its outputs do not stay bit for bit when its inputs are scaled by powers of two; empty: they do.
std::string inexact(const Site& site);
// Zeros are put around its input.
bool pads_with_zeros(const Site& site);

}  // namespace rw::runtime
