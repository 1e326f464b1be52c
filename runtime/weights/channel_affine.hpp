// What an operator with constants along the channels does to each of them: z = factor y + offset.
//
//   BatchNormalization  factor = scale / sqrt(variance + epsilon)   offset = bias - factor mean
//   Mul, Div            factor = the constant, or 1 / it            offset = 0
//   Add, Sub            factor = 1, or -1 where it is subtracted    offset = the constant, or - it
//
// (ONNX operator specification.)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/laws/site.hpp"

namespace rw::runtime {

struct ChannelAffine {
  std::vector<double> factor, offset;  // one of each for every channel
};

// Over `channels` channels along one axis of its output, counted from the end. Has no value where it is no such
// operator, or its constants run along another axis.
std::optional<ChannelAffine> channel_affine(const Site& site, std::size_t channels, int from_end);

// The constant at `slot` of an operator, one value for each of `channels` along `axis` of its output (counted from the
// end): broadcast as ONNX does. Has no value where it is no constant, or has several values along another axis.
std::optional<std::vector<double>> values_along(const Site& site, std::uint32_t slot, std::size_t channels,
                                                int from_end);

}  // namespace rw::runtime
