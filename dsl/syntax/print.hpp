// From a tree to its canonical text: one clause a line, two spaces, lists wrapped after commas, brackets only where
// they are needed. Comments stay before the clause that they stand before or in, or behind it. Printing what was
// printed gives the same text, and parsing it the same tree.
#pragma once

#include <string>

#include "dsl/syntax/tree.hpp"
#include "dsl/text/source.hpp"

namespace rw::dsl {

// `file` as it was parsed from sources[file.source], without errors (what could not be read would be lost).
std::string print(const tree::File& file, const Sources& sources);

// One formula, on one line.
std::string print_formula(const tree::File& file, tree::FormulaId formula);

}  // namespace rw::dsl
