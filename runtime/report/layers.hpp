// What rounding to eight bits costs, layer by layer, before a run and after it: measured where the network was run on
// data, else predicted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/run.hpp"

namespace rw::runtime {

// Decibels mean what Layers says. No value: the network has no such tensor then, or nothing is known of it.
struct Layer {
  std::string tensor, op, type;  // what is rounded, and the operator that computes it; none of an input
  std::optional<double> before, after;
  std::uint32_t region = kNone;  // into Outcome::visited; kNone: it lies in none of them
};

enum class LayersAre : std::uint8_t {
  unknown,    // there are none
  measured,   // signal to noise of the tensor, as it is read; more is better
  predicted,  // the noise that it adds at the outputs, beside that of all layers before the run; less is better
};

struct Layers {
  LayersAre are = LayersAre::unknown;
  std::vector<Layer> list;  // producers before consumers
};

// The layers of an outcome: what was measured if it has any, else those of its prediction. Regions are found by the
// names of tensors.
Layers layers_of(const Outcome& outcome, Layers measured);

// Of a region: the smallest signal to noise of its tensors, or the noise of all of them together.
struct RegionDecibels {
  std::optional<double> before, after;
};
std::vector<RegionDecibels> by_region(const Outcome& outcome, const Layers& layers);  // as many as `visited`

}  // namespace rw::runtime
