// Primitives that kernels of equal layers share.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/executor/onednn/kernel.hpp"

namespace rw::executor::onednn {

class SharedPrimitives {
 public:
  // The primitive of an equal layer that lives, or what `make` makes; null: it makes none.
  PrimitiveRef get(const Layer& layer, PrimitiveRef (*make)(const Layer&));

 private:
  // All that a primitive depends on: the layer without the values of its weights, formats, threads.
  using Key = std::string;
  static Key key_of(const Layer& layer);

  std::mutex guard_;
  std::map<Key, std::weak_ptr<Primitive>> known_;
};

}  // namespace rw::executor::onednn
