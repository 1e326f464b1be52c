// CRC-32C (Castagnoli; the checksum of iSCSI, ext4 and gzip's successors) of bytes that come in pieces, in any order
// and from several threads: a checksum is linear, so that each piece contributes by itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rw::graph {

class Checksum {
 public:
  // Bytes behind which `behind` more come in the whole.
  void add(std::span<const std::byte> bytes, std::uint64_t behind);
  std::uint64_t size() const { return size_; }  // bytes that were added
  std::uint32_t value() const;                  // once all are

 private:
  std::atomic<std::uint32_t> sum_ = 0;
  std::atomic<std::uint64_t> size_ = 0;
};

std::uint32_t checksum(std::span<const std::byte> bytes);

namespace detail {
// What a processor without the instruction computes: the remainder of the bytes by themselves.
std::uint32_t remainder_by_tables(std::span<const std::byte> bytes);
}  // namespace detail

}  // namespace rw::graph
