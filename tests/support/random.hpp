// Random numbers that are the same with every standard library: its engine is specified, its distributions are not.
#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace rw::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  double uniform(double low, double high) {  // [low, high)
    return low + (high - low) * (static_cast<double>(engine_() >> 11U) * 0x1p-53);
  }
  std::int64_t between(std::int64_t low, std::int64_t high) {  // both included
    assert(low <= high);
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    assert(!from.empty());
    return from[engine_() % from.size()];
  }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace rw::test
