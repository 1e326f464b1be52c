// What the checkers of a rule with `match` share: its names, and what is known of each while the rule is read.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/check/names.hpp"
#include "dsl/program/program.hpp"

namespace rw::dsl {

// What a rule with `match` may be made of.
inline constexpr std::size_t kMaxPatternLines = 1'000;
inline constexpr std::size_t kMaxPatternCalls = 10'000;

constexpr std::string_view kPatternKindNames[] = {"a value",
                                                  "a number",
                                                  "a text",
                                                  "a condition",
                                                  "a condition for each element",
                                                  "a list",
                                                  "a constant",
                                                  "a number, a list or a constant",
                                                  "a tensor",
                                                  "an operator",
                                                  "several operands"};
constexpr std::string_view kind_name(PatternKind kind) { return kPatternKindNames[static_cast<std::size_t>(kind)]; }

constexpr std::string_view kSortNames[] = {"a tensor",  "a constant", "several operands",
                                           "a setting", "a value",    "an operator"};
constexpr std::string_view sort_name(NameSort sort) { return kSortNames[static_cast<std::size_t>(sort)]; }

// What a name in a formula stands for.
struct PatternMeaning {
  enum class Sort : std::uint8_t {
    parameter,  // index: into Rule::params
    name,       // index: a NameId
    alias,      // index: an expression that is as cheap as a name, written again at each use
    open,       // after an error
  } sort = Sort::open;
  std::uint32_t index = 0;
  PatternKind kind = PatternKind::anything;
};
using PatternScope = std::unordered_map<std::string, PatternMeaning>;

struct PatternDraft {
  CheckContext& context;
  const FileNames& names;
  Rule& rule;
  Pattern& pattern;

  // For each name of the pattern.
  struct Entry {
    PatternKind kind = PatternKind::anything;
    OperatorList operators;        // those that an operator of this name may be
    bool always_operator = false;  // in every alternative
    std::size_t places = 0;        // where it stands
    bool bound = false;            // so far, wherever the match lies
    bool made = false;             // by a line of the match
  };
  std::vector<Entry> entries;
  PatternScope scope;                // of the rule
  std::vector<char> used_params;     // of Rule::params
  NameTable<Position> later;         // names that the match binds
  bool matching = false;             // the match is being read: not all is bound
  std::vector<Position> statistics;  // where they are read

  NameId add(const tree::Word& word, NameSort sort, PatternKind kind) {
    const auto id = static_cast<NameId>(pattern.names.size());
    pattern.names.push_back({word.text, sort, false, word.at});
    entries.emplace_back().kind = kind;
    return id;
  }
  // The name that the rule binds; kNoName.
  NameId find(const std::string& name) const {
    const auto found = scope.find(name);
    return found == scope.end() || found->second.sort != PatternMeaning::Sort::name ? kNoName : found->second.index;
  }
  bool is_operator(NameId id) const { return pattern.names[id].sort == NameSort::op || pattern.names[id].is_operator; }

  void error(std::string_view code, Position at, std::string message, std::string hint = "") {
    context.reporter.error(code, at, std::move(message), std::move(hint));
  }
  std::size_t line_of(Position at) const { return context.sources.locate(at).line; }
};

// The kind of a setting that these operators have; an error where one that is named has it in no operator set.
PatternKind setting_kind(PatternDraft& draft, const OperatorList& operators, const tree::Word& word);

// Adds the operators that a name or call may be.
void add_operators(OperatorList& all, const OperatorList& more);

}  // namespace rw::dsl
