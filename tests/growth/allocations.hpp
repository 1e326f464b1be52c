// Counts what is allocated: steps of work that do not depend on the clock.
#pragma once

#include <cstdint>

namespace rw::test {

struct Allocations {
  std::uint64_t calls = 0, bytes = 0;
};
Allocations allocations();  // of all threads, so far

}  // namespace rw::test
