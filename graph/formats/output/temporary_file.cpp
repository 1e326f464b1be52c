#include "graph/formats/output/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <utility>

#include "graph/base/error.hpp"

namespace rw::graph {
namespace {

// --- hidden names that a signal must remove

constexpr std::size_t kSlots = 256;
std::array<std::atomic<const char*>, kSlots> hidden_names = {};
constexpr std::array<int, 3> kSignals = {SIGINT, SIGTERM, SIGHUP};

void remove_and_die(int signal) {
  for (const auto& name : hidden_names)
    if (const char* path = name.load()) unlink(path);
  // The handler was installed for this one call: the signal now does what it does by default.
  raise(signal);
}

// Whoever has a handler of its own, or ignores the signal, keeps it.
void watch_signals() {
  for (const int signal : kSignals) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) continue;
    action.sa_handler = remove_and_die;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(signal, &action, nullptr);
  }
}

int remember(const char* path) {
  watch_signals();
  for (std::size_t i = 0; i < kSlots; ++i) {
    const char* free = nullptr;
    if (hidden_names[i].compare_exchange_strong(free, path)) return static_cast<int>(i);
  }
  return -1;  // more files at once than slots: this one stays behind after a signal
}

void forget(int slot) {
  if (slot >= 0) hidden_names[static_cast<std::size_t>(slot)].store(nullptr);
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
}

// Short, so that it is possible wherever the target's own name is.
std::string hidden_name(const std::filesystem::path& target) {
  static std::random_device random;
  return (target.parent_path() / fmt::format(".rewrite-engine-{:08x}{:08x}.tmp", random(), random())).string();
}

constexpr int kTries = 100;

}  // namespace

TemporaryFile::TemporaryFile(std::filesystem::path target, bool named) : target_(std::move(target)) {
  // A file without a name gets one through /proc, which is not there everywhere.
  if (!named && access("/proc/self/fd", F_OK) == 0)
    descriptor_ = open(folder_of(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (descriptor_ < 0) open_named();
  copy_permissions();
}

TemporaryFile::~TemporaryFile() {
  if (!hidden_.empty()) unlink(hidden_.c_str());
  forget(slot_);
  close(descriptor_);
}

void TemporaryFile::open_named() {
  for (int i = 0; i < kTries; ++i) {
    hidden_ = hidden_name(target_);
    descriptor_ = open(hidden_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ >= 0) {
      slot_ = remember(hidden_.c_str());
      return;
    }
    if (errno != EEXIST) break;
  }
  hidden_.clear();
  fail("cannot make a file in its folder");
}

void TemporaryFile::copy_permissions() const {
  struct stat status = {};
  if (stat(target_.c_str(), &status) == 0 && S_ISREG(status.st_mode)) fchmod(descriptor_, status.st_mode & 0777U);
}

void TemporaryFile::name() {
  if (!hidden_.empty()) return;
  const std::string self = fmt::format("/proc/self/fd/{}", descriptor_);
  for (int i = 0; i < kTries; ++i) {
    hidden_ = hidden_name(target_);
    if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, hidden_.c_str(), AT_SYMLINK_FOLLOW) == 0) return;
    if (errno != EEXIST) break;
  }
  hidden_.clear();
  fail("cannot give it a name");
}

void TemporaryFile::publish() {
  if (rename(hidden_.c_str(), target_.c_str()) != 0) fail("cannot put it in its place");
  forget(std::exchange(slot_, -1));
  hidden_.clear();
}

void TemporaryFile::fail(const char* what) const {
  throw Error(target_.string(), "", fmt::format("{}: {}", what, std::strerror(errno)));
}

void flush_folder(const std::filesystem::path& folder) {
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace rw::graph
