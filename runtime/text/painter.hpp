// Colours of what is printed on a terminal.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace rw::runtime {

class Painter {
 public:
  explicit Painter(bool colour) : colour_(colour) {}
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("31", text); }
  std::string strong(std::string_view text) const { return paint("1", text); }
  std::string faint(std::string_view text) const { return paint("2", text); }

 private:
  std::string paint(const char* code, std::string_view text) const {
    return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
  bool colour_;
};

}  // namespace rw::runtime
