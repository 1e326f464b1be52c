// What rule files declare, and which of it each file sees: its own names and those of the files it uses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dsl/program/program.hpp"
#include "dsl/syntax/tree.hpp"
#include "dsl/text/reporter.hpp"

namespace rw::dsl {

struct FileNames;

// A set with its sets written out. `broken`: it could not be understood; its uses are not complained about.
struct SetEntry {
  Position at;
  std::vector<Term> terms;
  bool broken = false;
};

struct FunctionEntry {
  // How many arguments a call gives.
  std::size_t most() const { return function->params.size(); }
  std::size_t least() const {
    std::size_t count = 0;
    for (const tree::FunctionParam& param : function->params) count += param.otherwise ? 0 : 1;
    return count;
  }

  Position at;
  const tree::Function* function = nullptr;  // null where broken by the parser
  const FileNames* home = nullptr;           // what its formula sees
  bool broken = false;
};

// What a file runs, in the order of its declarations: a rule, or the rules of a file that it includes.
struct RunsHere {
  tree::Word rule;                      // of a rule: its name
  std::optional<std::uint32_t> index;   // into Program::rules as they are checked; a broken rule has none
  const FileNames* included = nullptr;  // else
  bool as_far_as_exact = false;
};

template <typename Entry>
using NameTable = std::unordered_map<std::string, Entry>;

struct FileNames {
  const tree::File* file = nullptr;
  std::vector<const FileNames*> used;                            // std first; those that are included, too
  std::unordered_map<std::uint32_t, const FileNames*> followed;  // by the offset of the path that names it
  std::vector<RunsHere> runs;
  NameTable<SetEntry> sets;  // those declared so far
  NameTable<FunctionEntry> functions;
  NameTable<Position> rules;
  NameTable<std::uint32_t> rule_indices;            // into Program::rules; broken rules have none
  NameTable<Position> later_sets, later_functions;  // all that the file declares
};

// What a name means in a file. None: nothing declares it; several used files do: the first two of them.
template <typename Entry>
struct Found {
  const Entry* entry = nullptr;
  const Entry* second = nullptr;
};

template <typename Entry>
Found<Entry> find_name(const FileNames& names, NameTable<Entry> FileNames::*table, const std::string& name) {
  if (const auto own = (names.*table).find(name); own != (names.*table).end()) return {&own->second, nullptr};
  Found<Entry> found;
  for (const FileNames* used : names.used) {
    const auto entry = (used->*table).find(name);
    if (entry == (used->*table).end()) continue;
    (found.entry == nullptr ? found.entry : found.second) = &entry->second;
    if (found.second != nullptr) break;
  }
  return found;
}

// Every name of a table that the file sees.
template <typename Entry>
std::vector<std::string_view> visible_names(const FileNames& names, NameTable<Entry> FileNames::*table) {
  std::vector<std::string_view> out;
  for (const auto& [name, entry] : names.*table) out.push_back(name);
  for (const FileNames* used : names.used) {
    for (const auto& [name, entry] : used->*table) out.push_back(name);
  }
  return out;
}

// Operators as far as their attributes are known.
struct OperatorList {
  std::vector<std::string> known;  // each must have what is asked of all
  bool has_unknown = false;        // then any attribute may be named
  std::set<std::uint32_t> laws;    // and those that have one of these laws: it is enough that one of them has it
};

// What all files of a program share while they are checked.
struct CheckContext {
  const Vocabulary& vocabulary;
  const Sources& sources;
  Reporter& reporter;
  Program& program;
  std::vector<std::unique_ptr<FileNames>> files;    // in the order they run
  std::size_t exprs = 0, terms = 0;                 // so many of kMaxProgramExprs, kMaxProgramTerms are taken
  std::unordered_set<std::string> bound_operators;  // by `op`
  std::unordered_map<std::uint32_t, OperatorList> operators_of_laws;  // bound so far
  bool laws_are_known = true;                                         // false: an `op` could not be understood
  struct OperatorUse {
    std::string op;
    Position at;
  };
  std::vector<OperatorUse> operator_uses;          // the first of each operator in each file, in order
  std::unordered_set<std::string> used_operators;  // "source:op", those in operator_uses
};

}  // namespace rw::dsl
