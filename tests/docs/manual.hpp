// A text in Markdown as tests read it: its fenced blocks, and the first column of its tables.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rw::test {

// ```info
// text
// ```
struct Fence {
  std::string info;
  std::string text;
  std::size_t line = 0;  // of the info string, counted from 1
};

class Manual {
 public:
  explicit Manual(const std::string& path);  // in the project: "docs/language.md"

  const std::string& path() const { return path_; }
  const std::string& text() const { return text_; }
  const std::vector<Fence>& fences() const { return fences_; }
  std::vector<Fence> fences(std::string_view info) const;  // those with just this info string
  // The one fence with this info string. Throws std::runtime_error where there is none, or several.
  const Fence& fence(std::string_view info) const;

  // The words in backquotes that stand in the first column of every table whose first heading is `heading`.
  std::vector<std::string> words(std::string_view heading) const;
  // What its links point at: "../docs/language.md#9-tests".
  std::vector<std::string> links() const;
  // What links to its headings end in: "9-tests".
  std::set<std::string> anchors() const;
  std::vector<std::string> code() const;  // everything in backquotes outside of fences
  // Whether `word` stands in backquotes somewhere, by itself or as a part of what is written there.
  bool quotes(std::string_view word) const;

 private:
  std::string path_, text_;
  std::vector<Fence> fences_;
  std::vector<std::string> prose_;  // its lines outside of fences
};

// "p.max" begins with a word, and so does "across(max, x)": letters, digits and `_`.
std::string first_word(std::string_view text);

// Everything in backquotes.
std::vector<std::string> in_backquotes(std::string_view text);

}  // namespace rw::test
