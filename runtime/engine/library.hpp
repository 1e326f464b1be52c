// Where rule files come from: the disk, and what ships with the program.
#pragma once

#include "dsl/load.hpp"

namespace rw::runtime {

// The tests of what ships are a large part of its text, and hold: whoever neither runs nor checks them does without.
enum class ShippedTests : bool { left_out, kept };

const dsl::Library& rule_library(ShippedTests tests = ShippedTests::kept);

}  // namespace rw::runtime
