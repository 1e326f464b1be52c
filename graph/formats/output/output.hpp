// Files that appear all together, complete, or not at all. Each is written under a name nobody sees (or none) in the
// folder it goes to and takes its place in commit(), in the order in which they were added.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/base/mapped_file.hpp"
#include "graph/model.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {

// A file in the making, written block by block, a large one by several threads. What is given is borrowed until all
// bytes of the file are given, and an error may be that of something given before. Errors (file: its path) tell what
// the system says: no space left, a file too large, an input that changed.
class OutputFile {
 public:
  virtual ~OutputFile() = default;

  virtual void write(std::span<const std::byte> bytes) = 0;  // copied
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // A range of an input, read from the file and not through its mapping.
  virtual void copy(const MappedFile& from, std::uint64_t offset, std::uint64_t size) = 0;
  // A scaled constant; `offset`: where its source begins in `from`. What the scaler borrows is borrowed, too.
  virtual void scale(const MappedFile& from, std::uint64_t offset, Scaler scaler) = 0;
};

class Output {
 public:
  using Progress = FunctionRef<void(std::uint64_t written)>;

  // `inputs` and `progress` are borrowed. With `dry`, everything is computed and checked and no file is made.
  // `progress` is told how many bytes of all files have left their buffers: by one thread at a time.
  Output(std::span<const std::shared_ptr<const MappedFile>> inputs, bool dry, const Progress* progress = nullptr);
  ~Output();  // without commit(): nothing is left behind
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Names that are spoken for: files that are written apart from these.
  void keep_free(std::span<const std::filesystem::path> names);

  // Error: the folder of `path` is missing, it is one of the inputs (by device and inode, whatever its name), what
  // stands there is not a regular file (a link to one is replaced), or the name is that of another file. For asking
  // before the first byte is written.
  void check(const std::filesystem::path& path) const;

  // A new file of `size` bytes, which may be filled at the same time as others of this output, each by one thread.
  // Error: as check().
  OutputFile& add(const std::filesystem::path& path, std::uint64_t size);

  // Checks that no input has changed, and puts the files in place. Where one of them replaces an older file all are
  // flushed to disk before: else a loss of power soon after the rename could leave neither the old bytes nor the new.
  // Where nothing stood there is nothing to lose, and no flush: whatever ends the process, the system has the bytes
  // once they are written, and a file without a name goes with it.
  // Error: nothing has changed but, if the last step itself fails halfway, for files that were put in place before.
  Written commit();

 private:
  class File;

  void check(const std::filesystem::path& path, const std::filesystem::path& whole) const;

  std::vector<std::shared_ptr<const MappedFile>> inputs_;
  std::vector<std::filesystem::path> taken_;  // absolute
  bool dry_;
  // What all files share.
  class Shared {
   public:
    explicit Shared(const Progress* progress) : progress_(progress) {}
    void count(std::uint64_t bytes);  // have left a buffer

   private:
    std::mutex mutex_;
    std::uint64_t done_ = 0;
    const Progress* progress_;
  };
  Shared shared_;
  std::vector<std::unique_ptr<File>> files_;
};

}  // namespace rw::graph
