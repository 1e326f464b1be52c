// What is wrong in a rule file, as data; drawing it is done in one place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dsl/text/source.hpp"

namespace rw::dsl {

enum class Severity : unsigned char { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string_view code;  // "unknown-name"; one of diagnostic_codes()
  Position at;            // the narrowest wrong thing
  std::string message;    // "unknown set 'covn'"
  std::string hint;       // what would be right: "did you mean 'conv'?"; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

inline constexpr std::size_t kMaxErrors = 100;  // shown of a file; one more is found, to tell that there are more

bool has_errors(const Diagnostics& diagnostics);

// FILE:LINE:COLUMN: error: MESSAGE [CODE], the line itself, a mark under the place, the hint; each line ends with \n.
// Control characters are escaped. Of a very long line the part around the place is drawn.
std::string draw(const Diagnostic& diagnostic, const Sources& sources);

// Every code there is, with a line of what it means (a test fails for a code without a golden test).
struct DiagnosticCode {
  std::string_view code;
  std::string_view meaning;
};
const std::vector<DiagnosticCode>& diagnostic_codes();

}  // namespace rw::dsl
