// Text for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace rw::commands {

// Wrapped at 100 columns, each line but the first indented; the first begins at that column.
std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace rw::commands
