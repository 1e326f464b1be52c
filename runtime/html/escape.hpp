// Text of anybody's files as text of a page. Nothing else writes names into one.
#pragma once

#include <string>
#include <string_view>

namespace rw::html {

// As it may stand between tags and in an attribute's double quotes. What a reader would not see, or what would turn the
// order of the characters around, is spelled out (graph::printable), bytes that are no UTF-8 too.
std::string escaped(std::string_view text);

// At most `most` characters of it, the middle of a longer one left out: names differ at both ends. Not escaped.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace rw::html
