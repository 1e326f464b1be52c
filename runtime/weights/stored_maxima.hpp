// The largest magnitude of each channel, on both sides of a float16 weight, before all edits. One pass finds both, and
// whoever asks again is given what was found.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "runtime/weights/pair_layout.hpp"

namespace rw::runtime {

class StoredMaxima {
 public:
  // By channel of the handle. NaN or infinity: an element is. Empty: it is no weight of this type, or stored in an
  // order that PairLayout does not know.
  std::span<const float> find(OperatorId op, const Law& law, const Site& site, const Handle& handle);

 private:
  struct Sides {
    PairLayout layout;
    std::vector<float> rows, columns;
  };
  static std::optional<Sides> read(const Law& law, const Site& site);

  std::unordered_map<OperatorId, std::optional<Sides>> tables_;
};

}  // namespace rw::runtime
