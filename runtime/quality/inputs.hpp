// The inputs on which networks are measured.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/data/data.hpp"
#include "runtime/quality/subject.hpp"

namespace rw::quality {

// Which input of one network is which of another: by name, or, where one has other names, by their order.
class SameInputs {
 public:
  // graph::Error (file: that of `to`): there are not as many inputs, or not of the same type.
  SameInputs(const Subject& from, const Subject& to);
  executor::Inputs of(executor::Inputs inputs) const;  // for `to`

 private:
  std::map<graph::TensorId, graph::TensorId> ids_;
};

// How many samples a batch has: the first dimension of its inputs.
std::uint64_t samples_in(const executor::Inputs& inputs);

// Batches [first, last) of data that was opened for the network `owner`. Borrows all that it names.
struct Inputs {
  data::Data& data;
  const Subject& owner;
  std::size_t first = 0, last = 0;
  std::uint64_t samples_before = 0;                   // in the batches [0, first)
  const std::vector<std::int64_t>* labels = nullptr;  // of all samples, the right classes; null: not known

  std::size_t count() const { return last - first; }
};

}  // namespace rw::quality
