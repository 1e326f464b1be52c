// Rule files in memory, and a small vocabulary, for tests of the language by itself.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/load.hpp"
#include "dsl/program/vocabulary.hpp"
#include "dsl/syntax/parse.hpp"

namespace rw::test {

// Laws linear, affine, pass, join, concat, shape, block; actions scale, balance; the functions and
// fields of the language; a dozen operators.
const dsl::Vocabulary& small_vocabulary();

// The embedded `std` of these tests: which law the dozen operators obey, and one function.
extern const std::string_view kSmallStd;

struct Shelf {
  std::map<std::string, std::string> files;  // by path
  std::map<std::string, std::string> shipped = {{"std", std::string(kSmallStd)}};

  dsl::Loaded load(const std::vector<std::string>& names) const;
};

// One file `mine.dsl` with `text`.
dsl::Loaded load_text(std::string_view text);

std::string draw_all(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources);
std::string draw_all(const dsl::Loaded& loaded);

// What is wrong with `mine.dsl`, drawn.
std::string mistakes(std::string_view text);

// The text inside a rule that binds parents p, children c and join k in region r, and has parameters lo and hi.
std::string in_rule(std::string_view clauses);

// `text`, n times.
std::string times(std::size_t n, std::string_view text);

// A tree without its places, as nested lists: two texts mean the same where these are equal.
std::string shape_of(const dsl::tree::File& file);

}  // namespace rw::test
