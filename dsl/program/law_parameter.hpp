// A parameter of a law, for an operator that only a rule file knows: `op my::Linear law linear(weight = 1)`.
#pragma once

#include <string_view>

namespace rw::dsl {

struct LawParameter {
  std::string_view name;
  bool from_end = false;  // an axis, -1 is the last one; else an input, counted from 0
};

}  // namespace rw::dsl
