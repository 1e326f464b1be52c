// The files that a model was read from, and views into them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "graph/base/mapped_file.hpp"

namespace rw::graph {

using Sources = std::span<const std::shared_ptr<const MappedFile>>;

struct InSource {
  const MappedFile* file;
  std::uint64_t offset;
};

// Where a view into one of them begins; nothing for a view of other memory.
std::optional<InSource> find_source(Sources sources, const void* view);

// Bytes that are looked at once, from first to last, piece by piece. What lies in a file is read from the file and not
// through its mapping, in which every page costs a fault when it is first touched.
class PiecewiseReader {
 public:
  PiecewiseReader(Sources sources, std::span<const std::byte> all);  // both borrowed

  // The bytes [begin, begin + size) of `all`, until `buffer` changes.
  std::span<const std::byte> read(std::size_t begin, std::size_t size, std::vector<std::byte>& buffer) const;

 private:
  std::span<const std::byte> all_;
  std::optional<InSource> place_;  // nothing: they are looked at where they lie
};

}  // namespace rw::graph
