// Rule text and places in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rw::dsl {

// A run of bytes in one source. Cheap to copy; drawn by diagnostic.hpp.
struct Position {
  std::uint32_t source = 0;  // index into Sources
  std::uint32_t offset = 0;  // bytes
  std::uint32_t length = 0;  // bytes; 0: a point between two characters
  friend bool operator==(const Position&, const Position&) = default;
};

// From the first byte of `first` to the last of `last`, which stand in one source.
Position span(Position first, Position last);

struct Source {
  std::string name;  // as messages say it: the path the user gave, "std" for the embedded library
  std::string text;
};

struct LineColumn {
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in characters (UTF-8 code points)
};

class Sources {
 public:
  std::uint32_t add(Source source);  // text beyond 4 GiB is our own mistake: whoever reads files bounds them
  const Source& operator[](std::uint32_t index) const { return sources_[index]; }
  std::size_t size() const { return sources_.size(); }
  LineColumn locate(Position at) const;          // logarithmic in the lines, linear in the line before the place
  std::string_view line(Position at) const;      // the whole line that holds the first byte of `at`, without its end
  std::string_view text(Position at) const;      // the text it covers
  std::string name_and_line(Position at) const;  // "rules/mine.dsl:7"

 private:
  std::vector<Source> sources_;
  std::vector<std::vector<std::uint32_t>> line_starts_;  // for each source: where its lines begin
};

}  // namespace rw::dsl
