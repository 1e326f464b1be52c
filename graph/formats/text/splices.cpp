#include "graph/formats/text/splices.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace rw::graph {

void Splices::replace(json::Range range, std::string text) { changes_.push_back({range, std::move(text)}); }

void Splices::remove_items(std::string_view source, std::span<const json::Range> items) {
  constexpr std::string_view kSpace = " \t\r\n";
  // Where the item behind the one that ends at `end` begins; has no value for the last one.
  const auto next = [&](std::uint32_t end) -> std::optional<std::uint32_t> {
    const std::size_t comma = source.find_first_not_of(kSpace, end);
    if (source[comma] != ',') return std::nullopt;
    return static_cast<std::uint32_t>(source.find_first_not_of(kSpace, comma + 1));
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint32_t begin = items[i].begin;
    auto behind = next(items[i].end);
    while (behind && i + 1 < items.size() && items[i + 1].begin == *behind) behind = next(items[++i].end);
    if (behind) {
      replace({begin, *behind}, "");
      continue;
    }
    const auto before = static_cast<std::uint32_t>(source.find_last_not_of(kSpace, begin - 1));
    replace({source[before] == ',' ? before : begin, items[i].end}, "");
  }
}

std::uint64_t Splices::size(std::string_view source) const {
  std::uint64_t size = source.size();
  for (const Change& change : changes_) size += change.text.size() - change.range.size();
  return size;
}

void Splices::apply(std::string_view source, FunctionRef<void(std::string_view)> write) {
  std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
    return std::pair(a.range.begin, a.range.end) < std::pair(b.range.begin, b.range.end);
  });
  std::size_t at = 0;
  for (const Change& change : changes_) {
    assert(change.range.begin >= at && change.range.end <= source.size());  // ranges do not overlap
    write(source.substr(at, change.range.begin - at));
    write(change.text);
    at = change.range.end;
  }
  write(source.substr(at));
}

std::string Splices::apply(std::string_view source) {
  std::string result;
  apply(source, [&](std::string_view piece) { result += piece; });
  return result;
}

}  // namespace rw::graph
