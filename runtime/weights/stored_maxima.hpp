// The largest magnitude of each channel, on both sides of a float16 weight, before all edits. One pass finds both, and
// whoever asks again is given what was found.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "graph/base/sources.hpp"
#include "runtime/weights/pair_layout.hpp"

namespace rw::runtime {

class StoredMaxima {
 public:
  explicit StoredMaxima(graph::Sources sources) : sources_(sources) {}  // of the model; borrowed

  // By channel of the handle. NaN or infinity: an element is. Empty: it is no weight of this type, or stored in an
  // order that PairLayout does not know.
  std::span<const float> find(OperatorId op, const Law& law, const Site& site, const Handle& handle);

 private:
  struct Sides {
    PairLayout layout;
    std::vector<float> rows, columns;
  };
  std::optional<Sides> read(const Law& law, const Site& site) const;

  graph::Sources sources_;
  std::unordered_map<OperatorId, std::optional<Sides>> tables_;
};

}  // namespace rw::runtime
