#include "graph/formats/output/folder_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "graph/base/digest.hpp"
#include "graph/formats/output/signals.hpp"

namespace rw::graph {
namespace {

// Whoever may write to the folder may use it, whoever made it.
int open_lock(const std::filesystem::path& file) {
  int descriptor = open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor >= 0 || errno != ENOENT) return descriptor;
  descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor >= 0) fchmod(descriptor, 0666);
  return descriptor;
}

bool is_at(int descriptor, const std::filesystem::path& file) {
  struct stat opened = {}, there = {};
  return fstat(descriptor, &opened) == 0 && lstat(file.c_str(), &there) == 0 && opened.st_dev == there.st_dev &&
         opened.st_ino == there.st_ino;
}

// `count` 0: to the end of all bytes.
int lock(int descriptor, off_t begin, off_t count) {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = begin;
  range.l_len = count;
  return fcntl(descriptor, F_OFD_SETLK, &range);
}

}  // namespace

FolderLock::FolderLock(std::filesystem::path folder) : file_(std::move(folder) / ".rewrite-engine.lock") {}

FolderLock::~FolderLock() {
  if (descriptor_ < 0) return;
  const SignalsHeld held;
  keep_after_signal(slot_);
  if (lock(descriptor_, 0, 0) == 0 && is_at(descriptor_, file_)) unlink(file_.c_str());
  close(descriptor_);
}

bool FolderLock::take(std::string_view name) {
  constexpr std::uint64_t kLast = (std::uint64_t{1} << 62U) - 1;
  const auto byte = static_cast<off_t>(digest_of(name) & kLast);
  const SignalsHeld held;
  for (;;) {
    if (descriptor_ < 0) {
      descriptor_ = open_lock(file_);
      if (descriptor_ < 0) return true;  // nothing can be written here; whoever tries will hear why
      slot_ = unlink_on_signal(file_.c_str(), descriptor_);
    }
    if (lock(descriptor_, byte, 1) != 0) return errno != EAGAIN && errno != EACCES;
    if (is_at(descriptor_, file_)) return true;
    keep_after_signal(std::exchange(slot_, -1));
    close(std::exchange(descriptor_, -1));  // the one before has just removed it
  }
}

}  // namespace rw::graph
