// What the parser holds while it reads: one Reading for the file, and for each piece of the tree that is open one
// Building with that piece. A Building lives from the first to the last character of its rule of the grammar, so that
// an error leaves nothing half done behind.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dsl/syntax/tree.hpp"
#include "dsl/text/diagnostic.hpp"

namespace rw::dsl {

// Thrown for what the grammar cannot see.
struct Refusal {
  Diagnostic diagnostic;
};

struct Reading {
  std::string_view text;
  tree::File& file;
  std::size_t items = 0;  // of tree::kMaxItems

  int depth = 0;  // of grammar::nested

  const char* token_end = nullptr;  // where the last word or sign ended
  const char* quote = nullptr;      // where the last string began
  const char* comma = nullptr;      // the last one
  std::vector<const char*> braces;  // those that are open

  // The last of each sort.
  tree::Word name, oper, string, number_word, word;
  double number = 0;

  std::optional<tree::Broken> declares;  // what the open declaration would declare
  std::optional<tree::Rule> left;        // the rule that an error has ended

  Position at(const char* begin, const char* end) const {
    return {file.source, static_cast<std::uint32_t>(begin - text.data()), static_cast<std::uint32_t>(end - begin)};
  }
  // From `begin` to the end of the last token (a rule's own input may end behind a gap).
  Position extent(const char* begin) const { return at(begin, std::max(token_end, begin)); }

  void count_item(Position where) {
    if (++items <= tree::kMaxItems) return;
    throw Refusal{{Severity::error, "too-large", where,
                   fmt::format("a rule file has at most {} formulas, operators and clauses", tree::kMaxItems), ""}};
  }
};

template <typename Piece>
struct Building {
  Reading& reading;
  const char* begin;
  Piece piece = {};

  // As PEGTL makes it: where its rule begins, inside of the piece around it.
  template <typename Input, typename Around>
  Building(const Input& in, Around& around) : reading(around.reading), begin(in.current()) {}
  ~Building() {
    if constexpr (std::is_same_v<Piece, tree::Rule>)
      if (std::uncaught_exceptions() > 0) reading.left = std::move(piece);
  }
  Building(const Building&) = delete;
  Building& operator=(const Building&) = delete;

  Position extent() const { return reading.extent(begin); }
};

}  // namespace rw::dsl
