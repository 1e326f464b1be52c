// Completion for shells, made from the rows of the commands.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

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
                                                    "COMPREPLY=(bash zsh fish)"};
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

std::vector<std::string_view> shipped_rules() {
  std::vector<std::string_view> names;
  for (const runtime::ShippedFile& file : runtime::shipped_files())
    if (file.name != "std") names.push_back(file.name);
  return names;
}

std::string topics() {
  std::string out;
  for (const Command* command : all_commands()) out += fmt::format("{} ", command->name);
  for (const Manual& manual : manuals()) out += fmt::format("{} ", manual.name);
  out.pop_back();
  return out;
}

// ---- zsh: `_arguments` of each command

// Within single quotes, and within the brackets of a description.
std::string zsh_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string_view zsh_offers(Completes completes) {
  static constexpr std::string_view kActions[] = {" ",
                                                  "_files",
                                                  "_files -g \"*.(onnx|json)\"",
                                                  "_rewrite_engine_rules",
                                                  "_rewrite_engine_topics",
                                                  "(bash zsh fish)"};
  return kActions[static_cast<std::size_t>(completes)];
}

std::string zsh_case(const Command& command) {
  std::string out =
      fmt::format("    {})\n      _arguments -s \\\n        '(-h --help)'{{-h,--help}}'[help]'", command.name);
  for (const Option& option : command.options) {
    const std::string tail = fmt::format(
        "[{}]{}", zsh_quoted(option.help),
        option.value.empty() ? "" : fmt::format(":{}:{}", zsh_quoted(option.value), zsh_offers(option.completes)));
    const std::string_view again = option.many ? "*" : "";
    for (const std::string& name : option.letter
                                       ? std::vector{std::string(option.name), fmt::format("-{}", option.letter)}
                                       : std::vector{std::string(option.name)})
      out += fmt::format(" \\\n        '{}{}{}'", again, name, tail);
  }
  for (const Argument& argument : command.arguments)
    out += fmt::format(" \\\n        '{}:{}:{}'", argument.many ? "*" : "", zsh_quoted(argument.name),
                       zsh_offers(argument.completes));
  return out + "\n      ;;\n";
}

std::string zsh() {
  std::string names;
  for (const Command* command : all_commands())
    names += fmt::format("    '{}:{}'\n", command->name, zsh_quoted(command->summary));
  std::string out = fmt::format(R"ZSH(#compdef rewrite-engine
# Completion of rewrite-engine for zsh.
_rewrite_engine_rules() {{
  _alternative 'shipped:rule file that ships:({})' 'files:rule file:_files -g "*.dsl"'
}}
_rewrite_engine_topics() {{ compadd -- {} }}
_rewrite_engine() {{
  local -a commands=(
{}  )
  local command=run
  if (( CURRENT > 2 )) && (( ${{#${{(M)commands:#${{words[2]}}:*}}}} )); then
    command=${{words[2]}}
    words=("${{words[1]}}" "${{(@)words[3,-1]}}")
    (( CURRENT-- ))
  elif (( CURRENT == 2 )) && [[ ${{words[2]}} != -* ]]; then
    _describe command commands
  fi
  case $command in
)ZSH",
                                fmt::join(shipped_rules(), " "), topics(), names);
  for (const Command* command : all_commands()) out += zsh_case(*command);
  return out + R"ZSH(  esac
}
if [[ ${funcstack[1]} == _rewrite_engine ]]; then _rewrite_engine "$@"; else compdef _rewrite_engine rewrite-engine; fi
)ZSH";
}

// ---- fish: a line for each word

std::string fish_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string fish_offers(Completes completes) {
  switch (completes) {
    case Completes::model:
      return "(__fish_complete_suffix .onnx; __fish_complete_suffix .json)";
    case Completes::rules:
      return fmt::format("{} (__fish_complete_suffix .dsl)", fmt::join(shipped_rules(), " "));
    case Completes::topic:
      return topics();
    case Completes::shell:
      return "bash zsh fish";
    default:
      return "";
  }
}

std::string fish_lines(const Command& command) {
  const std::string where = fmt::format("complete -c rewrite-engine -n '__rewrite_engine_command {}'", command.name);
  std::string out;
  for (const Option& option : command.options) {
    out += fmt::format("{} -l {}", where, option.name.substr(2));
    if (option.letter) out += fmt::format(" -s {}", option.letter);
    if (!option.value.empty()) out += option.completes == Completes::nothing ? " -x" : " -r";
    if (const std::string words = fish_offers(option.completes); !option.value.empty() && !words.empty())
      out += fmt::format(" -a '{}'", fish_quoted(words));
    out += fmt::format(" -d '{}'\n", fish_quoted(option.help));
  }
  for (const Argument& argument : command.arguments)
    if (const std::string words = fish_offers(argument.completes); !words.empty())
      out += fmt::format("{} -a '{}'\n", where, fish_quoted(words));
  return out;
}

std::string fish() {
  std::string names, lines;
  for (const Command* command : all_commands()) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", command->name);
    lines += fmt::format("complete -c rewrite-engine -n __fish_use_subcommand -a {} -d '{}'\n", command->name,
                         fish_quoted(command->summary));
  }
  std::string out = fmt::format(R"FISH(# Completion of rewrite-engine for fish.
function __rewrite_engine_command  # whether this command is meant; without a command word it is run
    set -l words (commandline -opc)
    set -l command run
    if set -q words[2]; and contains -- $words[2] {}
        set command $words[2]
    end
    test $command = $argv[1]
end
complete -c rewrite-engine -s h -l help -d 'help'
)FISH",
                                names);
  out += lines;
  for (const Command* command : all_commands()) out += fish_lines(*command);
  return out;
}

struct Shell {
  std::string_view name;
  std::string (*script)();
};
constexpr Shell kShells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

int completion(const Given& given) {
  const std::string shell = given.text("SHELL");
  const auto row =
      std::find_if(std::begin(kShells), std::end(kShells), [&](const Shell& each) { return each.name == shell; });
  if (row == std::end(kShells))
    throw UsageError(
        fmt::format("there is no completion for '{}'; there is one for: bash, zsh, fish", graph::printable(shell)));
  fmt::print("{}", row->script());
  return kDone;
}

constexpr Argument kCompletionArguments[] = {{"SHELL", "bash, zsh or fish", Completes::shell}};
constexpr std::string_view kCompletionExamples[] = {
    "source <(rewrite-engine completion bash)",
    "rewrite-engine completion bash > ~/.local/share/bash-completion/completions/rewrite-engine",
    "rewrite-engine completion zsh > ~/.zfunc/_rewrite-engine",
    "rewrite-engine completion fish > ~/.config/fish/completions/rewrite-engine.fish",
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
