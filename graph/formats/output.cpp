#include "graph/formats/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "graph/error.hpp"
#include "graph/formats/temporary_file.hpp"
#include "graph/formats/writer_thread.hpp"
#include "graph/parallel.hpp"

namespace rw::graph {
namespace {

// Larger writes are no faster; from 1 MiB on they are several times slower on ext4.
constexpr std::size_t kBuffer = std::size_t{256} << 10U;
constexpr std::size_t kDryBuffer = std::size_t{16} << 10U;  // what is dropped need not be large
constexpr std::uint64_t kWorthAThread = std::uint64_t{4} << 20U;

// A file beyond the limit of the process (ulimit -f) shall be an error that we report, not the end of the process.
void ignore_file_size_signal() {
  struct sigaction action = {};
  if (sigaction(SIGXFSZ, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action.sa_handler = SIG_IGN;
  sigaction(SIGXFSZ, &action, nullptr);
}

// SIGINT and the like wait while names change: the old files stand, or the new ones.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&held, signal);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_ = {};
};

}  // namespace

// --- one file

class Output::File : public OutputFile {
 public:
  // Without a temporary file (a dry run) bytes are counted and dropped.
  File(std::filesystem::path path, std::uint64_t size, bool dry, Shared& shared)
      : path_(std::move(path)), size_(size), shared_(shared) {
    if (dry) return;
    temporary_.emplace(path_);
    reserve();
  }

  void write(std::span<const std::byte> bytes) override {
    if (!temporary_) return drop(bytes.size());
    while (!bytes.empty()) {
      const std::span<std::byte> space = room(1);
      const std::size_t part = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), part);
      bytes = bytes.subspan(part);
      took(part);
    }
  }

  void copy(const MappedFile& from, std::uint64_t offset, std::uint64_t size) override {
    if (!temporary_) return drop(size);
    while (size > 0) {
      const std::span<std::byte> space = room(1);
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(space.size(), size));
      read(from, offset, space.first(part));
      offset += part;
      size -= part;
      took(part);
    }
  }

  void scale(const MappedFile& from, std::uint64_t offset, const Scaler& scaler) override {
    const std::size_t step = graph::size(scaler.source().dtype);
    const std::uint64_t elements = scaler.byte_count() / step;
    for (std::uint64_t first = 0; first < elements;) {
      const std::span<std::byte> space = room(step);
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(space.size() / step, elements - first));
      const std::span<std::byte> bytes = space.first(part * step);
      if (scaler.gathers()) {
        scaler.write(first, bytes);
      } else {
        read(from, offset + first * step, bytes);
        scaler.scale(first, bytes);
      }
      first += part;
      took(bytes.size());
    }
  }

  void check_complete() const { assert(done_ == size_); }  // the writer said how long it would be

  bool replaces() const { return temporary_ && identity_of(path_).has_value(); }

  // All bytes on the disk.
  void sync() {
    if (fsync(temporary_->descriptor()) != 0) fail("cannot write it");
  }

  TemporaryFile& temporary() { return *temporary_; }  // not in a dry run

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

 private:
  // Takes the space now, without changing the file's size, so that a full disk is found out at once and the file lies
  // in one piece. Not every file system can; then it is found out on the way.
  void reserve() {
    if (size_ == 0) return;
    const int result = fallocate(temporary_->descriptor(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size_));
    if (result != 0 && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT)) fail("cannot write it");
  }

  std::span<std::byte> room(std::size_t least) {
    if (buffer_.empty()) begin();
    if (buffer_.size() - used_ < least) flush();
    return std::span(buffer_).subspan(used_);
  }

  // In a dry run bytes go no further, and those in which nothing is to be checked are not even read.
  void drop(std::uint64_t size) {
    given_ += size;
    done_ += size;
    shared_.count(size);
  }

  // The buffer holds this much more. After the last byte it is not needed any longer.
  void took(std::size_t bytes) {
    if (!temporary_) return drop(bytes);
    used_ += bytes;
    given_ += bytes;
    if (given_ == size_) end();
  }

  void begin() {
    buffer_.resize(temporary_ ? kBuffer : kDryBuffer);
    if (!temporary_ || size_ < kWorthAThread || threads() == 1) return;
    try {
      thread_.emplace([this](std::span<const std::byte> bytes) { put(bytes); });
    } catch (const std::system_error&) {
      // The system has none to give: then one thing comes after the other.
    }
  }

  void end() {
    flush();
    if (thread_) thread_->wait();
    thread_.reset();
    buffer_ = {};
  }

  // Empties the buffer.
  void flush() {
    const std::size_t used = std::exchange(used_, 0);
    if (thread_)
      thread_->give(buffer_, used);
    else
      put(std::span(buffer_).first(used));
    shared_.count(used);
  }

  void put(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(temporary_->descriptor(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("cannot write it");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      done_ += static_cast<std::size_t>(count);
    }
  }

  void read(const MappedFile& from, std::uint64_t offset, std::span<std::byte> to) const {
    while (!to.empty()) {
      const ssize_t count = pread(from.descriptor(), to.data(), to.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw Error(from.path().string(), "", fmt::format("cannot read it: {}", std::strerror(errno)));
      if (count == 0) throw Error(from.path().string(), "", "changed while it was read");
      offset += static_cast<std::uint64_t>(count);
      to = to.subspan(static_cast<std::size_t>(count));
    }
  }

  [[noreturn]] void fail(const char* what) const {
    throw Error(path_.string(), "", fmt::format("{}: {}", what, std::strerror(errno)));
  }

  std::filesystem::path path_;
  std::uint64_t size_;
  Shared& shared_;
  std::vector<std::byte> buffer_;  // empty until the first byte comes
  std::size_t used_ = 0;           // of the buffer
  std::uint64_t given_ = 0;        // bytes that came
  std::uint64_t done_ = 0;         // bytes that are with the system; the thread's while there is one
  std::optional<TemporaryFile> temporary_;
  std::optional<WriterThread> thread_;
};

// --- all of them

Output::Output(std::span<const std::shared_ptr<const MappedFile>> inputs, bool dry, const Progress* progress)
    : inputs_(inputs.begin(), inputs.end()), dry_(dry), shared_(progress) {
  ignore_file_size_signal();
}

void Output::Shared::count(std::uint64_t bytes) {
  if (!progress_) return;
  const std::lock_guard lock(mutex_);
  done_ += bytes;
  (*progress_)(done_);
}

Output::~Output() = default;

void Output::check(const std::filesystem::path& path) const {
  const auto refuse = [&](const std::string& why) { throw Error(path.string(), "", why); };
  struct stat status = {};
  if (path.filename().empty()) refuse("is no name of a file");
  const std::filesystem::path folder = path.parent_path().empty() ? "." : path.parent_path();
  if (stat(folder.c_str(), &status) != 0)
    refuse(fmt::format("its folder '{}' cannot be written to: {}", folder.string(), std::strerror(errno)));
  if (!S_ISDIR(status.st_mode)) refuse(fmt::format("'{}' is not a folder", folder.string()));
  if (stat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) refuse("is a folder, expected the name of a file");
  if (!S_ISREG(status.st_mode)) refuse("is not a regular file, which it would be after writing");
  const auto target = identity_of(path);
  for (const auto& input : inputs_)
    if (target == input->identity())
      refuse(fmt::format("is the same file as the input '{}': an input is not written over", input->path().string()));
}

OutputFile& Output::add(const std::filesystem::path& path, std::uint64_t size) {
  check(path);
  files_.push_back(std::make_unique<File>(path, size, dry_, shared_));
  return *files_.back();
}

Written Output::commit() {
  for (const auto& file : files_) file->check_complete();
  for (const auto& input : inputs_) input->check_intact();
  Written written;
  for (const auto& file : files_) written.bytes += file->size();
  if (dry_) return written;
  const bool durable = std::any_of(files_.begin(), files_.end(), [](const auto& file) { return file->replaces(); });
  if (durable)
    for (const auto& file : files_) file->sync();
  {
    const SignalsHeld held;
    for (const auto& file : files_) file->temporary().name();
    for (const auto& file : files_) {
      file->temporary().publish();
      written.files.push_back(file->path());
    }
  }
  if (durable)
    for (const auto& file : files_) flush_folder(file->path().parent_path());
  return written;
}

}  // namespace rw::graph
