// A tensor while a network runs.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "runtime/executor/translate.hpp"

namespace rw::executor {

struct Held {
  Dims shape;
  FormatRef format;               // of the floats
  std::shared_ptr<float> floats;  // null: integers
  ArrayRef integers;
  bool writable = false;  // the floats are ours, and may change where nobody else holds them
  // The same in other formats, which earlier readers needed.
  std::vector<std::pair<FormatRef, std::shared_ptr<float>>> also;

  bool there() const { return floats != nullptr || integers != nullptr; }
  bool own() const { return writable && floats.use_count() == 1; }
};

inline std::size_t bytes_of(const Held& held) {
  return held.format ? held.format->bytes() : evaluator::count(held.shape) * sizeof(float);
}

// A borrowed array, which lives as long as what holds the tensor.
Held borrowed(const ArrayRef& array);

}  // namespace rw::executor
