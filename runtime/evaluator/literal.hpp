// Between the bytes of a constant and the evaluator's arrays.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/network.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::evaluator {

// Floats of every width come as float32 (float64 is rounded), everything else as int64.
Array read_literal(const graph::Literal& literal);

// The values as little-endian elements of this type: floats are rounded to nearest even, integers are cut to size.
std::vector<std::byte> encode(const Array& array, graph::DType dtype);

// IEEE half precision, by bits.
float half_to_float(std::uint16_t bits);
std::uint16_t float_to_half(float value);  // to nearest even; too large: infinity
// The upper half of a float32.
float bfloat_to_float(std::uint16_t bits);
std::uint16_t float_to_bfloat(float value);

}  // namespace rw::evaluator
