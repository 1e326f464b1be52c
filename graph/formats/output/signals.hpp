// SIGINT, SIGTERM, SIGQUIT and SIGHUP end the process; what a run has under a hidden name goes with it.
#pragma once

#include <csignal>

namespace rw::graph {

// Such signals wait as long as it lives, in this thread.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_ = {};
};

// `path` (borrowed) is unlinked when such a signal ends the process; with `lock`, the descriptor of a file that
// processes have locks on, only where no other one has. Returns what to give to keep_after_signal(). Whoever has
// handlers of its own, or ignores such signals, keeps them.
int unlink_on_signal(const char* path, int lock = -1);
void keep_after_signal(int slot);

}  // namespace rw::graph
