#include "graph/formats/output/block.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace rw::graph {
namespace {

constexpr std::size_t kMostParts = 1024;

void fill(const Block::Bytes& bytes, std::span<std::byte> to) { std::copy(bytes.begin(), bytes.end(), to.begin()); }

void fill(const Block::Copy& copy, std::span<std::byte> to) { copy.from->read(copy.offset, to); }

// Elements from the one with the number `first` on.
void scale(const Block::Scale& part, std::uint64_t first, std::span<std::byte> to, bool again = false) {
  const Scaler& scaler = *part.scaler;
  if (scaler.gathers()) return scaler.write(first, to, again);
  part.from->read(part.offset + first * graph::size(scaler.source().dtype), to);
  scaler.scale(first, to, again);
}

// Bytes of one element, so many of its first ones left out: those stand in the block before.
void scale_within(const Block::Scale& part, std::uint64_t element, std::size_t without, std::span<std::byte> to) {
  std::array<std::byte, 8> widest;
  const auto whole = std::span(widest).first(graph::size(part.scaler->source().dtype));
  scale(part, element, whole, without != 0);
  std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(without), to.size(), to.begin());
}

void fill(const Block::Scale& part, std::span<std::byte> to) {
  const std::size_t step = graph::size(part.scaler->source().dtype);
  std::uint64_t element = part.begin / step;
  if (const std::size_t without = part.begin % step; without != 0) {
    const auto rest = to.first(std::min(step - without, to.size()));
    scale_within(part, element++, without, rest);
    to = to.subspan(rest.size());
  }
  const std::size_t over = to.size() % step, count = to.size() / step;
  if (count != 0) scale(part, element, to.first(count * step));
  if (over != 0) scale_within(part, element + count, 0, to.last(over));
}

}  // namespace

void Block::add(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  assert(bytes.size() <= room());
  if (parts.empty() || !std::holds_alternative<Bytes>(parts.back().source)) parts.push_back({Bytes(), 0});
  auto& known = std::get<Bytes>(parts.back().source);
  known.insert(known.end(), bytes.begin(), bytes.end());
  parts.back().size += bytes.size();
  size += bytes.size();
}

void Block::add(Copy copy, std::size_t bytes) {
  assert(bytes <= room());
  size += bytes;
  if (!parts.empty())
    if (const auto* last = std::get_if<Copy>(&parts.back().source))
      if (last->from == copy.from && last->offset + parts.back().size == copy.offset) {
        parts.back().size += bytes;
        return;
      }
  parts.push_back({copy, bytes});
}

void Block::add(Scale scale, std::size_t bytes) {
  assert(bytes <= room());
  size += bytes;
  parts.push_back({std::move(scale), bytes});
}

std::size_t Block::room() const { return parts.size() >= kMostParts ? 0 : kMost - at % kMost - size; }

std::span<const std::byte> bytes_of(const Block& block, std::span<std::byte> buffer) {
  if (block.parts.size() == 1)
    if (const auto* bytes = std::get_if<Block::Bytes>(&block.parts[0].source)) return *bytes;
  std::size_t at = 0;
  for (const Block::Part& part : block.parts) {
    std::visit([&](const auto& source) { fill(source, buffer.subspan(at, part.size)); }, part.source);
    at += part.size;
  }
  return buffer.first(at);
}

}  // namespace rw::graph
