#include "graph/base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "graph/base/earliest_failure.hpp"

namespace rw::graph {
namespace {

std::atomic<unsigned> most = 0;
thread_local bool is_sharing = false;

// What the threads of one parallel_for() have in common.
class Shared {
 public:
  Shared(std::size_t count, FunctionRef<void(std::size_t)> f) : count_(count), f_(f) {}

  void work() {
    is_sharing = true;
    for (std::size_t i = next_++; i < count_; i = next_++) {
      try {
        f_(i);
      } catch (...) {
        fail(i);
      }
    }
    is_sharing = false;
  }

  void finish() const { failure_.rethrow(); }

 private:
  void fail(std::size_t i) {
    next_ = count_;
    const std::lock_guard lock(mutex_);
    failure_.note(i, std::current_exception());
  }

  std::size_t count_;
  FunctionRef<void(std::size_t)> f_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  EarliestFailure failure_;
};

}  // namespace

void set_threads(unsigned count) { most = count; }

unsigned threads() {
  if (is_sharing) return 1;
  const unsigned set = most;
  if (set != 0) return set;
  static const unsigned processors = std::max(std::thread::hardware_concurrency(), 1U);  // it reads a file each time
  return processors;
}

void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> f) {
  const std::size_t wanted = count <= 1 ? count : std::min<std::size_t>(threads(), count);
  if (wanted <= 1) {
    for (std::size_t i = 0; i < count; ++i) f(i);
    return;
  }
  Shared shared(count, f);
  {
    std::vector<std::jthread> others;
    others.reserve(wanted - 1);
    try {
      while (others.size() + 1 < wanted) others.emplace_back([&] { shared.work(); });
    } catch (const std::system_error&) {
      // The system has no more threads to give: those that there are do it all.
    }
    shared.work();
  }
  shared.finish();
}

void parallel_for_if(bool worth, std::size_t count, FunctionRef<void(std::size_t)> f) {
  if (worth) return parallel_for(count, f);
  for (std::size_t i = 0; i < count; ++i) f(i);
}

void parallel_for_parts(std::size_t count, std::size_t part, FunctionRef<void(std::size_t, std::size_t)> f) {
  assert(part > 0);
  const std::size_t parts = count / part + (count % part != 0);
  parallel_for(parts, [&](std::size_t i) { f(i * part, std::min(count, (i + 1) * part)); });
}

}  // namespace rw::graph
