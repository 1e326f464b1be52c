// The members of a ZIP file (an .npz): stored or deflated, also with the 64-bit sizes of ZIP64.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace rw::data {

struct ZipMember {
  std::string_view name;   // in the file
  bool deflated = false;   // else stored
  std::string_view bytes;  // as they lie in the file
  std::uint64_t size = 0;  // of the content
  std::uint32_t crc = 0;   // of the content
};

// All members, in the order of the directory. graph::Error (no file): no ZIP file, truncated, spread over several
// files, encrypted, packed in another way, a member that leaves the file, two of one name.
std::vector<ZipMember> read_zip(std::string_view file);

// The content of a member from its beginning to its end.
class MemberReader {
 public:
  explicit MemberReader(const ZipMember& member);  // borrows what it views
  ~MemberReader();
  MemberReader(MemberReader&&) noexcept;

  std::uint64_t position() const { return position_; }  // in the content
  // Fills `out` and goes on behind it. graph::Error (no file): the content is at its end, or is not what was packed (at
  // its end the checksum is compared).
  void read(std::span<std::byte> out);
  void skip(std::uint64_t count);

 private:
  struct Stream;
  ZipMember member_;
  std::unique_ptr<Stream> stream_;  // null: stored
  std::uint64_t position_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace rw::data
