#include "graph/base/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "graph/base/descriptors.hpp"
#include "graph/base/error.hpp"

namespace rw::graph {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int error) {
  throw Error(path.string(), "", std::string(what) + ": " + std::strerror(error));
}

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

FileIdentity identity(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino)};
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a FIFO that nobody writes to would wait forever; regular files do not care.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0 && errno == ENOENT) throw missing_file(path.string());
  if (descriptor < 0) fail(path, "cannot open it", errno);
  MappedFile* file = nullptr;
  try {
    file = new MappedFile(path, descriptor);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  return std::shared_ptr<const MappedFile>(file);
}

// Throws with the descriptor still open: open() closes it, since a constructor that throws has no destructor.
MappedFile::MappedFile(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) fail(path_, "cannot look at it", errno);
  if (S_ISDIR(status.st_mode)) throw Error(path_.string(), "", "is a folder, expected a file");
  if (!S_ISREG(status.st_mode)) throw Error(path_.string(), "", "is not a regular file");
  identity_ = graph::identity(status);
  mode_ = status.st_mode & 0777U;
  size_ = static_cast<std::size_t>(status.st_size);
  seconds_ = status.st_mtim.tv_sec;
  nanoseconds_ = status.st_mtim.tv_nsec;

  // One page more than the file needs is reserved, and the file laid over the front: the rest of the file's last page
  // is zeros, and where there is no rest the spare page is the padding.
  const std::size_t pages = (size_ + page_size() - 1) / page_size() * page_size();
  const std::size_t wanted = pages + page_size();
  void* room = mmap(nullptr, wanted, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) fail(path_, "cannot map it", errno);
  if (size_ > 0 && mmap(room, size_, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, 0) == MAP_FAILED) {
    const int error = errno;
    munmap(room, wanted);
    fail(path_, "cannot map it", error);
  }
  try {
    guard_ = std::make_unique<BusGuard>(room, pages);
  } catch (...) {
    munmap(room, wanted);
    throw;
  }
  begin_ = static_cast<std::byte*>(room);
  mapped_ = wanted;
  // A hint only: most of what is mapped is read once, front to back.
  if (size_ > 0) madvise(room, pages, MADV_SEQUENTIAL);
  if (descriptor < descriptors_for_inputs()) return;
  ::close(descriptor);
  descriptor_ = -1;
}

MappedFile::~MappedFile() {
  guard_.reset();
  munmap(begin_, mapped_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::uint64_t> MappedFile::offset_of(const void* view) const {
  const auto at = reinterpret_cast<std::uintptr_t>(view);
  const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
  if (at < begin || at > begin + size_) return std::nullopt;
  return at - begin;
}

void MappedFile::read(std::uint64_t offset, std::span<std::byte> to) const {
  if (descriptor_ < 0) {
    std::memcpy(to.data(), begin_ + offset, to.size());
    return;
  }
  while (!to.empty()) {
    const ssize_t count = pread(descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path_, "cannot read it", errno);
    if (count == 0) throw Error(path_.string(), "", "changed while it was read");
    offset += static_cast<std::uint64_t>(count);
    to = to.subspan(static_cast<std::size_t>(count));
  }
}

bool MappedFile::intact() const {
  struct stat status = {};
  if (guard_->struck()) return false;
  if (descriptor_ >= 0 ? fstat(descriptor_, &status) != 0 : stat(path_.c_str(), &status) != 0) return false;
  return graph::identity(status) == identity_ && static_cast<std::size_t>(status.st_size) == size_ &&
         status.st_mtim.tv_sec == seconds_ && status.st_mtim.tv_nsec == nanoseconds_;
}

void MappedFile::check_intact() const {
  if (!intact()) throw Error(path_.string(), "", "changed while it was read");
}

std::optional<FileIdentity> identity_of(const std::filesystem::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return identity(status);
}

}  // namespace rw::graph
