// A stretch of a file in the making: where its bytes come from, and the bytes themselves once they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "graph/base/mapped_file.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {

struct Block {
  // Bytes. Larger writes are no faster; from 1 MiB on they are several times slower on ext4. Blocks end at multiples of
  // it, since the system keeps what is written at odd places in small pieces, whichever elements that cuts in two.
  static constexpr std::size_t kMost = std::size_t{256} << 10U;

  using Bytes = std::vector<std::byte>;
  // A range of an input, which is borrowed.
  struct Copy {
    const MappedFile* from;
    std::uint64_t offset;
  };
  // Bytes of a scaled constant; `offset`: where the first element of its source lies in `from`, which is borrowed.
  struct Scale {
    const MappedFile* from;
    std::uint64_t offset;
    std::shared_ptr<const Scaler> scaler;
    std::uint64_t begin;  // so many bytes of the result come before them
  };
  struct Part {
    std::variant<Bytes, Copy, Scale> source;
    std::size_t size;
  };

  std::uint64_t at = 0;  // in the file
  std::size_t size = 0;  // of all parts
  std::vector<Part> parts;

  // So many bytes more, which must still go in.
  void add(std::span<const std::byte> bytes);
  void add(Copy copy, std::size_t bytes);
  void add(Scale scale, std::size_t bytes);

  // How many bytes still go in; 0 also where there are so many parts that what they hold would come to more than the
  // block.
  std::size_t room() const;
};

// The bytes of a block, in `buffer` (of Block::kMost bytes) or where they are. Blocks may be filled at once on several
// threads. Error: an input cannot be read, has changed, or an element is not finite (see Scaler).
std::span<const std::byte> bytes_of(const Block& block, std::span<std::byte> buffer);

}  // namespace rw::graph
