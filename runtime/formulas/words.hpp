// The words of formulas: functions, reductions and fields, each table in the order of its enumeration.
#pragma once

#include <span>
#include <string_view>

#include "dsl/program/vocabulary.hpp"

namespace rw::runtime {

enum class Function : unsigned char {
  abs,
  sqrt,
  exp2,
  log2,
  pow2,
  pow,
  min,
  max,
  clamp,
  largest,
  smallest,
  mean,
  sum,
  across,
  overall,
  count,
  stats,
};
enum class Field : unsigned char { min, max, weight, bias, name, op, channels, region_min, region_max };
enum class Reduction : unsigned char { max, min, mean };

std::span<const dsl::FunctionWord> function_words();
std::span<const std::string_view> reduction_words();
std::span<const dsl::FieldWord> field_words();

}  // namespace rw::runtime
