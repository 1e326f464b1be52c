// Output shapes of operators on signals: Fourier transforms, windows, filter banks.
#include "graph/operators/dims.hpp"
#include "graph/operators/form_functions.hpp"

namespace rw::graph::shape_of {
namespace {

std::int64_t half(std::int64_t length) { return length < 0 ? kUnknown : length / 2 + 1; }

}  // namespace

// [..., length, ..., 1 or 2]: its last axis holds complex numbers afterwards.
Dims dft(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 2) return std::nullopt;
  std::vector<std::int64_t> dims = copy(in);
  const bool by_attribute = node.network().opset().value_or(20) < 20;
  const auto named = node.integers_of(2);
  if (!by_attribute && node.has(2) && (!named || named->size() != 1))
    return std::vector<std::int64_t>(dims.size(), kUnknown);
  const auto axis = in.axis(by_attribute ? node.integer("axis", 1) : named ? (*named)[0] : -2);
  if (!axis) return std::nullopt;
  const bool one_sided = node.integer("onesided") != 0, inverse = node.integer("inverse") != 0;
  std::int64_t& length = dims[static_cast<std::size_t>(*axis)];
  if (node.has(1)) length = size_of(node, 1);
  if (one_sided) length = inverse ? kUnknown : half(length);
  dims.back() = one_sided && inverse ? kUnknown : 2;
  return dims;
}

// [batch, length, 1 or 2] to [batch, frames, frequencies, 2].
Dims stft(const Node& node, std::uint32_t) {
  const Shape in = node.shape(0), window = node.shape(2);
  if (!in.known() || in.rank() < 2) return std::nullopt;
  const std::int64_t step = size_of(node, 1);
  const std::int64_t length = node.has(3) ? size_of(node, 3) : window.rank() == 1 ? window[0] : kUnknown;
  const bool fits = in[1] >= 0 && step > 0 && length >= 0 && length <= in[1];
  return dims_of({in[0], fits ? (in[1] - length) / step + 1 : kUnknown,
                  node.integer("onesided", 1) != 0 ? half(length) : length, 2});
}

Dims window(const Node& node, std::uint32_t) { return dims_of({size_of(node, 0)}); }

// [frequencies, bands].
Dims mel_weights(const Node& node, std::uint32_t) { return dims_of({half(size_of(node, 1)), size_of(node, 0)}); }

}  // namespace rw::graph::shape_of
