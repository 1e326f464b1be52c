// Rule files in their canonical form.
#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <optional>

#include "dsl/syntax/parse.hpp"
#include "dsl/syntax/print.hpp"
#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/json.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/text/console.hpp"
#include "runtime/text/text_file.hpp"

namespace rw::commands {
namespace {

struct Formatted {
  std::string name, text;
  std::optional<std::string> canonical;  // no value where it has errors, which are said
};

std::string read(const std::string& name) {
  std::string why;
  if (std::optional<std::string> text = runtime::rule_library().read(name, why)) return *std::move(text);
  if (why == "no such file" && !runtime::rule_library().shipped(name)) throw graph::missing_file(name);
  if (why == "no such file") why = "this one ships inside the program; give the path of a file";
  throw graph::Error(name, "", why);
}

Formatted format(const std::string& name) {
  Formatted out{name, read(name), std::nullopt};
  dsl::Sources sources;
  sources.add({name, out.text});
  dsl::Diagnostics diagnostics;
  const dsl::tree::File file = dsl::parse(sources, 0, diagnostics);
  for (const dsl::Diagnostic& each : diagnostics) runtime::complain(dsl::draw(each, sources));
  if (!dsl::has_errors(diagnostics)) out.canonical = dsl::print(file, sources);
  return out;
}

std::string_view line_at(std::string_view text, std::size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

struct Difference {
  std::size_t line;            // from 1
  std::string_view is, wants;  // that line, without its end
};

Difference first_difference(std::string_view is, std::string_view wants) {
  const auto [a, b] = std::mismatch(is.begin(), is.end(), wants.begin(), wants.end());
  const auto at = static_cast<std::size_t>(a - is.begin());
  const auto line = static_cast<std::size_t>(std::count(is.begin(), a, '\n'));
  const std::size_t newline = is.substr(0, at).rfind('\n');
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return {line + 1, line_at(is, begin), line_at(wants, begin)};
}

void show(const Formatted& file) {
  const Difference first = first_difference(file.text, *file.canonical);
  fmt::print("{}:{}: not in its canonical form\n", graph::printable(file.name), first.line);
  if (first.is == first.wants)  // the file ends here
    fmt::print("  the line ends otherwise\n");
  else
    fmt::print("  - {}\n  + {}\n", graph::printable(first.is), graph::printable(first.wants));
}

int format_all(const Given& given) {
  const bool check = given.has("--check"), as_json = given.has("--json");
  int status = kDone;
  std::vector<std::string> changed, seen;
  for (const std::string& name : given.list("FILES")) {
    const Formatted file = format(name);
    if (!file.canonical) status = kMistake;
    if (!file.canonical || *file.canonical == file.text) continue;
    changed.push_back(name);
    if (check) status = kMistake;
    if (!check)  // through a link: the file behind it is the one that is written
      runtime::write_text(std::filesystem::canonical(name), *file.canonical);
    if (as_json) continue;
    if (check)
      show(file);
    else
      fmt::print("formatted {}\n", graph::printable(name));
  }
  if (as_json)
    fmt::print("{{\"format\": \"rewrite-engine/fmt\", \"version\": 1, \"check\": {}, \"ok\": {}, \"changed\": {}}}\n",
               check, status == kDone, json::list(changed, [](const auto& name) { return json::quoted(name); }));
  return status;
}

constexpr Argument kFmtArguments[] = {{"FILES", "rule files, by their paths", Completes::rules, true, true}};
constexpr Option kFmtOptions[] = {
    {"--check",
     {},
     "write nothing; exit status 1 where a file is not in its canonical form, and where it first differs"},
    kJsonOption,
};
constexpr std::string_view kFmtExamples[] = {"rewrite-engine fmt ./mine.dsl", "rewrite-engine fmt --check rules/*.dsl"};

}  // namespace

const Command kFmt = {
    .name = "fmt",
    .summary = "brings rule files into their canonical form",
    .description =
        "One clause a line, two spaces, lists wrapped after commas, brackets only where they are needed. "
        "Comments stay where they belong, and what the rules mean never changes. A file with errors is left "
        "as it is.",
    .arguments = kFmtArguments,
    .options = kFmtOptions,
    .examples = kFmtExamples,
    .run = format_all,
};

}  // namespace rw::commands
