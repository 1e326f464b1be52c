#include "runtime/commands/given/run_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "dsl/text/spelling.hpp"
#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/output/output.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/text/glob.hpp"

namespace rw::commands {
namespace {

constexpr auto kShared = joined({kStatsOption, kDataOption}, kImageOptions,
                                {kOnlyOption, kParamOption, kSkipNodeOption, kExactOption, kLeakOption});

std::string quoted(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  // What a terminal would obey is written with its bytes: $'m\x1b.json'.
  const bool hidden = graph::printable(word) != word;
  std::string text = hidden ? "$'" : "'";
  for (const char c : word) {
    if (hidden && (c < ' ' || c > '~'))
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else if (hidden && (c == '\\' || c == '\''))
      text += std::string("\\") + c;
    else
      text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return text + "'";
}

}  // namespace

void set_leak(const Given& given, dsl::Program& program) {
  if (!given.has("--leak")) return;
  if (given.text("--leak") != "restore")
    throw UsageError(fmt::format("--leak {}: expected restore", graph::printable(given.text("--leak"))));
  dsl::restore_leaks(program);
}

runtime::RunOptions run_options(const Given& given, const dsl::Program& program) {
  runtime::RunOptions run{
      .only = given.list("--only"), .skip_nodes = given.list("--skip-node"), .exact = given.has("--exact")};
  for (const std::string& name : given.list("--only")) find_rule(dsl::running(program), name, "--only");
  for (const std::string& text : given.list("--param")) set_param(program, text, run);
  return run;
}

std::size_t take_count(const Given& given, std::string_view option) {
  const std::string text = given.text(option);
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count == 0)
    throw UsageError(fmt::format("{} {}: expected a whole number > 0", option, graph::printable(text)));
  return count;
}

void set_threads(const Given& given) {
  constexpr std::size_t kMost = 1024;  // more than there are processors is of no use
  if (given.has("--threads"))
    graph::set_threads(static_cast<unsigned>(std::min(take_count(given, "--threads"), kMost)));
}

std::filesystem::path with_ending(std::filesystem::path out, const std::filesystem::path& like) {
  graph::check_kind(out);
  if (out.extension().empty()) out += like.extension();
  return out;
}

std::string file_name(const Given& given, std::string_view option) {
  std::string name = given.text(option);
  if (name.empty()) throw UsageError(fmt::format("{}: expected the name of a file", option));
  if (name == "-")
    throw UsageError(
        fmt::format("{} -: it goes to a file, not to standard output; ./- is a file of this name", option));
  return name;
}

void check_names(const Given& given, std::string_view option, const graph::Network& network) {
  const auto operators = network.operators();
  for (const std::string& glob : given.list(option)) {
    if (std::any_of(operators.begin(), operators.end(),
                    [&](const graph::Operator& op) { return runtime::matches(glob, op.name); }))
      continue;
    std::vector<std::string_view> names;
    for (const graph::Operator& op : operators) names.push_back(op.name);
    std::string hint = dsl::did_you_mean(glob, names);
    if (hint.empty() && !names.empty()) {
      constexpr std::size_t kShown = 3;
      const bool more = names.size() > kShown;
      names.resize(std::min(names.size(), kShown));
      hint = fmt::format("its names are {}{}", fmt::join(names, ", "), more ? ", ..." : "");
    }
    throw UsageError(fmt::format("{} {}: no operator of the model has such a name{}{}", option, graph::printable(glob),
                                 hint.empty() ? "" : ": ", graph::printable(hint)));
  }
}

void check_reports(const Given& given, std::span<const std::filesystem::path> reports, const graph::Model& model,
                   const std::filesystem::path& out) {
  namespace fs = std::filesystem;
  if (reports.empty()) return;
  auto inputs = model.sources;
  for (const std::string& name : given.list("RULES"))
    if (std::error_code none; fs::is_regular_file(name, none)) inputs.push_back(graph::MappedFile::open(name));
  graph::Output output(inputs, true);
  if (!out.empty()) output.keep_free(std::span(&out, 1));
  for (const fs::path& path : reports) {
    output.check(path);
    output.keep_free(std::span(&path, 1));
  }
}

std::string command_for(std::string_view command, const Given& given, const std::vector<std::string>& rules) {
  std::string text =
      fmt::format("rewrite-engine{}{} {}", command.empty() ? "" : " ", command, quoted(given.text("MODEL")));
  for (const std::string& each : rules) text += " " + quoted(each);
  for (const Option& option : kShared)
    for (const std::string& value : given.list(option.name))
      text +=
          option.value.empty() ? fmt::format(" {}", option.name) : fmt::format(" {} {}", option.name, quoted(value));
  return text;
}

bool wants_colour() { return isatty(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr; }

}  // namespace rw::commands
