// Names for what is new in a network.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "graph/network.hpp"

namespace rw::graph {

class FreeNames {
 public:
  explicit FreeNames(const Network& network) : network_(network) {}  // borrowed

  // Returns `base`, or `base_2` and so on: a name that no tensor and no operator has, also in graphs within attributes,
  // and that was not returned before.
  std::string make(const std::string& base);

 private:
  bool is_taken(std::string_view name);
  bool is_hidden(std::string_view name);  // in a graph within an attribute

  const Network& network_;
  std::set<std::string, std::less<>> given_;
  std::unordered_map<std::string, int> last_;         // of names like this one
  std::optional<std::set<std::string_view>> hidden_;  // gathered when it is first asked for
};

}  // namespace rw::graph
