#include "runtime/data/zip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <set>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"

namespace rw::data {
namespace {

using graph::Error;

constexpr std::uint32_t kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator64 = 0x07064b50, kEntry = 0x02014b50,
                        kLocal = 0x04034b50;
constexpr std::size_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56, kEntrySize = 46, kLocalSize = 30;
constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr std::uint32_t kIn64 = 0xFFFFFFFFU;  // the number stands in the field of ZIP64

[[noreturn]] void broken(const char* what) {
  throw Error("", "", fmt::format("it is no whole .npz (ZIP) file: {}", what));
}

// `size` little-endian bytes at `at`.
std::uint64_t number(std::string_view file, std::uint64_t at, unsigned size) {
  if (at > file.size() || file.size() - at < size) broken("it is truncated");
  std::uint64_t value = 0;
  for (unsigned i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(file[at + i]);
  return value;
}

std::string_view cut(std::string_view file, std::uint64_t at, std::uint64_t size) {
  if (at > file.size() || file.size() - at < size) broken("it is truncated");
  return file.substr(at, size);
}

struct Directory {
  std::uint64_t entries = 0, offset = 0;
};

// The record at the end, behind which a comment may stand.
std::uint64_t end_record(std::string_view file) {
  if (file.size() < kEndSize) broken("it is too short");
  constexpr std::size_t kMostComment = 0xFFFF;
  const std::size_t last = file.size() - kEndSize;
  for (std::size_t back = 0; back <= std::min(last, kMostComment); ++back)
    if (number(file, last - back, 4) == kEnd && number(file, last - back + 20, 2) == back) return last - back;
  broken("its directory is missing, as when it is truncated");
}

Directory directory_of(std::string_view file) {
  const std::uint64_t end = end_record(file);
  if (number(file, end + 4, 2) != 0 && number(file, end + 4, 2) != 0xFFFF) broken("it is one of several parts");
  Directory directory{number(file, end + 10, 2), number(file, end + 16, 4)};
  if (end < kLocatorSize || number(file, end - kLocatorSize, 4) != kLocator64) return directory;
  const std::uint64_t wide = number(file, end - kLocatorSize + 8, 8);
  if (number(file, wide, 4) != kEnd64) broken("its ZIP64 directory is missing");
  cut(file, wide, kEnd64Size);
  return {number(file, wide + 32, 8), number(file, wide + 48, 8)};
}

// Sizes and place of an entry; those that do not fit into 32 bits stand in an extra field, in this order.
void read_wide(std::string_view extra, std::array<std::uint64_t*, 3> numbers) {
  const bool wanted = std::any_of(numbers.begin(), numbers.end(), [](const auto* each) { return *each == kIn64; });
  while (wanted && extra.size() >= 4) {
    const std::uint64_t id = number(extra, 0, 2), size = number(extra, 2, 2);
    std::string_view field = cut(extra, 4, size);
    extra.remove_prefix(4 + size);
    if (id != 1) continue;
    for (std::uint64_t* each : numbers) {
      if (*each != kIn64) continue;
      *each = number(field, 0, 8);
      field.remove_prefix(8);
    }
    return;
  }
}

ZipMember read_entry(std::string_view file, std::uint64_t& at) {
  if (number(file, at, 4) != kEntry) broken("an entry of its directory is none");
  cut(file, at, kEntrySize);
  const std::uint64_t flags = number(file, at + 8, 2), method = number(file, at + 10, 2);
  std::uint64_t packed = number(file, at + 20, 4), size = number(file, at + 24, 4), offset = number(file, at + 42, 4);
  const std::uint64_t name_size = number(file, at + 28, 2), extra_size = number(file, at + 30, 2);
  ZipMember member;
  member.name = cut(file, at + kEntrySize, name_size);
  member.crc = static_cast<std::uint32_t>(number(file, at + 16, 4));
  read_wide(cut(file, at + kEntrySize + name_size, extra_size), {&size, &packed, &offset});
  at += kEntrySize + name_size + extra_size + number(file, at + 32, 2);
  const std::string place = fmt::format("member '{}'", graph::printable(member.name));
  if ((flags & 1U) != 0) throw Error("", place, "it is encrypted");
  if (method != kStored && method != kDeflated)
    throw Error("", place, fmt::format("it is packed by method {}, expected stored or deflated", method));
  if (number(file, offset, 4) != kLocal) broken("a member is not where the directory says");
  const std::uint64_t begin = offset + kLocalSize + number(file, offset + 26, 2) + number(file, offset + 28, 2);
  member.bytes = cut(file, begin, packed);
  member.size = size;
  member.deflated = method == kDeflated;
  // No byte of deflate makes more than 1032 bytes: what claims more would only make others reserve memory.
  if (member.deflated ? size / 1040 > packed : size != packed)
    throw Error("", place, "its sizes do not fit each other");
  return member;
}

}  // namespace

std::vector<ZipMember> read_zip(std::string_view file) {
  const Directory directory = directory_of(file);
  std::vector<ZipMember> members;
  std::set<std::string_view> names;
  std::uint64_t at = directory.offset;
  if (directory.entries > file.size() / kEntrySize) broken("its directory has more entries than there is room for");
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    members.push_back(read_entry(file, at));
    if (!names.insert(members.back().name).second)
      throw Error("", fmt::format("member '{}'", graph::printable(members.back().name)), "it stands there twice");
  }
  return members;
}

struct MemberReader::Stream {
  z_stream z{};
  std::string_view rest;  // what zlib has not been given yet

  explicit Stream(std::string_view bytes) : rest(bytes) {
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void feed() {
    constexpr std::size_t kMost = std::size_t{1} << 30U;  // zlib counts in 32 bits
    const std::string_view next = rest.substr(0, kMost);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(next.data()));
    z.avail_in = static_cast<uInt>(next.size());
    rest.remove_prefix(next.size());
  }

  // False: it does not give so many bytes.
  bool inflate_all(std::span<std::byte> out) {
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    while (z.avail_out > 0) {
      if (z.avail_in == 0 && !rest.empty()) feed();
      const int status = inflate(&z, Z_NO_FLUSH);
      if (status == Z_STREAM_END) return z.avail_out == 0;
      if (status != Z_OK) return false;
    }
    return true;
  }
};

MemberReader::MemberReader(const ZipMember& member)
    : member_(member), stream_(member.deflated ? std::make_unique<Stream>(member.bytes) : nullptr) {}
MemberReader::~MemberReader() = default;
MemberReader::MemberReader(MemberReader&&) noexcept = default;

void MemberReader::read(std::span<std::byte> out) {
  constexpr std::size_t kMost = std::size_t{1} << 30U;
  while (out.size() > kMost) {
    read(out.first(kMost));
    out = out.subspan(kMost);
  }
  if (out.size() > member_.size - position_) throw Error("", "", "it is truncated");
  if (stream_) {
    if (!stream_->inflate_all(out)) throw Error("", "", "its compressed bytes are damaged");
  } else if (!out.empty()) {
    std::memcpy(out.data(), member_.bytes.data() + position_, out.size());
  }
  position_ += out.size();
  if (!out.empty())  // zlib begins anew where there are no bytes
    crc_ = static_cast<std::uint32_t>(
        crc32(crc_, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(out.size())));
  if (position_ == member_.size && crc_ != member_.crc)
    throw Error("", "", "its checksum is another one: the file is damaged");
}

void MemberReader::skip(std::uint64_t count) {
  std::vector<std::byte> scratch(std::min<std::uint64_t>(count, std::uint64_t{1} << 16U));
  while (count > 0) {
    const std::uint64_t part = std::min<std::uint64_t>(count, scratch.size());
    read(std::span(scratch).first(part));
    count -= part;
  }
}

}  // namespace rw::data
