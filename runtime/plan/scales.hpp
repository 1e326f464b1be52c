// Arithmetic on scales for the certificate: spreading them over axes and comparing them.
#pragma once

#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "graph/operators/node.hpp"
#include "runtime/plan/plan.hpp"

namespace rw::runtime {

// Two scales that differ by rounding only: factors are products and quotients of a few doubles.
inline bool near(double a, double b) { return std::fabs(a - b) <= 1e-9 * std::fabs(b); }
bool near(std::span<const double> a, std::span<const double> b);  // of one size, and element by element

// A scale over `axes` of a tensor of this shape. Axes of size 1 are dropped, and of several those along which the
// values are all near each other; values that are all near 1 become "1 everywhere".
Scale make_scale(graph::AxisMask axes, std::vector<double> values, const graph::Shape& shape);

// The values of `scale` over `wanted`, a superset of its axes, row-major. The dimensions on `wanted` are known.
std::vector<double> spread(const Scale& scale, graph::AxisMask wanted, const graph::Shape& shape);

// Returns the axes of the output on which a scale along `axes` of input `slot` comes out, and nothing where the
// operator does not carry one of them to its output.
std::optional<graph::AxisMask> output_axes(const graph::Node& node, std::uint32_t slot, graph::AxisMask axes);

// The product of the dimensions on `axes`, which are known and few enough to be channels.
std::int64_t elements(graph::AxisMask axes, const graph::Shape& shape);

}  // namespace rw::runtime
