#include "runtime/commands/help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dsl/text/spelling.hpp"
#include "graph/base/printable.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/rule_sets.hpp"
#include "runtime/commands/text.hpp"
#include "runtime/engine/shipped.hpp"

namespace rw::commands {
namespace {

constexpr std::string_view kName = "rewrite-engine";

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    out += wrapped(text.substr(0, end), 0) + "\n\n";
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
  }
  return out;
}

using Rows = std::vector<std::pair<std::string, std::string_view>>;

// "  NAME  what it is", what stands right lined up.
std::string listing(std::string_view title, const Rows& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  std::string out = fmt::format("{}\n", title);
  for (const auto& [left, right] : rows) out += fmt::format("  {:<{}}  {}\n", left, width, wrapped(right, width + 4));
  return out + "\n";
}

// The text of a manual; empty: there is none of this name.
std::string_view manual_text(std::string_view name) {
  for (const runtime::ShippedFile& file : runtime::manuals())
    if (file.name == name) return file.text;
  return name == "rules" ? std::string_view(rule_sets_text()) : std::string_view();
}

[[noreturn]] void unknown_topic(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command* command : all_commands()) names.push_back(command->name);
  for (const Manual& manual : manuals()) names.push_back(manual.name);
  const std::string hint = dsl::did_you_mean(name, names);
  throw UsageError(fmt::format("there is neither a command nor a manual '{}': {}", graph::printable(name),
                               hint.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : hint));
}

int help(const Given& given) {
  const std::string name = given.text("TOPIC");
  if (name.empty())
    fmt::print("{}", overview());
  else if (const Command* command = find_command(name))
    fmt::print("{}", help_text(*command));
  else if (const std::string_view text = manual_text(name); !text.empty())
    fmt::print("{}", text);
  else
    unknown_topic(name);
  return kDone;
}

constexpr Argument kHelpArguments[] = {
    {"TOPIC", "a command, or a manual: language, formats, rules", Completes::topic, false}};
constexpr std::string_view kHelpExamples[] = {"rewrite-engine help", "rewrite-engine help check",
                                              "rewrite-engine help language | less"};

}  // namespace

const Command kHelp = {
    .name = "help",
    .summary = "lists the commands, tells all about one, or prints a manual",
    .description =
        "Of a command the same as `rewrite-engine COMMAND --help`. The manuals are Markdown: `language` is "
        "the reference of rule files, `formats` that of all files that are read and written; `rules` lists the "
        "rule files that ship.",
    .arguments = kHelpArguments,
    .options = {},
    .examples = kHelpExamples,
    .run = help,
};

std::string version_text() { return fmt::format("{} " RW_VERSION, kName); }

std::string synopsis(const Argument& argument) {
  const std::string name = fmt::format("{}{}", argument.name, argument.many ? "..." : "");
  return argument.required ? name : fmt::format("[{}]", name);
}

std::string synopsis(const Option& option) {
  return fmt::format("{}{}{}{}", option.letter ? fmt::format("-{}, ", option.letter) : "    ", option.name,
                     option.value.empty() ? "" : " ", option.value);
}

std::string usage(const Command& command) {
  std::string out = &command == all_commands()[0] ? std::string(kName) : fmt::format("{} {}", kName, command.name);
  for (const Argument& argument : command.arguments) out += " " + synopsis(argument);
  return out + (command.options.empty() ? "" : " [OPTIONS]");
}

std::string overview() {
  std::string out = fmt::format("{}\n\nusage: {}\n       {} COMMAND ...\n\n", kPurpose, usage(kRun), kName);
  Rows rows;
  for (const Command* command : all_commands()) rows.emplace_back(command->name, command->summary);
  out += listing("commands", rows);
  rows.clear();
  for (const Manual& manual : manuals()) rows.emplace_back(manual.name, manual.summary);
  out += listing("manuals", rows);
  out += fmt::format("example\n  {}\n\n{} help TOPIC tells all about a command, or prints a manual.\n",
                     kRun.examples[0], kName);
  return out;
}

std::string help_text(const Command& command) {
  std::string out = fmt::format("{} {}: {}\n\nusage: {}\n\n", kName, command.name, command.summary, usage(command));
  out += paragraphs(command.description);
  Rows rows;
  for (const Argument& argument : command.arguments) rows.emplace_back(argument.name, argument.help);
  if (!rows.empty()) out += listing("arguments", rows);
  rows.clear();
  for (const Option& option : command.options) rows.emplace_back(synopsis(option), option.help);
  rows.emplace_back("-h, --help", "this text");
  out += listing("options", rows);
  out += command.examples.size() == 1 ? "example\n" : "examples\n";
  for (const std::string_view example : command.examples) out += fmt::format("  {}\n", example);
  return out;
}

std::span<const Manual> manuals() {
  static constexpr Manual kManuals[] = {
      {"language", "rule files: every clause, formula, action and law, with the grammar"},
      {"formats", "files: model.json, ONNX, statistics, plans, reports as data"},
      {"measures", "how networks are compared and scored, and how a quantizer rounds them"},
      {"rules", "the rule files that ship: when to take which, and what it needs"},
  };
  return kManuals;
}

std::span<const ExitStatus> exit_statuses() {
  static constexpr ExitStatus kStatuses[] = {
      {kDone, "done"},
      {kMistake, "a mistake in rules, model, statistics or another file, with its place"},
      {kUsage, "wrong usage"},
      {kRefused, "refused: the certificate does not hold, or what was asked for did not happen"},
  };
  return kStatuses;
}

}  // namespace rw::commands
