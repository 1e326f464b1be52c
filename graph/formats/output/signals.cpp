#include "graph/formats/output/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>

namespace rw::graph {
namespace {

constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};

struct Slot {
  std::atomic<bool> taken = false;
  std::atomic<int> lock = -1;
  std::atomic<const char*> path = nullptr;  // last: what the handler goes by
};
std::array<Slot, 256> slots = {};

void remove_and_die(int signal) {
  for (const Slot& slot : slots) {
    const char* path = slot.path.load();
    if (!path) continue;
    const int lock = slot.lock.load();
    struct flock all = {};
    all.l_type = F_WRLCK;
    if (lock < 0 || fcntl(lock, F_OFD_SETLK, &all) == 0) unlink(path);
  }
  // The handler was installed for this one call: the signal now does what it does by default.
  raise(signal);
}

void watch_signals() {
  for (const int signal : kSignals) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = remove_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace

SignalsHeld::SignalsHeld() {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : kSignals) sigaddset(&held, signal);
  pthread_sigmask(SIG_BLOCK, &held, &before_);
}

int unlink_on_signal(const char* path, int lock) {
  watch_signals();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    bool free = false;
    if (!slots[i].taken.compare_exchange_strong(free, true)) continue;
    slots[i].lock.store(lock);
    slots[i].path.store(path);
    return static_cast<int>(i);
  }
  return -1;  // more files at once than slots: after a signal this one waits for the next run to its place
}

void keep_after_signal(int slot) {
  if (slot < 0) return;
  slots[static_cast<std::size_t>(slot)].path.store(nullptr);
  slots[static_cast<std::size_t>(slot)].taken.store(false);
}

}  // namespace rw::graph
