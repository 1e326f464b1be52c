#include "dsl/text/diagnostic.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "dsl/text/characters.hpp"

namespace rw::dsl {

namespace {

constexpr std::size_t kLongestLine = 200;  // bytes; of a longer line this much is drawn
constexpr std::size_t kBeforeMark = 80;    // ... with so much of it before the mark

// A part of a line, cut between characters.
struct Excerpt {
  std::string_view text;
  std::size_t mark = 0;  // where the mark begins in it
  bool cut_before = false;
  bool cut_after = false;
};

std::size_t character_begin(std::string_view text, std::size_t i) {
  std::size_t back = i;
  while (back > 0 && i - back < 3 && (static_cast<unsigned char>(text[back]) & 0xC0U) == 0x80U) --back;
  return back;
}

Excerpt excerpt(std::string_view line, std::size_t mark) {
  if (line.size() <= kLongestLine) return {line, mark, false, false};
  const std::size_t begin = mark > kBeforeMark ? character_begin(line, mark - kBeforeMark) : 0;
  std::size_t end = std::min(line.size(), begin + kLongestLine);
  if (end < line.size()) end = character_begin(line, end);
  return {line.substr(begin, end - begin), mark - begin, begin > 0, end < line.size()};
}

// As wide as the text is drawn; a tab stays a tab, so that what stands behind it lines up on every terminal.
std::string blank(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(character_length(text), 1);
    const bool tab = text[0] == '\t';
    const std::string drawn = escape(text.substr(0, length));
    const bool escaped = drawn.size() > length || character_length(text) == 0;
    out += tab ? "\t" : std::string(escaped ? drawn.size() : 1, ' ');
    text.remove_prefix(length);
  }
  return out;
}

std::string escape_but_tabs(std::string_view text) {
  std::string out;
  for (std::size_t tab = text.find('\t'); tab != std::string_view::npos; tab = text.find('\t')) {
    out += escape(text.substr(0, tab)) + '\t';
    text.remove_prefix(tab + 1);
  }
  return out + escape(text);
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string draw(const Diagnostic& diagnostic, const Sources& sources) {
  const Position at = diagnostic.at;
  const std::string_view severity = diagnostic.severity == Severity::error ? "error" : "warning";
  if (sources[at.source].text.empty()) {  // a file that could not be read, or that is empty: there is no line to draw
    const std::string hint = diagnostic.hint.empty() ? "" : ": " + escape(diagnostic.hint);
    return fmt::format("{}: {}: {}{} [{}]\n", escape(sources[at.source].name), severity, escape(diagnostic.message),
                       hint, diagnostic.code);
  }
  const LineColumn place = sources.locate(at);
  const std::string_view line = sources.line(at);
  const std::size_t line_begin = static_cast<std::size_t>(line.data() - sources[at.source].text.data());
  const Excerpt part = excerpt(line, std::min<std::size_t>(at.offset - line_begin, line.size()));

  std::string marks = blank(part.text.substr(part.mark, at.length));
  std::replace(marks.begin(), marks.end(), '\t', ' ');
  std::fill(marks.begin(), marks.end(), '^');
  if (marks.empty()) marks = "^";

  std::string out = fmt::format("{}:{}:{}: {}: {} [{}]\n", escape(sources[at.source].name), place.line, place.column,
                                severity, escape(diagnostic.message), diagnostic.code);
  out += fmt::format("{:4} | {}{}{}\n", place.line, part.cut_before ? "..." : "", escape_but_tabs(part.text),
                     part.cut_after ? "..." : "");
  const std::size_t gutter = std::max<std::size_t>(4, fmt::formatted_size("{}", place.line));
  out += fmt::format("{} | {}{}{}", std::string(gutter, ' '), part.cut_before ? "   " : "",
                     blank(part.text.substr(0, part.mark)), marks);
  if (!diagnostic.hint.empty()) out += " " + escape(diagnostic.hint);
  return out + "\n";
}

const std::vector<DiagnosticCode>& diagnostic_codes() {
  static const std::vector<DiagnosticCode> codes = {
      // reading
      {"cannot-read", "a rule file is not there, cannot be read or is too large"},
      {"encoding", "the text is not UTF-8"},
      {"empty", "a file declares nothing"},
      {"use-cycle", "files use each other in a circle, or too deep"},
      {"too-many-errors", "reading of a file stopped"},
      // parsing
      {"syntax", "something else was expected here"},
      {"unterminated-string", "a string does not end on its line"},
      {"bad-escape", "an escape in a string that does not exist"},
      {"bad-number", "a number is not written as numbers are, or is too large"},
      {"trailing-comma", "nothing follows a comma"},
      {"missing-else", "a reason without `else`"},
      {"single-equal", "= for =="},
      {"chained-comparison", "a < b < c"},
      {"no-such-sign", "a sign of another language: ^ && || !"},
      {"too-deep", "brackets, signs or calls are nested too deeply"},
      {"too-large", "a file, formula or set is too large when it is written out"},
      // names
      {"unknown-name", "nobody declared the name"},
      {"unknown-operator", "nobody knows the operator: it blocks"},
      {"not-yet-known", "the name is declared or bound further down"},
      {"duplicate-name", "the name is taken"},
      {"wrong-name", "the name is of another sort: a set for a value, a number for a set"},
      {"unused", "a name is bound and never used"},
      // formulas
      {"wrong-kind", "a text, a number or a condition where another is wanted"},
      {"wrong-count", "too many or too few arguments"},
      {"float-equality", "what varies from channel to channel is compared with a fraction by =="},
      {"odd-pattern", "a pattern is written as a regular expression"},
      {"families-meet", "values of different sets meet"},
      {"unreduced", "a value for each node or channel where one value is wanted"},
      {"nothing-to-collect", "a function that collects a family is given none"},
      // clauses
      {"missing-clause", "a rule or region lacks a clause that it needs"},
      {"duplicate-clause", "a clause stands twice"},
      {"misplaced", "a clause or action that this sort of rule cannot have"},
      {"out-of-range", "a number is outside of what is allowed; an operator set does not have an operator"},
      {"bad-scale", "a rule asks for a scale that cannot be used, or for two of channels that share one"},
      {"never-matches", "no network can match the rule"},
      {"not-run", "the rules of a file that is used do not run"},
      {"shadowed", "an earlier rule takes every region that the rule wants"},
      // trials
      {"wrong-law", "a law is not true of its operator"},
      {"wrong-rule", "a replacement does not compute the same"},
      {"changes-results", "a replacement may have another shape or type"},
      {"never-at-rest", "a rule finds what it has made, or rules undo each other"},
      {"hardly-tried", "few networks could be drawn or compared"},
      // tests
      {"not-compared", "a test of an operator that nobody can run: only its match was looked at"},
      {"test-failed", "a test of the rule file expects something else"},
  };
  return codes;
}

}  // namespace rw::dsl
