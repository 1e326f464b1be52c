#include "graph/formats/output/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "graph/base/descriptors.hpp"
#include "graph/base/error.hpp"
#include "graph/formats/output/signals.hpp"

namespace rw::graph {
namespace {

// rename() that replaces nothing.
int rename_to_free(const char* from, const char* to) {
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (stands(to)) {
    errno = EEXIST;
    return -1;
  }
  return rename(from, to);
}

}  // namespace

TemporaryFile::TemporaryFile(std::filesystem::path target, std::filesystem::path hidden, unsigned mode, Name name)
    : target_(std::move(target)), hidden_(std::move(hidden)) {
  // A file without a name gets one through /proc, which is not there everywhere.
  if (name == Name::late && access("/proc/self/fd", F_OK) == 0)
    descriptor_ = open(folder_of(target_).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
  if (descriptor_ >= 0 && descriptor_ >= descriptors_for_outputs()) close(std::exchange(descriptor_, -1));
  if (descriptor_ < 0) open_named();
  set_permissions(mode);
}

TemporaryFile::~TemporaryFile() {
  if (named_) unlink(hidden_.c_str());
  keep_after_signal(slot_);
  if (descriptor_ >= 0) close(descriptor_);
}

void TemporaryFile::open_named() {
  const SignalsHeld held;
  unlink(hidden_.c_str());
  descriptor_ = open(hidden_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) fail("cannot make a file in its folder");
  named_ = true;
  short_ = descriptor_ >= descriptors_for_outputs();
  slot_ = unlink_on_signal(hidden_.c_str());
}

void TemporaryFile::set_permissions(unsigned mode) {
  struct stat status = {};
  if (stat(target_.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
    fchmod(descriptor_, status.st_mode & 0777U);
  } else if (named_) {
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(descriptor_, mode & ~mask);
  }
}

void TemporaryFile::rest() {
  if (short_ && descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

void TemporaryFile::wake() {
  if (descriptor_ >= 0) return;
  descriptor_ = open(hidden_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor_ < 0) fail("cannot open it again");
}

void TemporaryFile::sync() {
  wake();
  if (fsync(descriptor_) != 0) fail("cannot write it");
  rest();
}

void TemporaryFile::name() {
  if (named_) return;
  const std::string self = fmt::format("/proc/self/fd/{}", descriptor_);
  unlink(hidden_.c_str());
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, hidden_.c_str(), AT_SYMLINK_FOLLOW) != 0) fail("cannot give it a name");
  named_ = true;
  slot_ = unlink_on_signal(hidden_.c_str());
}

void TemporaryFile::publish_beside() {
  if (link(hidden_.c_str(), target_.c_str()) == 0) return;
  const bool unknown = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
  if (!unknown || rename_to_free(hidden_.c_str(), target_.c_str()) != 0) fail("cannot put it in its place");
  named_ = false;
}

void TemporaryFile::publish() {
  if (rename(hidden_.c_str(), target_.c_str()) != 0) fail("cannot put it in its place");
  keep_after_signal(std::exchange(slot_, -1));
  named_ = false;
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

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
}

bool stands(const std::filesystem::path& path) {
  struct stat status = {};
  return lstat(path.c_str(), &status) == 0;
}

}  // namespace rw::graph
