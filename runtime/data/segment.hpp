// Consecutive samples of one input that have one shape: an array of a file, an image, what is drawn.
#pragma once

#include <cstdint>

#include "runtime/data/values.hpp"

namespace rw::data {

class Segment {
 public:
  virtual ~Segment() = default;

  virtual std::uint64_t count() const = 0;            // samples
  virtual const evaluator::Dims& sample() const = 0;  // the shape of one, without the axis of samples
  // Appends samples [first, first + count). graph::Error: as Data::read.
  virtual void read(std::uint64_t first, std::uint64_t count, Values& values) = 0;
};

}  // namespace rw::data
