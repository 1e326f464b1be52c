// Elements of files as values of an input: converted to its type and checked one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/values/dtype.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::data {

// An array as a file stores it.
struct StoredArray {
  std::string file, place;  // for messages; place: "member 'x'", or nothing
  graph::DType dtype = graph::DType::undefined;
  bool swapped = false;  // big-endian
  bool fortran = false;  // the first index runs fastest
  evaluator::Dims shape;

  std::uint64_t elements() const { return evaluator::count(shape); }
};

// graph::Error: values of the array cannot be those of an input of this type (floats of an integer input).
void check_type(const StoredArray& array, graph::DType input);

class Values {
 public:
  explicit Values(graph::DType input) : input_(input) {}  // undefined: float32

  void reserve(std::uint64_t count);
  // Elements from number `first` (row-major) on, as they are stored. graph::Error: NaN, infinity, or beyond the input's
  // type, with the index.
  void append(const StoredArray& array, std::uint64_t first, std::span<const std::byte> elements);
  void append(std::span<const float> values);         // finite
  void append(std::span<const std::int64_t> values);  // in the range of the input's type

  bool floating() const { return input_ == graph::DType::undefined || graph::floating(input_); }
  evaluator::Array take(evaluator::Dims shape);  // all of them; none are left

 private:
  graph::DType input_;
  std::vector<float> floats_;
  std::vector<std::int64_t> integers_;
};

}  // namespace rw::data
