// Files that appear all together, complete, or not at all: those of a model, and what belongs to it. Each is written
// under a name nobody sees (or none) in the folder it goes to and takes its place in commit().
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/base/mapped_file.hpp"
#include "graph/formats/output/commit.hpp"
#include "graph/formats/output/place.hpp"
#include "graph/model.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {

class FolderLock;

// A file in the making, written block by block, a large one by several threads. What is given is borrowed until all
// bytes of the file are given, and an error may be that of something given before. Errors (file: its path) tell what
// the system says: no space left, a file too large, an input that changed.
class OutputFile {
 public:
  virtual ~OutputFile() = default;

  virtual void write(std::span<const std::byte> bytes) = 0;  // copied
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  // A range of an input, read from the file and not through its mapping where that has a descriptor.
  virtual void copy(const MappedFile& from, std::uint64_t offset, std::uint64_t size) = 0;
  // A scaled constant; `offset`: where its source begins in `from`. What the scaler borrows is borrowed, too.
  virtual void scale(const MappedFile& from, std::uint64_t offset, Scaler scaler) = 0;
};

class Output {
 public:
  using Progress = FunctionRef<void(std::uint64_t written)>;
  using TextOfStem = std::function<std::string(std::string_view stem)>;

  // `inputs`: no output is one of them, and a new file may be read by whom all of them may be read by, as far as umask
  // allows it (what is replaced keeps its permissions). With `dry`, everything is computed and checked and no file of
  // the model is made.
  Output(std::span<const std::shared_ptr<const MappedFile>> inputs, bool dry);
  ~Output();  // without commit(): nothing is left behind
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Is told how many bytes of all files have left their buffers, by one thread at a time. Borrowed; null: nobody.
  void show(const Progress* progress) { shared_.show(progress); }

  // Names that files outside of the model will have: no file of the model takes them.
  void keep_free(std::span<const std::filesystem::path> names);

  // Error: the folder of `path` is missing, it is one of the inputs (by device and inode, whatever its name), what
  // stands there is not a regular file (a link to one is replaced), or the name is that of another file. For asking
  // before the first byte is written.
  void check(const std::filesystem::path& path) const;

  // --- a model: the files that it names, then the model file, then what stands beside it. Each file has its size, and
  // may be filled at the same time as others, each by one thread. Errors: as check(), or that another process is
  // writing to this place.

  // The model file will be `path`. `id` gives what tells outputs of different content apart, [0-9a-f]{16}; it is asked
  // by choose_stem(). `mark`: what its files carry (empty: none); without a value they keep theirs.
  void begin_model(const std::filesystem::path& path, std::function<std::string()> id,
                   std::optional<std::string> mark = {});
  const std::optional<std::string>& mark() const { return mark_; }

  // A file that the model names: STEM`ending`, where the stem (choose_stem()) is not known yet.
  OutputFile& add_named(std::string ending, std::uint64_t size);
  // The same for a text that says the stem.
  void add_named(std::string ending, TextOfStem text);
  // The stem of these files: the model's where nothing stands under their names (or the same bytes do: those stay),
  // else with the id in it. All of them are filled.
  std::string choose_stem();

  OutputFile& add_model(std::uint64_t size);
  OutputFile& add(const std::filesystem::path& path, std::uint64_t size);

  // The model that a killed run has replaced, where it did not come to its end (begin_model() first).
  std::optional<std::filesystem::path> left_behind() const;
  // A file that goes when all have taken their places, unless it is one of them or an input.
  void add_outdated(std::filesystem::path path) { outdated_.push_back(std::move(path)); }

  // A text that belongs to the output and to whoever calls: also with `dry`.
  void add_text(const std::filesystem::path& path, std::string_view text);

  void add_note(std::string note) { notes_.push_back(std::move(note)); }  // Written::notes

  // Names and bytes of the files of the model.
  Written written() const;

  // Checks that no input has changed, and puts the files in place (commit.hpp). Where one of them replaces an older
  // file all are flushed to disk before: else a loss of power soon after the rename could leave neither the old bytes
  // nor the new. Where nothing stood there is nothing to lose, and no flush: whatever ends the process, the system has
  // the bytes once they are written, and a file without a name goes with it.
  // Error: nothing has changed.
  Written commit();

 private:
  class File;
  using Role = Finished::Role;
  struct Named {  // by the model
    std::string ending;
    File* file = nullptr;
    TextOfStem text;
  };

  void check_free(const std::filesystem::path& path) const;
  bool is_spoken_for(const std::filesystem::path& path) const;
  std::optional<std::filesystem::path> input_at(const std::filesystem::path& path) const;
  const Place& lock(const std::filesystem::path& path);
  File& make(const std::filesystem::path& path, std::uint64_t size, Role role, const Place* place);
  std::filesystem::path named_path(std::string_view ending, std::string_view stem) const;
  bool fits(const Named& named, std::string_view stem) const;
  void name(Named& named, std::string_view stem);

  std::vector<std::shared_ptr<const MappedFile>> inputs_;
  std::vector<std::filesystem::path> taken_, kept_free_;  // absolute
  bool dry_;
  unsigned mode_;
  // What all files share.
  class Shared {
   public:
    void show(const Progress* progress) { progress_ = progress; }
    void count(std::uint64_t bytes);  // have left a buffer

   private:
    std::mutex mutex_;
    std::uint64_t done_ = 0;
    const Progress* progress_ = nullptr;
  };
  Shared shared_;
  std::map<std::filesystem::path, std::unique_ptr<FolderLock>> locks_;  // by folder
  std::vector<std::unique_ptr<Place>> places_;
  std::map<const Place*, std::size_t> numbers_;  // of temporary files
  std::filesystem::path model_;
  std::function<std::string()> id_;
  std::optional<std::string> mark_;
  const Place* model_place_ = nullptr;
  std::vector<Named> named_;
  std::vector<std::filesystem::path> outdated_;
  std::vector<std::string> notes_;
  std::vector<std::unique_ptr<File>> files_;
};

// Names that add_named() gives to files that `model` names.
enum class NamedFor : std::uint8_t { other, model, model_and_id };
NamedFor named_for(const std::filesystem::path& model, std::string_view name);

// Error: what stands at `path` is no file that an output could replace: a folder, a device, the name of an open file. A
// path where nothing stands is right. For asking before an ending is added to what somebody typed.
void check_kind(const std::filesystem::path& path);

}  // namespace rw::graph
