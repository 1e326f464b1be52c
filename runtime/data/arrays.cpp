#include "runtime/data/arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "graph/base/arena.hpp"
#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/onnx/tensor.hpp"
#include "graph/values/axis_mask.hpp"
#include "runtime/data/npy.hpp"
#include "runtime/data/zip.hpp"

namespace rw::data {
namespace {

using evaluator::Dims;
using graph::Error;
using graph::MappedFile;

constexpr std::uint64_t kBlock = std::uint64_t{1} << 16U;  // elements that are converted at a time

// Runs `f`; its errors get file and place of the array where they have none.
template <typename F>
auto at(const StoredArray& array, F f) {
  try {
    return f();
  } catch (const Error& error) {
    if (!error.file.empty()) throw;
    throw Error(array.file, error.place.empty() ? array.place : error.place, error.message);
  }
}

// Bytes of the elements that `stored` says. Error: more than there can be.
std::uint64_t byte_count(const StoredArray& stored) {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(stored.elements(), graph::size(stored.dtype), &bytes))
    throw Error(stored.file, stored.place, "its shape has more elements than there can be");
  return bytes;
}

void check_size(const StoredArray& stored, std::uint64_t there) {
  const std::uint64_t needed = byte_count(stored);
  if (there < needed)
    throw Error(stored.file, stored.place,
                fmt::format("it is truncated: {} of shape {} takes {} bytes, and {} are there",
                            graph::name(stored.dtype), evaluator::to_string(stored.shape), needed, there));
  if (there > needed)
    throw Error(stored.file, stored.place, fmt::format("{} bytes follow its elements", there - needed));
}

bool column_major(const StoredArray& stored) { return stored.fortran && stored.shape.size() > 1; }

// Where row-major element `index` lies in Fortran order, whose first axis runs fastest.
std::uint64_t fortran_place(const Dims& shape, std::uint64_t index) {
  std::array<std::uint64_t, graph::kMaxRank> digits{};
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto dim = static_cast<std::uint64_t>(shape[axis]);
    digits[axis] = index % dim;
    index /= dim;
  }
  std::uint64_t place = 0;
  for (std::size_t axis = shape.size(); axis-- > 0;)
    place = place * static_cast<std::uint64_t>(shape[axis]) + digits[axis];
  return place;
}

// Appends elements of an array that lies in memory or in a mapped file.
void append_from(const StoredArray& stored, std::string_view bytes, std::uint64_t first, std::uint64_t count,
                 Values& values) {
  const std::uint64_t size = graph::size(stored.dtype);
  const auto all = std::as_bytes(std::span(bytes.data(), bytes.size()));
  if (!column_major(stored)) return values.append(stored, first, all.subspan(first * size, count * size));
  std::vector<std::byte> block;
  for (std::uint64_t done = 0; done < count; done += kBlock) {
    const std::uint64_t part = std::min(kBlock, count - done);
    block.resize(part * size);
    for (std::uint64_t i = 0; i < part; ++i) {
      const std::uint64_t place = fortran_place(stored.shape, first + done + i);
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(place * size), size,
                  block.begin() + static_cast<std::ptrdiff_t>(i * size));
    }
    values.append(stored, first + done, block);
  }
}

// Elements in memory that stays: bytes of the caller, or of its own.
class MemoryArray : public FileArray {
 public:
  MemoryArray(StoredArray stored, std::string_view bytes, std::shared_ptr<const void> owner = nullptr)
      : FileArray(std::move(stored)), bytes_(bytes), owner_(std::move(owner)) {}

  void read(std::uint64_t first, std::uint64_t count, Values& values) override {
    append_from(stored_, bytes_, first, count, values);
  }

 private:
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

// A .npy file, mapped while it is read.
class NpyArray : public FileArray {
 public:
  NpyArray(StoredArray stored, std::filesystem::path path, std::uint64_t begin, std::uint64_t size)
      : FileArray(std::move(stored)), path_(std::move(path)), begin_(begin), size_(size) {}

  void read(std::uint64_t first, std::uint64_t count, Values& values) override {
    if (!file_) file_ = MappedFile::open(path_);
    const std::string_view text = file_->text();
    StoredArray now = stored_;
    if (text.size() == size_) read_npy_header(text.substr(0, begin_), now);
    if (text.size() != size_ || now.dtype != stored_.dtype || now.shape != stored_.shape)
      throw Error(stored_.file, "", "it has changed while it was read");
    append_from(stored_, text.substr(begin_), first, count, values);
    file_->check_intact();
    if (first + count == stored_.elements()) file_.reset();
  }

 private:
  std::filesystem::path path_;
  std::uint64_t begin_, size_;
  std::shared_ptr<const MappedFile> file_;
};

// A compressed member, unpacked from front to back.
class PackedArray : public FileArray {
 public:
  PackedArray(StoredArray stored, const ZipMember& member, std::uint64_t begin, std::shared_ptr<const MappedFile> file)
      : FileArray(std::move(stored)), member_(member), begin_(begin), file_(std::move(file)) {}

  void read(std::uint64_t first, std::uint64_t count, Values& values) override {
    at(stored_, [&] {
      const std::uint64_t size = graph::size(stored_.dtype), wanted = begin_ + first * size;
      if (!reader_ || reader_->position() > wanted) reader_.emplace(member_);
      reader_->skip(wanted - reader_->position());
      std::vector<std::byte> block;
      for (std::uint64_t done = 0; done < count; done += kBlock) {
        block.resize(std::min(kBlock, count - done) * size);
        reader_->read(block);
        values.append(stored_, first + done, block);
      }
    });
    if (file_) file_->check_intact();
  }

 private:
  ZipMember member_;
  std::uint64_t begin_;
  std::shared_ptr<const MappedFile> file_;
  std::optional<MemberReader> reader_;
};

// All of a member in memory: what is needed where its elements do not lie in their order.
std::unique_ptr<FileArray> unpacked(StoredArray stored, MemberReader& reader) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 31U;
  const std::uint64_t bytes = byte_count(stored);
  if (bytes > kMost)
    throw Error(
        stored.file, stored.place,
        "it is compressed and in Fortran order, for which more than 2 GB would have to be in memory; save it in C "
        "order (numpy.ascontiguousarray)");
  auto content = std::make_shared<std::vector<std::byte>>(bytes);
  at(stored, [&] { reader.read(*content); });
  const std::string_view view(reinterpret_cast<const char*>(content->data()), content->size());
  return std::make_unique<MemoryArray>(std::move(stored), view, content);
}

std::unique_ptr<FileArray> member_array(const ZipMember& member, StoredArray stored,
                                        const std::shared_ptr<const MappedFile>& file) {
  MemberReader reader(member);
  std::string head(std::min<std::uint64_t>(kNpyStart, member.size), '\0');
  const auto fill = [&](std::size_t from) {
    at(stored, [&] { reader.read(std::as_writable_bytes(std::span(head).subspan(from))); });
  };
  fill(0);
  const std::size_t begin = at(stored, [&] { return npy_elements_at(head); });
  const std::size_t read = head.size();
  head.resize(std::min<std::uint64_t>(std::max(begin, read), member.size));
  fill(read);
  read_npy_header(head, stored);
  check_size(stored, member.size - begin);
  if (!member.deflated) {  // where it lies, but for its checksum: all of it is read once
    at(stored, [&] { reader.skip(member.size - reader.position()); });
    return std::make_unique<MemoryArray>(std::move(stored), member.bytes.substr(begin), file);
  }
  if (column_major(stored)) {
    MemberReader again(member);
    at(stored, [&] { again.skip(begin); });
    return unpacked(std::move(stored), again);
  }
  return std::make_unique<PackedArray>(std::move(stored), member, begin, file);
}

std::vector<NamedArray> members_of(std::string_view bytes, const std::string& file,
                                   const std::shared_ptr<const MappedFile>& owner) {
  const StoredArray whole{.file = file};
  std::vector<NamedArray> arrays;
  for (const ZipMember& member : at(whole, [&] { return read_zip(bytes); })) {
    if (member.name.ends_with("/")) continue;  // a folder
    std::string_view name = member.name;
    if (name.ends_with(".npy")) name.remove_suffix(4);
    StoredArray stored{.file = file, .place = fmt::format("member '{}'", graph::printable(name))};
    arrays.push_back({std::string(name), member_array(member, std::move(stored), owner)});
  }
  if (arrays.empty()) throw Error(file, "", "it holds no arrays");
  return arrays;
}

// Samples along the first axis of an array.
class ArraySegment : public Segment {
 public:
  ArraySegment(std::unique_ptr<FileArray> array, bool whole)
      : array_(std::move(array)), sample_(array_->stored().shape) {
    if (!whole) {
      count_ = static_cast<std::uint64_t>(sample_.front());
      sample_.erase(sample_.begin());
    }
    elements_ = evaluator::count(sample_);
  }

  std::uint64_t count() const override { return count_; }
  const Dims& sample() const override { return sample_; }
  void read(std::uint64_t first, std::uint64_t count, Values& values) override {
    array_->read(first * elements_, count * elements_, values);
  }

 private:
  std::unique_ptr<FileArray> array_;
  Dims sample_;
  std::uint64_t count_ = 1, elements_ = 0;
};

}  // namespace

NamedArray open_npy(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const std::string_view text = file->text();
  StoredArray stored{.file = path.string()};
  const std::size_t begin = at(stored, [&] { return npy_elements_at(text.substr(0, kNpyStart)); });
  read_npy_header(text.substr(0, begin), stored);
  check_size(stored, text.size() - begin);
  return {"", std::make_unique<NpyArray>(std::move(stored), path, begin, text.size())};
}

std::unique_ptr<FileArray> npy_of(std::string_view bytes, const std::string& file) {
  StoredArray stored{.file = file};
  const std::size_t begin = at(stored, [&] { return npy_elements_at(bytes.substr(0, kNpyStart)); });
  read_npy_header(bytes.substr(0, begin), stored);
  check_size(stored, bytes.size() - begin);
  return std::make_unique<MemoryArray>(std::move(stored), bytes.substr(begin));
}

std::vector<NamedArray> open_npz(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  auto arrays = members_of(file->text(), path.string(), file);
  file->check_intact();
  return arrays;
}

std::vector<NamedArray> npz_of(std::string_view bytes, const std::string& file) {
  return members_of(bytes, file, nullptr);
}

NamedArray open_tensor(const std::filesystem::path& path) {
  struct Owner {  // of what the tensor views
    std::shared_ptr<const MappedFile> file;
    graph::Arena arena;
    graph::onnx::ExternalFiles external;
  };
  auto owner = std::make_shared<Owner>(Owner{MappedFile::open(path), {}, graph::onnx::ExternalFiles(path)});
  StoredArray stored{.file = path.string()};
  const std::string_view text = owner->file->text();
  const graph::onnx::TensorMessage message = at(stored, [&] {
    graph::onnx::Field whole;
    whole.wire = graph::onnx::Wire::bytes;
    whole.payload = whole.whole = text;
    return graph::onnx::read_tensor(whole, owner->arena, owner->external);
  });
  if (!message.value) throw Error(stored.file, "", "its elements are no numbers of a type that is known here");
  const auto dims = message.shape.dims();
  stored.dtype = message.value->dtype;
  stored.shape.assign(dims.begin(), dims.end());
  owner->file->check_intact();
  const auto bytes = message.value->bytes;
  std::string name(message.name);
  return {std::move(name),
          std::make_unique<MemoryArray>(
              std::move(stored), std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), owner)};
}

std::unique_ptr<Segment> samples_of(std::unique_ptr<FileArray> array, bool whole) {
  return std::make_unique<ArraySegment>(std::move(array), whole);
}

}  // namespace rw::data
