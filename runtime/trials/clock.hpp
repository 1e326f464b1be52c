// The time that trials have taken.
#pragma once

#include <ctime>

namespace rw::trials {

// Of the processor, by this thread.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace rw::trials
