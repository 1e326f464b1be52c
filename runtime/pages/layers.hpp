// What rounding costs layer by layer: bars, and the network in its order as a strip.
#pragma once

#include "runtime/pages/subject.hpp"

namespace rw::pages {

struct LayersShown {
  const runtime::Layers& layers;
  std::string before, after;            // what the two are: "before", "after"; empty `before`: there is one
  std::vector<std::string> links = {};  // by layer; empty: none leads anywhere
};

// Layers with the most noise first in line for the place that there is.
html::Markup layer_bars(const LayersShown& shown);

// The colour of so many decibels, and what the colours mean.
std::string colour_of(runtime::LayersAre are, const std::optional<double>& decibels);
html::Markup colour_key(runtime::LayersAre are);

html::Markup network_strip(const Subject& subject);

}  // namespace rw::pages
