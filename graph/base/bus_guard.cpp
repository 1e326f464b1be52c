#include "graph/base/bus_guard.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>

namespace rw::graph {

// Ranges form a list that only grows, so that the handler may walk it at any moment without a lock. A free range has
// no extent and is taken again by the next guard.
struct BusGuard::Range {
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;
  std::atomic<bool> struck = false;
  std::atomic<bool> taken = true;
  Range* next = nullptr;
};

namespace {

std::atomic<BusGuard::Range*> first_range = nullptr;
static_assert(std::atomic<BusGuard::Range*>::is_always_lock_free && std::atomic<std::uintptr_t>::is_always_lock_free);

struct sigaction previous = {};
std::uintptr_t guarded_page = 0;

bool cover(void* place) {
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  for (BusGuard::Range* range = first_range.load(); range; range = range->next) {
    if (address < range->begin.load() || address >= range->end.load()) continue;
    void* page = static_cast<char*>(place) - address % guarded_page;
    if (mmap(page, guarded_page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return false;
    range->struck.store(true);
    return true;
  }
  return false;
}

// Only what is safe in a signal handler: atomics, mmap, sigaction.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  // si_code > 0: from the memory system, so that there is an address; a signal that somebody sent has none.
  const bool covered = info->si_code > 0 && cover(info->si_addr);
  errno = saved;
  if (covered) return;
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(signal);
  // The access is repeated after the return and ends the process as if the guard had never been.
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  sigaction(SIGBUS, &fallback, nullptr);
}

void install() {
  guarded_page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

BusGuard::Range* take_range() {
  for (BusGuard::Range* range = first_range.load(); range; range = range->next) {
    bool free = false;
    if (range->taken.compare_exchange_strong(free, true)) return range;
  }
  auto* fresh = new BusGuard::Range;  // never freed: the handler may be looking at it
  fresh->next = first_range.load();
  while (!first_range.compare_exchange_weak(fresh->next, fresh)) {
  }
  return fresh;
}

}  // namespace

BusGuard::BusGuard(const void* begin, std::size_t size) {
  static std::once_flag once;
  std::call_once(once, install);
  range_ = take_range();
  range_->struck.store(false);
  range_->begin.store(reinterpret_cast<std::uintptr_t>(begin));
  range_->end.store(reinterpret_cast<std::uintptr_t>(begin) + size);  // last: only now it has an extent
}

BusGuard::~BusGuard() {
  if (!range_) return;
  range_->end.store(0);
  range_->begin.store(0);
  range_->taken.store(false);
}

bool BusGuard::struck() const { return range_ && range_->struck.load(); }

}  // namespace rw::graph
