// So many threads for the rest of a scope.
#pragma once

#include "graph/base/parallel.hpp"

namespace rw::test {

class Threads {
 public:
  explicit Threads(unsigned count) { graph::set_threads(count); }
  ~Threads() { graph::set_threads(0); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
};

}  // namespace rw::test
