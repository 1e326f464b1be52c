#include "runtime/commands/watch.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>
#include <tuple>

#include "graph/base/printable.hpp"
#include "runtime/commands/failure.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {
namespace {

// Files are asked a few times a second: a handful of them costs nothing, and editors that write a new file in the place
// of the old one are seen as well as those that do not.
constexpr auto kPause = std::chrono::milliseconds(150);

volatile std::sig_atomic_t ended = 0;

void end(int) { ended = 1; }

// While it lives, the first Ctrl-C ends the watching and not the program.
class Signals {
 public:
  Signals() {
    ended = 0;
    struct sigaction action = {};
    action.sa_handler = end;
    sigaction(SIGINT, &action, &before_[0]);
    sigaction(SIGTERM, &action, &before_[1]);
  }
  ~Signals() {
    sigaction(SIGINT, &before_[0], nullptr);
    sigaction(SIGTERM, &before_[1], nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct sigaction before_[2] = {};
};

// What a file that is written again does not keep; zeros where there is none.
using Stamp = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;

Stamp stamp_of(const std::filesystem::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

using Stamps = std::map<std::filesystem::path, Stamp>;

Stamps stamps_of(const Stamps& files) {
  Stamps out;
  for (const auto& [path, old] : files) out[path] = stamp_of(path);
  return out;
}

// Names of the files that are not as they were.
std::string differences(const Stamps& before, const Stamps& now) {
  std::string out;
  for (const auto& [path, stamp] : now)
    if (before.at(path) != stamp) out += (out.empty() ? "" : ", ") + graph::printable(path.filename().string());
  return out;
}

// Waits until files have changed and then have not for a moment (an editor may still be writing). Empty: ended.
std::string wait_for_change(Stamps& stamps) {
  const Stamps before = stamps;
  while (ended == 0) {
    std::this_thread::sleep_for(kPause);
    const Stamps now = stamps_of(stamps);
    const bool settled = now == stamps;
    stamps = now;
    if (!settled || now == before) continue;
    return differences(before, now);
  }
  return {};
}

}  // namespace

std::string changes(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& now) {
  std::string out;
  for (const auto& [parents, taken] : now) {
    const auto old = before.find(parents);
    if (old == before.end())
      out += fmt::format("  + {}: {}\n", parents, taken);
    else if (old->second != taken)
      out += fmt::format("  ~ {}: {}, was {}\n", parents, taken, old->second);
  }
  for (const auto& [parents, taken] : before)
    if (!now.contains(parents)) out += fmt::format("  - {}: was {}\n", parents, taken);
  return out.empty() ? "no match has changed\n" : "matches that changed:\n" + out;
}

int watch(const std::vector<std::filesystem::path>& always, const std::function<int(Seen&)>& run) {
  const Signals signals;
  Seen last;
  bool first = true;
  Stamps stamps;  // of what is watched: all that any run has read
  for (const auto& path : always) stamps[path.lexically_normal()];
  for (;;) {
    // Stamps are taken before the run, so that what is written meanwhile is seen afterwards.
    stamps = stamps_of(stamps);
    Seen seen;
    guarded("", [&] { return run(seen); });
    const bool done = seen.complete;
    if (done && !first) fmt::print("{}", changes(last.matches, seen.matches));
    if (done) {
      last = seen;
      first = false;
    }
    for (const auto& path : seen.files)
      if (const auto normal = path.lexically_normal(); !stamps.contains(normal)) stamps[normal] = stamp_of(normal);
    fmt::print("{}watching {} files; Ctrl-C ends\n", done ? "" : "not run; ", stamps.size());
    runtime::flush_output();
    const std::string changed = wait_for_change(stamps);
    if (changed.empty()) break;
    fmt::print("\n--- {:%H:%M:%S} {} changed\n", fmt::localtime(std::time(nullptr)), changed);
    runtime::flush_output();
  }
  fmt::print("\nended\n");
  return kDone;
}

}  // namespace rw::commands
