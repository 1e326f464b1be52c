// The words of rule files: laws, actions, functions, fields and attributes, as the language is told them.
#pragma once

#include "dsl/vocabulary.hpp"

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

const dsl::Vocabulary& vocabulary();  // its tables stand in the order of the enumerations

}  // namespace rw::runtime
