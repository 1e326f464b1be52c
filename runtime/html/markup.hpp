// A piece of a page. Tags and names of attributes are those of the program; whatever is text or a value is escaped
// (escape.hpp), so that no caller can forget it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace rw::html {

enum class As : std::uint8_t {
  text,     // escaped, and of bounded length (graph::printable)
  figures,  // numbers and letters that the program has made, of any length; every other character is dropped
  flag,     // without a value
};

struct Attribute {
  std::string_view name;
  std::string_view value = {};  // empty: the attribute is left out, unless it is a flag
  As as = As::text;
};

class Markup {
 public:
  using Attributes = std::initializer_list<Attribute>;

  Markup& open(std::string_view tag, Attributes attributes = {});
  Markup& close();                                                 // what was opened last
  Markup& leaf(std::string_view tag, Attributes attributes = {});  // without content: <input>, <path/>
  Markup& text(std::string_view text);
  Markup& element(std::string_view tag, Attributes attributes, std::string_view text);
  Markup& element(std::string_view tag, std::string_view text) { return element(tag, {}, text); }
  Markup& add(const Markup& piece);  // all of whose elements are closed
  Markup& line();                    // the end of a line of the source: of no meaning

  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  std::size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  const std::string& str() const;  // all elements are closed

 private:
  void tag(std::string_view tag, Attributes attributes);
  std::string text_;
  std::vector<std::string_view> open_;
};

}  // namespace rw::html
