// Pieces of JSON that commands print.
#pragma once

#include <string>

#include "dsl/diagnostic.hpp"
#include "graph/formats/json_text.hpp"

namespace rw::commands {

namespace json = graph::json;

// "[...]" of text(item) for each item.
template <typename List, typename Text>
std::string json_array(const List& list, Text text, std::string_view between = ", ") {
  std::string out = "[";
  bool first = true;
  for (const auto& each : list) {
    if (!first) out += between;
    first = false;
    out += text(each);
  }
  return out + "]";
}

// {"severity", "code", "file", "line", "column", "message", "hint"}, one a line.
std::string json_diagnostics(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources);

std::string json_bool(bool value);

}  // namespace rw::commands
