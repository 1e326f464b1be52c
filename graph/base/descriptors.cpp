#include "graph/base/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace rw::graph {
namespace {

constexpr rlim_t kEnough = 1U << 20U;

int limit() {
  rlimit limits = {};
  if (getrlimit(RLIMIT_NOFILE, &limits) != 0) return 256;
  return static_cast<int>(std::min(limits.rlim_cur, kEnough));
}

}  // namespace

void raise_descriptor_limit() {
  rlimit limits = {};
  if (getrlimit(RLIMIT_NOFILE, &limits) != 0 || limits.rlim_cur == limits.rlim_max) return;
  limits.rlim_cur = limits.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limits);
}

int descriptors_for_inputs() { return limit() / 2; }

int descriptors_for_outputs() { return limit() / 4 * 3; }

}  // namespace rw::graph
