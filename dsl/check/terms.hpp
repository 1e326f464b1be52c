// Writes out what a clause or set lists: operators, sets and guards become operators with their guards.
#pragma once

#include <span>
#include <vector>

#include "dsl/check/names.hpp"
#include "dsl/program/program.hpp"
#include "dsl/syntax/tree.hpp"

namespace rw::dsl {

// At most kMaxTerms. Empty after an error that leaves nothing. `broken`: something could not be understood.
struct WrittenTerms {
  std::vector<Term> terms;
  bool broken = false;
};
inline constexpr std::size_t kMaxTerms = 10'000;

WrittenTerms write_out(CheckContext& context, const FileNames& names, std::span<const tree::Term> terms,
                       std::span<const tree::Term> excepted);

// A guard on operators that are one of `operators`; null after an error.
std::shared_ptr<const Guard> check_guard(CheckContext& context, const FileNames& names, tree::FormulaId condition,
                                         std::span<const Term> operators);

}  // namespace rw::dsl
