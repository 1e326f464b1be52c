#include "graph/base/sources.hpp"

namespace rw::graph {

std::optional<InSource> find_source(Sources sources, const void* view) {
  for (const auto& source : sources)
    if (const auto offset = source->offset_of(view)) return InSource{source.get(), *offset};
  return std::nullopt;
}

PiecewiseReader::PiecewiseReader(Sources sources, std::span<const std::byte> all) : all_(all) {
  constexpr std::size_t kLong = std::size_t{1} << 16U;  // below, a few faults are cheaper than system calls
  if (all.size() >= kLong) place_ = find_source(sources, all.data());
}

std::span<const std::byte> PiecewiseReader::read(std::size_t begin, std::size_t size,
                                                 std::vector<std::byte>& buffer) const {
  if (!place_) return all_.subspan(begin, size);
  buffer.resize(size);
  place_->file->read(place_->offset + begin, buffer);
  return buffer;
}

}  // namespace rw::graph
