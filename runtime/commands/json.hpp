// Pieces of JSON that commands print.
#pragma once

#include <string>

#include "dsl/text/diagnostic.hpp"
#include "graph/formats/text/json_text.hpp"

namespace rw::commands {

namespace json = graph::json;

// {"severity", "code", "file", "line", "column", "message", "hint"}, one a line.
std::string json_diagnostics(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources);

}  // namespace rw::commands
