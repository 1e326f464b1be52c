// Script and style of pages, embedded by the build.
#pragma once

#include <string_view>
#include <vector>

namespace rw::html {

struct Part {
  std::string_view name;  // of its file, without the ending
  std::string_view text;
  std::string_view digest;  // SHA-256 of the text, hexadecimal
};

const std::vector<Part>& parts();  // runtime/html/page/*

}  // namespace rw::html
