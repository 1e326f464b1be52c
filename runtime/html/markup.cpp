#include "runtime/html/markup.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "runtime/html/escape.hpp"

namespace rw::html {
namespace {

// Elements that HTML closes itself; those of SVG are closed by a slash.
bool is_void(std::string_view tag) { return tag == "input" || tag == "meta" || tag == "br" || tag == "col"; }

bool is_figure(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '.' ||
         c == '-' || c == '+';
}

}  // namespace

void Markup::tag(std::string_view tag, Attributes attributes) {
  text_ += '<';
  text_ += tag;
  for (const Attribute& each : attributes) {
    if (each.value.empty() && each.as != As::flag) continue;
    text_ += ' ';
    text_ += each.name;
    if (each.as == As::flag) continue;
    text_ += "=\"";
    if (each.as == As::figures)
      std::copy_if(each.value.begin(), each.value.end(), std::back_inserter(text_), is_figure);
    else
      text_ += escaped(each.value);
    text_ += '"';
  }
}

Markup& Markup::open(std::string_view name, Attributes attributes) {
  tag(name, attributes);
  text_ += '>';
  open_.push_back(name);
  return *this;
}

Markup& Markup::close() {
  assert(!open_.empty());
  text_ += "</";
  text_ += open_.back();
  text_ += '>';
  open_.pop_back();
  return *this;
}

Markup& Markup::leaf(std::string_view name, Attributes attributes) {
  tag(name, attributes);
  text_ += is_void(name) ? ">" : "/>";
  return *this;
}

Markup& Markup::text(std::string_view text) {
  text_ += escaped(text);
  return *this;
}

Markup& Markup::element(std::string_view name, Attributes attributes, std::string_view content) {
  return open(name, attributes).text(content).close();
}

Markup& Markup::add(const Markup& piece) {
  text_ += piece.str();
  return *this;
}

Markup& Markup::line() {
  text_ += '\n';
  return *this;
}

const std::string& Markup::str() const {
  assert(open_.empty());
  return text_;
}

}  // namespace rw::html
