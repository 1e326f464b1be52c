#include "runtime/html/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "runtime/html/escape.hpp"
#include "runtime/html/part.hpp"

namespace rw::html {
namespace {

constexpr std::size_t kAround = 512;  // bytes around a view, about

const Part& part(std::string_view name) {
  const auto found = std::find_if(parts().begin(), parts().end(), [&](const Part& each) { return each.name == name; });
  assert(found != parts().end());
  return *found;
}

unsigned digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

// As a Content-Security-Policy names a script or style: the digest in base 64 (RFC 4648).
std::string source(const Part& part) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;  // four to a digit
  for (const char c : part.digest)
    for (int bit = 3; bit >= 0; --bit) bits += (digit(c) >> static_cast<unsigned>(bit)) & 1U ? '1' : '0';
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (std::size_t i = 0; i < bits.size(); i += 6) {
    unsigned value = 0;
    for (std::size_t k = 0; k < 6; ++k) value = value * 2 + (bits[i + k] == '1');
    text += kDigits[value];
  }
  while (text.size() % 4 != 0) text += '=';
  return "'sha256-" + text + "'";
}

}  // namespace

std::string to_text(const Page& page) {
  const Part &style = part("style"), &script = part("script");
  Markup top;
  top.open("header").element("h1", page.title).element("p", {{"class", "tells"}}, page.tells);
  top.open("nav", {{"aria-label", "Views"}}).open("ul");
  for (const View& view : page.views) top.open("li").element("a", {{"href", "#" + view.id}}, view.title).close();
  top.close().close();
  top.close();
  // Not there without the script.
  top.open("form", {{"id", "find"}, {"role", "search"}, {"hidden", {}, As::flag}});
  top.element("label", {{"for", "find-box"}}, "Find an operator or a tensor");
  top.leaf("input", {{"id", "find-box"}, {"type", "search"}, {"autocomplete", "off"}});
  top.element("output", {{"for", "find-box"}, {"id", "found"}}, "").close().line();
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; "
      "base-uri "
      "'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<a class=\"skip\" href=\"#{}\">Skip to the report</a>\n{}<main>\n",
      source(style), source(script), escaped(page.title + ": " + page.tells), style.text,
      page.views.empty() ? "" : page.views.front().id, top.str());
  // Views may be large: each is copied once.
  std::size_t size = text.size() + script.text.size() + kAround;
  for (const View& view : page.views) size += view.body.size() + kAround;
  text.reserve(size);
  for (const View& view : page.views) {
    Markup title;
    title.element("h2", {{"id", view.id + "-title"}}, view.title);
    text += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">", escaped(view.id));
    text += title.str();
    text.append(view.body.str()).append("</section>\n");
  }
  return text.append("</main>\n<script>").append(script.text).append("</script>\n</body>\n</html>\n");
}

}  // namespace rw::html
