// Mistakes in rule files as SARIF 2.1.0 (OASIS), which editors and code hosts show where they are.
#pragma once

#include <string>

#include "dsl/text/diagnostic.hpp"

namespace rw::commands {

std::string sarif(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources);

}  // namespace rw::commands
