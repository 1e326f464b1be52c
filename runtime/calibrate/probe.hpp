// Ranges from any other runtime: the model with outputs that tell them, and what it gave for these.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"
#include "runtime/calibrate/totals.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::calibrate {

// A tensor whose ranges are asked for: of each channel along `axis`, or of the whole.
struct ProbePoint {
  graph::TensorId tensor = graph::kNone;
  std::optional<int> axis;
};

// Tensors of regions that some operator offers a scale to: no rule reads other ranges.
std::vector<ProbePoint> probe_points(const runtime::Analysis& analysis, const runtime::Regions& regions);

// Adds to `output` the ONNX model at `out`: every byte of the model, and behind them a ReduceMin and a ReduceMax for
// each point, whose outputs "TENSOR@min" and "TENSOR@max" are outputs of the network. graph::Error: the model is no
// ONNX file, or has external data and another folder than `out`; it has such a name already.
void write_probe(const graph::Model& model, std::span<const ProbePoint> points, const std::filesystem::path& out,
                 graph::Output& output);

// Ranges of all runs in these .npz files, whose members are outputs of the probe by name; of several runs stacked along
// a first axis, too. graph::Error (file: its path): a name that is none of them (with the nearest), another number of
// channels, a value that is not finite, a minimum without a maximum.
Totals read_probe(const graph::Network& network, const graph::ChannelAxes& channels, std::span<const ProbePoint> points,
                  std::span<const std::filesystem::path> files);

}  // namespace rw::calibrate
