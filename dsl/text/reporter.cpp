#include "dsl/text/reporter.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace rw::dsl {

void Reporter::error(std::string_view code, Position at, std::string message, std::string hint) {
  add({Severity::error, code, at, std::move(message), std::move(hint)});
}

void Reporter::warning(std::string_view code, Position at, std::string message, std::string hint) {
  add({Severity::warning, code, at, std::move(message), std::move(hint)});
}

void Reporter::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++all_errors_;
  std::size_t& count = (diagnostic.severity == Severity::error ? errors_ : warnings_)[diagnostic.at.source];
  // One more than is shown: it tells that there are more.
  if (count > 2 * kMaxErrors || !said_.emplace(diagnostic.at.source, diagnostic.at.offset, diagnostic.message).second) {
    return;
  }
  ++count;
  diagnostics_.push_back(std::move(diagnostic));
}

bool Reporter::is_full(std::uint32_t source, Severity severity) const {
  const auto& counts = severity == Severity::error ? errors_ : warnings_;
  const auto found = counts.find(source);
  return found != counts.end() && found->second > 2 * kMaxErrors;
}

// Parser and checker look at a file one after the other and each stops at kMaxErrors, so twice as many are sorted here
// and the first of them are shown.
Diagnostics Reporter::finish(std::uint32_t sources) && {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.source, a.at.offset) < std::tie(b.at.source, b.at.offset);
  });
  Diagnostics out;
  std::map<std::pair<std::uint32_t, Severity>, std::size_t> shown;
  std::vector<bool> closed(sources, false);
  for (Diagnostic& diagnostic : diagnostics_) {
    const std::uint32_t source = diagnostic.at.source;
    if (closed[source]) continue;
    std::size_t& count = shown[{source, diagnostic.severity}];
    if (count < kMaxErrors) {
      ++count;
      out.push_back(std::move(diagnostic));
    } else if (diagnostic.severity == Severity::error) {
      closed[source] = true;
      out.push_back({Severity::error, "too-many-errors", diagnostic.at,
                     fmt::format("more than {} errors: the rest of this file was not looked at", kMaxErrors), ""});
    }
  }
  return out;
}

}  // namespace rw::dsl
