// A file of the user's, mapped for reading. Whoever keeps views into it keeps the shared pointer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "graph/base/bus_guard.hpp"

namespace rw::graph {

// Which file it is, under whatever name.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

class MappedFile {
 public:
  static constexpr std::size_t kPadding =
      64;  // bytes behind the last one that may be read; zeros or the rest of a page

  // Error (file: `path`): missing, not readable, not a regular file (which is found out without waiting for a FIFO).
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::filesystem::path& path() const { return path_; }  // as it was opened
  std::span<const std::byte> bytes() const { return {begin_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(begin_), size_}; }
  int descriptor() const { return descriptor_; }  // owned; -1: there are too many files to keep it
  FileIdentity identity() const { return identity_; }
  unsigned mode() const { return mode_; }  // its permissions: 0644

  // Where a view into bytes() begins in the file; nothing for a view of other memory.
  std::optional<std::uint64_t> offset_of(const void* view) const;

  // Copies bytes of the file, from `offset` on, to all of `to`, which costs no faults of pages as looking at bytes()
  // does. Error (file: path()): it cannot be read, or became shorter.
  void read(std::uint64_t offset, std::span<std::byte> to) const;

  // Whether the file is still what it was: neither size nor time of change differ and no page went missing. Readers
  // ask after parsing, the writer before it puts its output in place.
  bool intact() const;
  void check_intact() const;  // Error (file: path()): it changed while it was read

 private:
  MappedFile(std::filesystem::path path, int descriptor);

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0, mapped_ = 0;
  FileIdentity identity_;
  unsigned mode_ = 0;
  std::int64_t seconds_ = 0, nanoseconds_ = 0;  // of the last change
  std::unique_ptr<BusGuard> guard_;
};

// The file that `path` leads to (links are followed); nothing where there is none.
std::optional<FileIdentity> identity_of(const std::filesystem::path& path);

}  // namespace rw::graph
