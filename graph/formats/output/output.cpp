#include "graph/formats/output/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "graph/formats/output/block_queue.hpp"
#include "graph/formats/output/temporary_file.hpp"

namespace rw::graph {
namespace {

constexpr std::uint64_t kWorthAThread = std::uint64_t{4} << 20U;
// The system lets one thread at a time write to a file; more than these would wait for one another.
constexpr unsigned kMostThreads = 4;

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
      const std::size_t part = std::min(room(), bytes.size());
      block_.add(bytes.first(part));
      bytes = bytes.subspan(part);
      took(part);
    }
  }

  void copy(const MappedFile& from, std::uint64_t offset, std::uint64_t size) override {
    if (!temporary_) return drop(size);
    while (size > 0) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(room(), size));
      block_.add(Block::Copy{&from, offset}, part);
      offset += part;
      size -= part;
      took(part);
    }
  }

  void scale(const MappedFile& from, std::uint64_t offset, Scaler scaler) override {
    const auto shared = std::make_shared<const Scaler>(std::move(scaler));
    const std::uint64_t size = shared->byte_count();
    for (std::uint64_t begin = 0; begin < size;) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(room(), size - begin));
      block_.add(Block::Scale{&from, offset, shared, begin}, part);
      begin += part;
      took(part);
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

  // How many bytes the block takes: some.
  std::size_t room() {
    if (block_.room() == 0) give();
    return block_.room();
  }

  // In a dry run bytes in which nothing is to be checked are not even read.
  void drop(std::uint64_t size) {
    done_ += size;
    shared_.count(size);
    took(size);
  }

  void took(std::uint64_t bytes) {
    given_ += bytes;
    if (given_ == size_) end();
  }

  void give() {
    if (!queue_)
      queue_.emplace(size_ < kWorthAThread ? 1 : std::min(threads(), kMostThreads),
                     [this](const Block& block, std::span<std::byte> buffer) { finish(block, buffer); });
    const std::uint64_t next = block_.at + block_.size;
    queue_->give(std::exchange(block_, {.at = next}));
  }

  void finish(const Block& block, std::span<std::byte> buffer) {
    const std::span<const std::byte> bytes = bytes_of(block, buffer);
    if (temporary_) put(block.at, bytes);
    done_ += bytes.size();
    shared_.count(bytes.size());
  }

  void end() {
    if (block_.size > 0) give();
    if (queue_) queue_->wait();
    queue_.reset();
    block_ = {};
  }

  void put(std::uint64_t at, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = pwrite(temporary_->descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("cannot write it");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      at += static_cast<std::uint64_t>(count);
    }
  }

  [[noreturn]] void fail(const char* what) const {
    throw Error(path_.string(), "", fmt::format("{}: {}", what, std::strerror(errno)));
  }

  std::filesystem::path path_;
  std::uint64_t size_;
  Shared& shared_;
  Block block_;                          // in the making; in a dry run what there is to check
  std::uint64_t given_ = 0;              // bytes that came
  std::atomic<std::uint64_t> done_ = 0;  // bytes that are with the system
  std::optional<TemporaryFile> temporary_;
  std::optional<BlockQueue> queue_;  // last: its threads use the rest
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

namespace {

std::filesystem::path whole_name(const std::filesystem::path& path) {
  const std::filesystem::path absolute = std::filesystem::absolute(path);
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : resolved;
}

}  // namespace

void Output::keep_free(std::span<const std::filesystem::path> names) {
  for (const std::filesystem::path& each : names) taken_.push_back(whole_name(each));
}

void Output::check(const std::filesystem::path& path) const { check(path, whole_name(path)); }

void Output::check(const std::filesystem::path& path, const std::filesystem::path& whole) const {
  const auto refuse = [&](const std::string& why) { throw Error(path.string(), "", why); };
  struct stat status = {};
  if (path.filename().empty()) refuse("is no name of a file");
  const std::filesystem::path folder = path.parent_path().empty() ? "." : path.parent_path();
  if (stat(folder.c_str(), &status) != 0)
    refuse(fmt::format("its folder '{}' cannot be written to: {}", folder.string(), std::strerror(errno)));
  if (!S_ISDIR(status.st_mode)) refuse(fmt::format("'{}' is not a folder", folder.string()));
  if (std::find(taken_.begin(), taken_.end(), whole) != taken_.end())
    refuse("would be two files at once: each needs a name of its own");
  // A link is replaced; /dev/stdout must not be.
  std::error_code no_link;
  if (std::filesystem::read_symlink(path, no_link).string().starts_with("/proc/"))
    refuse("is a name of the system for an open file, expected the name of a file");
  if (stat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) refuse("is a folder, expected the name of a file");
  if (!S_ISREG(status.st_mode)) refuse("is not a regular file, which it would be after writing");
  const auto target = identity_of(path);
  for (const auto& input : inputs_)
    if (target == input->identity())
      refuse(fmt::format("is the same file as the input '{}': an input is not written over", input->path().string()));
}

OutputFile& Output::add(const std::filesystem::path& path, std::uint64_t size) {
  std::filesystem::path whole = whole_name(path);
  check(path, whole);
  taken_.push_back(std::move(whole));
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
