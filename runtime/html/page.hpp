// A page of its own: one file, in which everything is that it needs, and which asks nobody for anything.
#pragma once

#include <string>
#include <vector>

#include "runtime/html/markup.hpp"

namespace rw::html {

struct View {
  std::string id, title;
  Markup body;
};

struct Page {
  std::string title;  // of the file that the page is about
  std::string tells;  // what was done to it, in one line
  std::vector<View> views;
};

// The whole file. A Content-Security-Policy forbids all requests, and every script and style but its own.
std::string to_text(const Page& page);

}  // namespace rw::html
