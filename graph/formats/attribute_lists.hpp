// Attribute lists by the text that spells them. A large network has few that differ: each is read once, and operators
// of the same attributes share one list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/name_table.hpp"
#include "graph/network.hpp"

namespace rw::graph {

class AttributeLists {
 public:
  using List = std::span<const Attribute>;

  // The list that was kept for exactly this text; null: none was.
  const List* find(std::string_view text) const {
    const auto found = by_text_.find(text, TextOf{kept_});
    return found ? &kept_[*found].list : nullptr;
  }

  // Text and list live as long as the network. What stands for more than its text says (a tensor, which has a place of
  // its own in the file; a graph, which reads names) is not kept; nor is a long text, or any once there are many, so
  // that a network in which all of them differ does not pay for it.
  void keep(std::string_view text, List list) {
    if (text.empty() || text.size() > kLongest || kept_.size() == kMost) return;
    if (!std::all_of(list.begin(), list.end(), is_plain)) return;
    by_text_.intern(text, static_cast<std::uint32_t>(kept_.size()), TextOf{kept_});
    kept_.push_back({text, list});
  }

 private:
  static constexpr std::size_t kMost = 4096, kLongest = 1024;

  static bool is_plain(const Attribute& attribute) {
    return !std::holds_alternative<Literal>(attribute.value) && !std::holds_alternative<Opaque>(attribute.value);
  }

  struct Kept {
    std::string_view text;
    List list;
  };

  struct TextOf {
    const std::vector<Kept>& kept;
    std::string_view operator()(std::uint32_t index) const { return kept[index].text; }
  };

  NameTable by_text_;
  std::vector<Kept> kept_;
};

}  // namespace rw::graph
