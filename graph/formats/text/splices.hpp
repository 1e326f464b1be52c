// Changes to a text that is otherwise copied byte for byte.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/formats/text/json.hpp"

namespace rw::graph {

class Splices {
 public:
  // The bytes of `range` become `text`. Ranges do not overlap; those of an insertion are empty, and insertions at one
  // place keep the order in which they were made.
  void replace(json::Range range, std::string text);
  void insert(std::uint32_t at, std::string text) { replace({at, at}, std::move(text)); }

  // Takes elements out of a JSON array (or members, key included, out of an object), in the order of the text, together
  // with the commas that they leave behind.
  void remove_items(std::string_view source, std::span<const json::Range> items);

  bool empty() const { return changes_.empty(); }
  std::uint64_t size(std::string_view source) const;  // of the result

  // Gives the result piece by piece.
  void apply(std::string_view source, FunctionRef<void(std::string_view)> write);
  std::string apply(std::string_view source);

 private:
  struct Change {
    json::Range range;
    std::string text;
  };
  std::vector<Change> changes_;
};

}  // namespace rw::graph
