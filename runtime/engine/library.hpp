// Where rule files come from: the disk, and what ships with the program.
#pragma once

#include "dsl/load.hpp"

namespace rw::runtime {

const dsl::Library& rule_library();

}  // namespace rw::runtime
