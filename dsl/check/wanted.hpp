// What `expect becomes { lines }` wants to be there.
#pragma once

#include <string_view>
#include <vector>

#include "dsl/check/names.hpp"
#include "dsl/program/rule_test.hpp"
#include "dsl/syntax/tree.hpp"

namespace rw::dsl {

// `tensors`: those of the test's network. An operand that is an operator has a line of its own, behind that which reads
// it and without outputs.
std::vector<WantedLine> check_wanted(CheckContext& context, const tree::File& file,
                                     const std::vector<std::string_view>& tensors,
                                     const std::vector<tree::PatternLine>& lines);

}  // namespace rw::dsl
