#include "dsl/text/source.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

namespace rw::dsl {

namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::vector<std::uint32_t> find_line_starts(std::string_view text) {
  std::vector<std::uint32_t> starts = {0};
  for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) {
    starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  return starts;
}

// The line that holds `offset`, counted from 0.
std::size_t find_line(const std::vector<std::uint32_t>& starts, std::uint32_t offset) {
  return static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), offset) - starts.begin()) - 1;
}

}  // namespace

Position span(Position first, Position last) {
  assert(first.source == last.source && first.offset <= last.offset + last.length);
  return {first.source, first.offset, last.offset + last.length - first.offset};
}

std::uint32_t Sources::add(Source source) {
  assert(source.text.size() < UINT32_MAX);
  line_starts_.push_back(find_line_starts(source.text));
  sources_.push_back(std::move(source));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

LineColumn Sources::locate(Position at) const {
  const std::vector<std::uint32_t>& starts = line_starts_[at.source];
  const std::size_t line = find_line(starts, at.offset);
  const std::string_view before =
      std::string_view(sources_[at.source].text).substr(starts[line], at.offset - starts[line]);
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) { return !continues_character(c); });
  return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(characters + 1)};
}

std::string_view Sources::line(Position at) const {
  const std::vector<std::uint32_t>& starts = line_starts_[at.source];
  const std::size_t line = find_line(starts, at.offset);
  std::string_view text = std::string_view(sources_[at.source].text).substr(starts[line]);
  if (line + 1 < starts.size()) text = text.substr(0, starts[line + 1] - starts[line] - 1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string_view Sources::text(Position at) const {
  return std::string_view(sources_[at.source].text).substr(at.offset, at.length);
}

std::string Sources::name_and_line(Position at) const {
  return fmt::format("{}:{}", sources_[at.source].name, locate(at).line);
}

}  // namespace rw::dsl
