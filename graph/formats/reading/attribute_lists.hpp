// Attribute lists by the text that spells them. A large network has few that differ: each is read once, and operators
// of the same attributes share one list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/base/name_table.hpp"
#include "graph/network.hpp"

namespace rw::graph {

// A name that two attributes have. Has no value where each has a name of its own.
inline std::optional<std::string_view> name_twice(std::span<const Attribute> attributes) {
  if (attributes.size() < 2) return std::nullopt;
  std::vector<std::string_view> names;
  names.reserve(attributes.size());
  for (const Attribute& each : attributes) names.push_back(each.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::nullopt : std::optional(*twice);
}

class AttributeLists {
 public:
  using List = std::span<const Attribute>;

  // The list that `text` spells, which lives as long as the network: one of before, or what read(attributes) appends to
  // an empty list, stored in the arena. An empty text is always read.
  template <typename Read>
  List list(std::string_view text, Arena& arena, Read read) {
    const auto text_of = [&](std::uint32_t index) { return kept_[index].text; };
    if (const auto known = by_text_.find(text, text_of)) return kept_[*known].list;
    read_.clear();
    read(read_);
    const List list = arena.store(std::span<const Attribute>(read_));
    if (worth_keeping(text, list)) {
      by_text_.intern(text, static_cast<std::uint32_t>(kept_.size()), text_of);
      kept_.push_back({text, list});
    }
    return list;
  }

 private:
  static constexpr std::size_t kMost = 4096, kLongest = 1024;

  struct Kept {
    std::string_view text;
    List list;
  };

  // What stands for more than its text says (a tensor, which has a place of its own in the file; a graph, which reads
  // names) is not kept; nor is a long text, or any once there are many, so that a network in which all of them differ
  // does not pay for it.
  bool worth_keeping(std::string_view text, List list) const {
    const auto is_plain = [](const Attribute& each) {
      return !std::holds_alternative<Literal>(each.value) && !std::holds_alternative<Opaque>(each.value);
    };
    return !text.empty() && text.size() <= kLongest && kept_.size() < kMost &&
           std::all_of(list.begin(), list.end(), is_plain);
  }

  NameTable by_text_;
  std::vector<Kept> kept_;
  std::vector<Attribute> read_;  // in the making
};

}  // namespace rw::graph
