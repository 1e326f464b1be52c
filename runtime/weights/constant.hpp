// The constant that a handle is about: a tensor of the network, or an attribute that stands for one.
#pragma once

#include <array>
#include <string>

#include "runtime/laws/law.hpp"

namespace rw::runtime {

class Constant {
 public:
  // Borrows the network's tensor, or holds the value of Handle::attribute in the type of the operator's first input.
  Constant(const Site& site, const Handle& handle);
  Constant(const Constant&) = delete;
  Constant& operator=(const Constant&) = delete;

  const graph::Tensor& tensor() const { return *tensor_; }  // its `constant` is there
  const graph::Literal& literal() const { return *tensor_->constant; }

 private:
  const graph::Tensor* tensor_;
  graph::Tensor held_;
  graph::Literal literal_;
  std::array<std::byte, 8> bytes_ = {};
};

}  // namespace rw::runtime
