#include "runtime/commands/sarif.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/formats/text/json_text.hpp"

namespace rw::commands {
namespace {

namespace json = graph::json;

// RFC 3986: a path as a reference relative to where the program was called, or of a file.
std::string uri(const std::string& path) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string text = path.starts_with('/') ? "file://" : "";
  for (const char c : path)
    text += kPlain.find(c) != std::string_view::npos ? std::string(1, c)
                                                     : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return text;
}

std::string result(const dsl::Diagnostic& each, const dsl::Sources& sources) {
  const auto& codes = dsl::diagnostic_codes();
  const auto rule = std::find_if(codes.begin(), codes.end(), [&](const auto& code) { return code.code == each.code; });
  const dsl::LineColumn first = sources.locate(each.at);
  const dsl::LineColumn last = sources.locate({each.at.source, each.at.offset + each.at.length, 0});
  return fmt::format(
      "\n    {{\"ruleId\": {}, \"ruleIndex\": {}, \"level\": \"{}\", \"message\": {{\"text\": {}}},\n"
      "     \"locations\": [{{\"physicalLocation\": {{\"artifactLocation\": {{\"uri\": {}}},\n"
      "      \"region\": {{\"startLine\": {}, \"startColumn\": {}, \"endLine\": {}, \"endColumn\": {}}}}}}}]}}",
      json::quoted(each.code), rule - codes.begin(), each.severity == dsl::Severity::error ? "error" : "warning",
      json::quoted(each.hint.empty() ? each.message : each.message + ": " + each.hint),
      json::quoted(uri(sources[each.at.source].name)), first.line, first.column, last.line, last.column);
}

}  // namespace

std::string sarif(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources) {
  const auto rule = [](const dsl::DiagnosticCode& code) {
    return fmt::format("\n    {{\"id\": {}, \"shortDescription\": {{\"text\": {}}}}}", json::quoted(code.code),
                       json::quoted(code.meaning));
  };
  return fmt::format(
      "{{\n\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\", \"version\": \"2.1.0\",\n"
      "\"runs\": [{{\n  \"tool\": {{\"driver\": {{\"name\": \"rewrite-engine\", \"rules\": {}}}}},\n"
      "  \"columnKind\": \"unicodeCodePoints\",\n  \"results\": {}}}]\n}}\n",
      json::list(dsl::diagnostic_codes(), rule, ","),
      json::list(
          diagnostics, [&](const dsl::Diagnostic& each) { return result(each, sources); }, ","));
}

}  // namespace rw::commands
