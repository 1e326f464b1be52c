// Plots of a page, as SVG.
#pragma once

#include <string>
#include <vector>

#include "runtime/html/markup.hpp"

namespace rw::html {

// A band for each channel from low to high, before and after, each over the largest magnitude of its own: how much of
// the range, and so of the levels of a step for all of them, a channel fills.
struct ChannelPlot {
  std::string title;                          // what is plotted, in words: the plot's name
  std::string unit = {};                      // what of it: "calibrated range"
  std::vector<double> low, high;              // before; no low: from 0
  std::vector<double> low_after, high_after;  // as many
  std::vector<double> scale = {};             // by channel; empty: none
  std::vector<bool> bound = {};               // by channel; empty: none
};

// More channels are drawn together, so many to a step, from the smallest to the largest of them. Figures, as attributes
// for the script, only without that.
inline constexpr std::size_t kMostSteps = 256;

void add_plot(Markup& page, const ChannelPlot& plot);

// Two bars, one over the other, of lengths from 0 to 1; < 0: none.
Markup bars(double before, double after);

}  // namespace rw::html
