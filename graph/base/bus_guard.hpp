// A file that becomes shorter while it is mapped makes the next look at its lost pages a SIGBUS. The guard turns that
// into zeros and a mark: one handler for the process, installed with the first guarded range, finds the range of the
// faulting address and lays a page of zeros there. A SIGBUS anywhere else goes to the handler that was there before.
#pragma once

#include <cstddef>

namespace rw::graph {

class BusGuard {
 public:
  BusGuard() = default;
  // Guards [begin, begin + size) until it is destroyed, which must come before the range is unmapped.
  BusGuard(const void* begin, std::size_t size);
  ~BusGuard();
  BusGuard(const BusGuard&) = delete;
  BusGuard& operator=(const BusGuard&) = delete;

  bool struck() const;  // some page of the range was replaced by zeros

  struct Range;  // what the handler sees

 private:
  Range* range_ = nullptr;
};

}  // namespace rw::graph
