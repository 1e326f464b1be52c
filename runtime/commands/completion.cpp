// Completion for bash, made from the rows of the commands.
#include <fmt/format.h>

#include "graph/base/printable.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/help.hpp"
#include "runtime/engine/shipped.hpp"

namespace rw::commands {
namespace {

// The shell function that offers what may stand in a place.
std::string_view offers(Completes completes) {
  static constexpr std::string_view kFunctions[] = {":",
                                                    "_rewrite_engine_files ''",
                                                    "_rewrite_engine_files 'json onnx'",
                                                    "_rewrite_engine_rules",
                                                    "_rewrite_engine_topics",
                                                    "COMPREPLY=(bash)"};
  return kFunctions[static_cast<std::size_t>(completes)];
}

std::string names_of(const Option& option) {
  return option.letter ? fmt::format("-{} {}", option.letter, option.name) : std::string(option.name);
}

// The lines of `case "$word" in` for one command: its words, what its options take and what its arguments are.
std::string options_case(const Command& command) {
  std::string words = "-h --help", takes;
  for (const Option& option : command.options) {
    words += " " + names_of(option);
    if (option.value.empty()) continue;
    std::string pattern = option.letter ? fmt::format("-{}|", option.letter) : "";
    takes += fmt::format("        {}{}) {}; return ;;\n", pattern, option.name, offers(option.completes));
  }
  std::string out = fmt::format("    {})\n      options='{}'\n", command.name, words);
  if (!takes.empty()) out += fmt::format("      case \"$before\" in\n{}      esac\n", takes);
  out += "      case \"$place\" in\n";
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const Argument& argument = command.arguments[i];
    out += fmt::format("        {}) argument=\"{}\" ;;\n", argument.many ? "*" : fmt::format("{}", i),
                       offers(argument.completes));
  }
  return out + "      esac ;;\n";
}

// Options that take a value, of all commands: so that places can be counted.
std::string valued_options() {
  std::string out;
  for (const Command* command : all_commands())
    for (const Option& option : command->options)
      if (!option.value.empty())
        out += fmt::format("{}{}", out.empty() ? "" : "|", option.name) +
               (option.letter ? fmt::format("|-{}", option.letter) : "");
  return out;
}

constexpr std::string_view kHead = R"BASH(# Completion of rewrite-engine for bash.
_rewrite_engine_files() {  # endings, none: all files
  local file ending
  while IFS= read -r file; do
    if [ -d "$file" ]; then COMPREPLY+=("$file/"); continue; fi
    if [ -z "$1" ]; then COMPREPLY+=("$file"); continue; fi
    for ending in $1; do [[ $file == *.$ending ]] && COMPREPLY+=("$file"); done
  done < <(compgen -f -- "$cur")
  compopt -o filenames -o nospace 2>/dev/null
  [ ${#COMPREPLY[@]} -eq 1 ] && [ ! -d "${COMPREPLY[0]}" ] && compopt +o nospace 2>/dev/null
}
)BASH";

constexpr std::string_view kTail = R"BASH(  esac
  if [[ $cur == -* ]]; then COMPREPLY+=($(compgen -W "$options" -- "$cur")); else eval "$argument"; fi
}
complete -F _rewrite_engine rewrite-engine
)BASH";

std::string bash() {
  std::string commands, shipped;
  for (const Command* command : all_commands())
    commands += fmt::format("{}{}", commands.empty() ? "" : " ", command->name);
  for (const runtime::ShippedFile& file : runtime::shipped_files())
    if (file.name != "std") shipped += fmt::format("{}{}", shipped.empty() ? "" : " ", file.name);
  std::string topics = commands;
  for (const Manual& manual : manuals()) topics += fmt::format(" {}", manual.name);
  std::string out(kHead);
  out += fmt::format(
      "_rewrite_engine_rules() {{\n  COMPREPLY+=($(compgen -W '{}' -- \"$cur\"))\n  _rewrite_engine_files dsl\n}}\n",
      shipped);
  for (const auto& [what, words] : {std::pair("commands", commands), std::pair("topics", topics)})
    out += fmt::format("_rewrite_engine_{}() {{ COMPREPLY+=($(compgen -W '{}' -- \"$cur\")); }}\n", what, words);
  out += fmt::format(R"BASH(_rewrite_engine() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} word= command=run options= argument=: place=0 i=1
  COMPREPLY=()
  case " {} " in *" ${{COMP_WORDS[1]}} "*) [ "$COMP_CWORD" -gt 1 ] && command=${{COMP_WORDS[1]}} && i=2 ;; esac
  for (( ; i < COMP_CWORD; i++ )); do
    case "${{COMP_WORDS[i]}}" in
      {}) i=$((i + 1)) ;;
      -*) ;;
      *) place=$((place + 1)) ;;
    esac
  done
  [ "$COMP_CWORD" -eq 1 ] && [[ $cur != -* ]] && _rewrite_engine_commands
  case "$command" in
)BASH",
                     commands, valued_options());
  for (const Command* command : all_commands()) out += options_case(*command);
  return out + std::string(kTail);
}

int completion(const Given& given) {
  const std::string shell = given.text("SHELL");
  if (shell != "bash")
    throw UsageError(fmt::format("there is no completion for '{}'; there is one for: bash", graph::printable(shell)));
  fmt::print("{}", bash());
  return kDone;
}

constexpr Argument kCompletionArguments[] = {{"SHELL", "bash", Completes::shell}};
constexpr std::string_view kCompletionExamples[] = {
    "source <(rewrite-engine completion bash)",
    "rewrite-engine completion bash > ~/.local/share/bash-completion/completions/rewrite-engine",
};

}  // namespace

const Command kCompletion = {
    .name = "completion",
    .summary = "prints the completion script of a shell",
    .description = "With it the shell completes commands, options, models and rule files after the Tab key.",
    .arguments = kCompletionArguments,
    .options = {},
    .examples = kCompletionExamples,
    .run = completion,
};

}  // namespace rw::commands
