// What the files of FormulaChecker share: names of kinds and roles for messages, and small makers.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "dsl/program/program.hpp"

namespace rw::dsl {

constexpr std::string_view kKindNames[] = {"a number", "a condition", "a text", "a list"};
constexpr std::string_view kind_name(Kind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

constexpr std::string_view kRoleNames[] = {"parents", "children", "joining operators", "a region"};
constexpr std::string_view role_name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
inline constexpr unsigned kSets = bit(Role::parents) | bit(Role::children) | bit(Role::join);

bool is_percentile(std::string_view key);  // "p99.9"

// The names of the rows of a table, for "did you mean".
std::vector<std::string_view> words_of(const auto& rows) {
  std::vector<std::string_view> out;
  for (const auto& row : rows) out.push_back(row.name);
  return out;
}

inline Expr operation(ExprOp op, Position at, std::vector<ExprId> operands) {
  Expr expr;
  expr.op = op;
  expr.at = at;
  expr.operands = std::move(operands);
  return expr;
}

}  // namespace rw::dsl
