// Globs over names: `*` any run of characters, `?` one character, everything else itself.
#pragma once

#include <string_view>

namespace rw::runtime {

bool matches(std::string_view glob, std::string_view text);  // linear in the text for each `*`

}  // namespace rw::runtime
