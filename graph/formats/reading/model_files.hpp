// What a model file says of other files, without the network.
#pragma once

#include <string>
#include <vector>

namespace rw::graph {

struct ModelFiles {
  std::vector<std::string> names;  // relative to its folder
  std::string mark;                // mark.hpp; empty: none
};

}  // namespace rw::graph
