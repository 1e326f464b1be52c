// Names from files, made safe to print.
#pragma once

#include <string>
#include <string_view>

namespace rw::runtime {

std::string printable(std::string_view name);  // control characters as \n, \t, \x1b; at most 200 characters
std::string json_text(std::string_view text);  // quoted and escaped for JSON

}  // namespace rw::runtime
