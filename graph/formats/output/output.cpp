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
#include <regex>
#include <utility>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "graph/formats/output/block_queue.hpp"
#include "graph/formats/output/commit.hpp"
#include "graph/formats/output/folder_lock.hpp"
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

}  // namespace

// --- one file

class Output::File : public OutputFile {
 public:
  using OutputFile::write;

  // Without a temporary file (a dry run, `place` is null) bytes are counted and dropped.
  File(std::filesystem::path path, std::uint64_t size, Role role, const Place* place, Shared& shared)
      : path_(std::move(path)), size_(size), role_(role), place_(place), shared_(shared) {}

  void open(const std::filesystem::path& hidden, unsigned mode) {
    temporary_.emplace(path_, hidden, mode);
    reserve();
    temporary_->rest();
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

  bool replaces() const { return temporary_ && stands(path_); }

  // Whether the file at `path` has the same bytes.
  bool same_as(const std::filesystem::path& path) {
    const auto there = MappedFile::open(path);
    if (there->bytes().size() != size_) return false;
    temporary_->wake();
    std::vector<std::byte> buffer(Block::kMost);
    bool same = true;
    for (std::uint64_t at = 0; same && at < size_;) {
      const ssize_t count = pread(temporary_->descriptor(), buffer.data(), buffer.size(), static_cast<off_t>(at));
      const auto part = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
      same = count > 0 && std::memcmp(buffer.data(), there->bytes().data() + at, part) == 0;
      at += part;
    }
    temporary_->rest();
    return same && there->intact();
  }

  void set_path(std::filesystem::path path) {
    path_ = std::move(path);
    if (temporary_) temporary_->set_target(path_);
  }
  void drop() { temporary_.reset(); }  // its bytes stand there already

  std::optional<Finished> finished() {
    return temporary_ ? std::optional<Finished>({role_, &*temporary_, place_}) : std::nullopt;
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  bool of_the_model = true;  // not a text of the caller's

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
    if (temporary_) temporary_->wake();
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
    if (temporary_) temporary_->rest();
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
  Role role_;
  const Place* place_;
  Shared& shared_;
  Block block_;                          // in the making; in a dry run what there is to check
  std::uint64_t given_ = 0;              // bytes that came
  std::atomic<std::uint64_t> done_ = 0;  // bytes that are with the system
  std::optional<TemporaryFile> temporary_;
  std::optional<BlockQueue> queue_;  // last: its threads use the rest
};

// --- all of them

Output::Output(std::span<const std::shared_ptr<const MappedFile>> inputs, bool dry)
    : inputs_(inputs.begin(), inputs.end()), dry_(dry), mode_(inputs.empty() ? 0666 : 0777) {
  ignore_file_size_signal();
  for (const auto& input : inputs_) mode_ &= input->mode();
}

// Temporary files go before the locks of their places.
Output::~Output() { files_.clear(); }

void Output::Shared::count(std::uint64_t bytes) {
  if (!progress_) return;
  const std::lock_guard lock(mutex_);
  done_ += bytes;
  (*progress_)(done_);
}

namespace {

std::filesystem::path whole_name(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return path.lexically_normal();
  std::filesystem::path resolved = std::filesystem::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : resolved;
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(path.string(), "", why);
}

void check_folder(const std::filesystem::path& path) {
  struct stat status = {};
  if (path.filename().empty()) refuse(path, "is no name of a file");
  const std::filesystem::path folder = folder_of(path);
  const int found = stat(folder.c_str(), &status);
  if (found != 0 && errno == ENOENT)
    refuse(path, fmt::format("there is no folder '{}': make it first, or name another", folder.string()));
  if (found != 0)
    refuse(path, fmt::format("its folder '{}' cannot be written to: {}", folder.string(), std::strerror(errno)));
  if (!S_ISDIR(status.st_mode)) refuse(path, fmt::format("'{}' is not a folder", folder.string()));
}

}  // namespace

void check_kind(const std::filesystem::path& path) {
  // A link is replaced; /dev/stdout must not be.
  std::error_code no_link;
  if (std::filesystem::read_symlink(path, no_link).string().starts_with("/proc/"))
    refuse(path, "is a name of the system for an open file, expected the name of a file");
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENAMETOOLONG) refuse(path, std::strerror(errno));
    return;
  }
  if (S_ISDIR(status.st_mode)) refuse(path, "is a folder, expected the name of a file");
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) refuse(path, "is a device, expected the name of a file");
  if (!S_ISREG(status.st_mode)) refuse(path, "is not a regular file, which it would be after writing");
}

// --- names

void Output::keep_free(std::span<const std::filesystem::path> names) {
  for (const std::filesystem::path& each : names) kept_free_.push_back(whole_name(each));
}

void Output::check(const std::filesystem::path& path) const {
  check_folder(path);
  check_free(path);
  check_kind(path);
  if (const auto input = input_at(path))
    refuse(path, fmt::format("is the same file as the input '{}': an input is not written over; name another file",
                             input->string()));
}

void Output::check_free(const std::filesystem::path& path) const {
  if (is_spoken_for(path)) refuse(path, "would be two files at once: each needs a name of its own");
}

bool Output::is_spoken_for(const std::filesystem::path& path) const {
  const std::filesystem::path whole = whole_name(path);
  const auto stands_in = [&](const auto& list) { return std::find(list.begin(), list.end(), whole) != list.end(); };
  return stands_in(taken_) || stands_in(kept_free_);
}

std::optional<std::filesystem::path> Output::input_at(const std::filesystem::path& path) const {
  const auto target = identity_of(path);
  if (!target) return std::nullopt;
  for (const auto& input : inputs_)
    if (*target == input->identity()) return input->path();
  return std::nullopt;
}

// --- places

const Place& Output::lock(const std::filesystem::path& path) {
  auto& lock = locks_[folder_of(path)];
  if (!lock) lock = std::make_unique<FolderLock>(folder_of(path));
  if (!lock->take(path.filename().string())) refuse(path, "another run is writing it");
  // What lies beside the model belongs to its place.
  if (model_place_ && path.parent_path() == model_place_->folder()) return *model_place_;
  places_.push_back(std::make_unique<Place>(path));
  places_.back()->recover();
  return *places_.back();
}

Output::File& Output::make(const std::filesystem::path& path, std::uint64_t size, Role role, const Place* place) {
  taken_.push_back(whole_name(path));
  files_.push_back(std::make_unique<File>(path, size, role, place, shared_));
  if (place) files_.back()->open(place->temporary(role == Role::model ? 0 : ++numbers_[place]), mode_);
  return *files_.back();
}

void Output::begin_model(const std::filesystem::path& path, std::function<std::string()> id,
                         std::optional<std::string> mark) {
  check(path);
  model_ = path;
  id_ = std::move(id);
  mark_ = std::move(mark);
  if (!dry_) model_place_ = &lock(path);
}

std::optional<std::filesystem::path> Output::left_behind() const {
  if (!model_place_) return std::nullopt;
  std::filesystem::path old = model_place_->old(model_);
  return stands(old) ? std::optional(std::move(old)) : std::nullopt;
}

OutputFile& Output::add_model(std::uint64_t size) {
  check(model_);
  return make(model_, size, Role::model, model_place_);
}

OutputFile& Output::add(const std::filesystem::path& path, std::uint64_t size) {
  check(path);
  return make(path, size, Role::beside, dry_ ? nullptr : &lock(path));
}

void Output::add_text(const std::filesystem::path& path, std::string_view text) {
  std::erase(kept_free_, whole_name(path));
  check(path);
  File& file = make(path, text.size(), Role::beside, &lock(path));
  file.of_the_model = false;
  file.write(text);
}

// --- files that the model names

namespace {

// STEM, STEM.id, STEM.id-2 and so on.
std::string stem_with(const std::string& own, const std::string& id, int number) {
  if (number == 0) return own;
  return number == 1 ? fmt::format("{}.{}", own, id) : fmt::format("{}.{}-{}", own, id, number);
}

}  // namespace

NamedFor named_for(const std::filesystem::path& model, std::string_view name) {
  const std::string stem = model.stem().string();
  constexpr std::size_t kLongestName = 255;
  if (!name.starts_with(stem) || name.size() > kLongestName) return NamedFor::other;
  static const std::regex rest(
      R"((\.[0-9a-f]{16}(-[0-9]+)?)?(-[0-9]{5,}-of-[0-9]{5,})?\.(safetensors|safetensors\.index\.json|onnx\.data))");
  std::cmatch match;
  if (!std::regex_match(name.data() + stem.size(), name.data() + name.size(), match, rest)) return NamedFor::other;
  return match[1].matched ? NamedFor::model_and_id : NamedFor::model;
}

OutputFile& Output::add_named(std::string ending, std::uint64_t size) {
  const std::filesystem::path path = named_path(ending, model_.stem().string());
  check_free(path);
  File& file = make(path, size, Role::named_by_model, model_place_);
  named_.push_back({std::move(ending), &file, {}});
  return file;
}

void Output::add_named(std::string ending, TextOfStem text) {
  check_free(named_path(ending, model_.stem().string()));
  named_.push_back({std::move(ending), nullptr, std::move(text)});
}

std::filesystem::path Output::named_path(std::string_view ending, std::string_view stem) const {
  return model_.parent_path() / fmt::format("{}{}", stem, ending);
}

// Free, or with these very bytes, and then no input of the run: an output does not need its inputs.
bool Output::fits(const Named& named, std::string_view stem) const {
  const std::filesystem::path path = named_path(named.ending, stem);
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT;
  if (!S_ISREG(status.st_mode) || input_at(path)) return false;
  try {
    return named.file ? named.file->same_as(path) : MappedFile::open(path)->text() == named.text(stem);
  } catch (const Error&) {
    return false;  // what cannot be read is another one
  }
}

std::string Output::choose_stem() {
  constexpr int kMostStems = 1000;
  std::string id;
  for (int i = 0; i < kMostStems; ++i) {
    if (i == 1) id = id_();
    std::string stem = stem_with(model_.stem().string(), id, i);
    const auto fit = [&](const Named& each) { return fits(each, stem); };
    if (!dry_ && !std::all_of(named_.begin(), named_.end(), fit)) continue;
    for (Named& each : named_) name(each, stem);
    return stem;
  }
  refuse(model_, "the files that it names find no free name in its folder");
}

void Output::name(Named& named, std::string_view stem) {
  const std::filesystem::path path = named_path(named.ending, stem);
  const bool there = !dry_ && stands(path);
  if (named.file) {
    std::erase(taken_, whole_name(named.file->path()));
    taken_.push_back(whole_name(path));
    named.file->set_path(path);
  } else {
    const std::string text = named.text(stem);
    named.file = &make(path, text.size(), Role::named_by_model, there ? nullptr : model_place_);
    named.file->write(text);
  }
  if (there) named.file->drop();
}

// --- the end

Written Output::written() const {
  Written written;
  written.notes = notes_;
  written.mark = mark_.value_or("");
  for (const auto& file : files_) {
    if (!file->of_the_model) continue;
    written.bytes += file->size();
    if (!dry_) written.files.push_back(file->path());
  }
  return written;
}

Written Output::commit() {
  std::vector<Finished> finished;
  bool durable = false;
  for (const auto& file : files_) {
    file->check_complete();
    if (const auto each = file->finished()) finished.push_back(*each);
    durable = durable || file->replaces();
  }
  for (const auto& input : inputs_) input->check_intact();
  std::erase_if(outdated_, [&](const std::filesystem::path& each) { return is_spoken_for(each) || input_at(each); });
  graph::commit(finished, dry_ ? std::span<const std::filesystem::path>() : outdated_, durable);
  return written();
}

}  // namespace rw::graph
