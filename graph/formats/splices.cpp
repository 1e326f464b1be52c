#include "graph/formats/splices.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rw::graph {

void Splices::replace(json::Range range, std::string text) { changes_.push_back({range, std::move(text)}); }

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
