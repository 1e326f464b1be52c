// What the two halves of the printer share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/syntax/tree.hpp"

namespace rw::dsl {

inline constexpr std::size_t kLineWidth = 100;

std::string quote(std::string_view text);  // with quotes and escapes, as rule files have it

// What a line of `replace` makes, on one line.
std::string print_made(const tree::File& file, tree::FormulaId formula);

// What a line of `match` looks for.
std::vector<std::string> print_alternatives(const tree::File& file, const std::vector<tree::Alternative>& found);

// A formula that begins at `column`; where it is too long for the line, each `let ... in` has a line of its own.
std::string print_wrapped(const tree::File& file, tree::FormulaId formula, std::size_t column);

}  // namespace rw::dsl
