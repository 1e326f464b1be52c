// Constants as formulas of rules compute with them: numbers in double, with a shape, broadcast as in NumPy.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/values/dtype.hpp"

namespace rw::patterns {

using Dims = std::vector<std::int64_t>;

// Why a formula has no value: the rule does not match here.
struct NoValue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// So many elements a formula may compute with: what it makes is held in memory until it is written.
inline constexpr std::int64_t kMaxElements = std::int64_t{1} << 26U;

struct Numbers {
  Dims shape;
  std::vector<double> values;                    // row-major
  graph::DType dtype = graph::DType::undefined;  // in which it is written; undefined: the formula does not say
  bool single() const { return values.size() == 1; }
};

// Number of elements. NoValue: more than kMaxElements.
std::size_t count(std::span<const std::int64_t> shape);

Dims broadcast(std::span<const std::int64_t> a, std::span<const std::int64_t> b);  // NoValue: they do not fit
Numbers combine(const Numbers& a, const Numbers& b, const std::function<double(double, double)>& f);
Numbers each(Numbers a, const std::function<double(double)>& f);
Numbers expand(const Numbers& a, const Dims& shape);  // broadcast to it. NoValue: it does not fit
Numbers transposed(const Numbers& a, std::span<const std::int64_t> perm);
Numbers reshaped(Numbers a, Dims shape);
Numbers concatenated(std::int64_t axis, std::span<const Numbers> parts);
Numbers summed(const Numbers& a, std::int64_t axis);  // the axis stays, with size 1
Numbers cast(Numbers a, graph::DType dtype);          // values as they are in that type

// The whole numbers that an integer type holds, as far as double tells them apart.
struct WholeRange {
  double least, most;
};
WholeRange range_of(graph::DType dtype);

// The little-endian elements in its dtype, each rounded once (floats to nearest even; whole numbers must be such).
std::vector<std::byte> bytes_of(const Numbers& a);

}  // namespace rw::patterns
