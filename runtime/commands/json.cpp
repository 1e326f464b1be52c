#include "runtime/commands/json.hpp"

namespace rw::commands {

std::string json_diagnostics(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources) {
  return json::list(
      diagnostics,
      [&](const dsl::Diagnostic& each) {
        const dsl::LineColumn at = sources.locate(each.at);
        return fmt::format(
            "\n  {{\"severity\": \"{}\", \"code\": {}, \"file\": {}, \"line\": {}, \"column\": {}, \"message\": {}, "
            "\"hint\": {}}}",
            each.severity == dsl::Severity::error ? "error" : "warning", json::quoted(each.code),
            json::quoted(sources[each.at.source].name), at.line, at.column, json::quoted(each.message),
            json::quoted(each.hint));
      },
      ",");
}

}  // namespace rw::commands
