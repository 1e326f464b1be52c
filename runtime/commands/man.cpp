// The man page, made from the rows of the commands.
#include <fmt/format.h>

#include "runtime/commands/commands.hpp"
#include "runtime/commands/help.hpp"

namespace rw::commands {
namespace {

// Text that roff prints as it is: hyphens that can be copied, no escapes, no line that looks like a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += fmt::format("\\&{}", c);
    else
      out += c;
  }
  return out;
}

// Running text: `code` is bold, an empty line begins a paragraph.
std::string prose(std::string_view text) {
  std::string out;
  bool bold = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("`\n"), text.size());
    out += roff(text.substr(0, end));
    text.remove_prefix(end);
    if (text.starts_with("\n\n")) {
      out += "\n.PP\n";
      text.remove_prefix(2);
    } else if (!text.empty()) {
      out += text[0] == '`' ? ((bold = !bold) ? "\\fB" : "\\fR") : " ";
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string tagged(const std::string& tag, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", tag, prose(text));
}

std::string option_tag(const Option& option) {
  std::string tag = option.letter ? fmt::format("\\fB\\-{}\\fR, ", option.letter) : "";
  tag += fmt::format("\\fB{}\\fR", roff(option.name));
  return option.value.empty() ? tag : fmt::format("{} \\fI{}\\fR", tag, roff(option.value));
}

std::string section(const Command& command) {
  std::string out =
      fmt::format(".SS \"{}\"\n{}\n.PP\n", roff(usage(command)), prose(fmt::format("It {}.", command.summary)));
  out += fmt::format("{}\n", prose(command.description));
  for (const Argument& argument : command.arguments)
    out += tagged(fmt::format("\\fI{}\\fR", roff(argument.name)), argument.help);
  for (const Option& option : command.options) out += tagged(option_tag(option), option.help);
  out += ".PP\nFor example:\n.PP\n.nf\n.RS 4\n";
  for (const std::string_view example : command.examples) out += roff(example) + "\n";
  return out + ".RE\n.fi\n";
}

int man(const Given&) {
  fmt::print(".TH REWRITE\\-ENGINE 1 \"\" \"{}\" \"User Commands\"\n", roff(version_text()));
  fmt::print(".SH NAME\nrewrite\\-engine \\- rewrites neural networks by rules\n.SH SYNOPSIS\n");
  for (const Command* command : all_commands())
    fmt::print("{}.B {}\n", command == all_commands()[0] ? "" : ".br\n", roff(usage(*command)));
  fmt::print(".SH DESCRIPTION\n{}\n.SH COMMANDS\n", prose(kPurpose));
  for (const Command* command : all_commands()) fmt::print("{}", section(*command));
  fmt::print(".SH MANUALS\n");
  for (const Manual& manual : manuals())
    fmt::print("{}", tagged(fmt::format("\\fBrewrite\\-engine help {}\\fR", roff(manual.name)), manual.summary));
  fmt::print(".SH \"EXIT STATUS\"\n");
  for (const ExitStatus& each : exit_statuses())
    fmt::print("{}", tagged(fmt::format("\\fB{}\\fR", static_cast<int>(each.status)), each.meaning));
  return kDone;
}

constexpr std::string_view kManExamples[] = {
    "rewrite-engine man | man -l -",
    "rewrite-engine man > ~/.local/share/man/man1/rewrite-engine.1",
};

}  // namespace

const Command kMan = {
    .name = "man",
    .summary = "prints the manual page",
    .description = "In the roff format, for `man -l` or for a folder of manual pages.",
    .arguments = {},
    .options = {},
    .examples = kManExamples,
    .run = man,
};

}  // namespace rw::commands
