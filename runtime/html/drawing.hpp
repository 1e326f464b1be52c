// A few operators and how they are connected, drawn from left to right.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "runtime/html/markup.hpp"

namespace rw::html {

struct DrawnNode {
  std::string type, name;
  std::string kind;   // a class of the style: "parent", "inside", "child", "leak"
  bool last = false;  // stands at the end even if nothing leads to it
};

struct DrawnEdge {
  std::size_t from = 0, to = 0;  // into nodes
  bool leak = false;             // a part of the way to a leak
};

struct Drawing {
  std::string label;
  std::vector<DrawnNode> nodes;
  std::vector<DrawnEdge> edges;  // without circles
};

void add_drawing(Markup& page, const Drawing& drawing);

}  // namespace rw::html
