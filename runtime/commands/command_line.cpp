// The only unit that knows CLI11.
#include "runtime/commands/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "dsl/text/spelling.hpp"
#include "graph/base/descriptors.hpp"
#include "graph/base/printable.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/failure.hpp"
#include "runtime/commands/help.hpp"
#include "runtime/engine/shipped.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {
namespace {

struct CallForHelp {};

using Words = std::vector<std::string>;

bool is_option(std::string_view word) { return word.size() > 1 && word[0] == '-'; }

// A first word that could only be a command: no path, no ending, and nothing of that name is there.
bool looks_like_command(const std::string& word) {
  std::error_code ignored;
  return word.find_first_of("./") == std::string::npos && !std::filesystem::exists(word, ignored);
}

bool is_rule_file(const std::string& word) {
  const auto shipped = runtime::shipped_files();
  return word.ends_with(".dsl") ||
         std::any_of(shipped.begin(), shipped.end(), [&](const auto& file) { return file.name == word; });
}

std::string nearest_rule_file(const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto& file : runtime::shipped_files()) names.push_back(file.name);
  const std::string_view meant = dsl::nearest(word, names);
  return meant.empty() ? "" : fmt::format("'{}' is a rule file: the model stands before it", meant);
}

// Rules stand where the model should.
std::string model_first(const Words& words) {
  const auto is_model = [](const std::string& word) { return word.ends_with(".onnx") || word.ends_with(".json"); };
  const auto model = std::find_if(words.begin(), words.end(), is_model);
  std::string right = graph::printable(model == words.end() ? "model.onnx" : *model);
  for (auto word = words.begin(); word != words.end() && !is_option(*word); ++word)
    if (word != model) right += " " + graph::printable(*word);
  return fmt::format("'{}' is a rule file, and the model stands first: rewrite-engine {}", graph::printable(words[0]),
                     right);
}

// What other programs call it.
std::string command_elsewhere(std::string_view word) {
  struct Elsewhere {
    std::string_view word, here;
  };
  static constexpr Elsewhere kElsewhere[] = {
      {"convert", "the ending of --out says the format: rewrite-engine model.onnx std -o model.json"},
      {"diff", "did you mean 'compare'?"},
      {"evaluate", "did you mean 'score'?"},
      {"format", "did you mean 'fmt'?"},
      {"info", "did you mean 'ops'?"},
      {"lint", "did you mean 'check'?"},
      {"optimize", "a run rewrites a model by rules: rewrite-engine model.onnx simplify"},
      {"quantize", "your runtime quantizes, and rules make it ready: rewrite-engine model.onnx auto"},
      {"rewrite", "a run needs no word: rewrite-engine model.onnx RULES"},
      {"validate", "did you mean 'check'?"},
      {"version", "did you mean '--version'?"},
  };
  const auto found = std::find_if(std::begin(kElsewhere), std::end(kElsewhere),
                                  [&](const Elsewhere& each) { return each.word == word; });
  return found == std::end(kElsewhere) ? "" : std::string(found->here);
}

std::string all_names() {
  std::string names;
  for (const Command* command : all_commands()) names += fmt::format("{}{}", names.empty() ? "" : ", ", command->name);
  return names;
}

// The command that is meant; its word is taken off.
const Command& take_command(Words& words) {
  if (words.empty()) throw UsageError("no model and no command");
  if (const Command* command = find_command(words[0])) {
    words.erase(words.begin());
    return *command;
  }
  if (!is_option(words[0]) && is_rule_file(words[0])) throw UsageError(model_first(words));
  if (!is_option(words[0]) && looks_like_command(words[0])) {
    std::string hint = command_elsewhere(words[0]);
    if (hint.empty()) hint = nearest_command(words[0]);
    if (hint.empty()) hint = nearest_rule_file(words[0]);
    if (hint.empty()) hint = fmt::format("the commands are {}; a model is a file", all_names());
    throw UsageError(fmt::format("there is neither a command nor a model '{}': {}", graph::printable(words[0]), hint));
  }
  return *all_commands()[0];
}

std::string option_names(const Option& option) {
  return option.letter ? fmt::format("-{},{}", option.letter, option.name) : std::string(option.name);
}

// "--data" where DATA stands by itself.
std::string argument_meant(const Command& command, std::string_view option) {
  for (const Argument& argument : command.arguments)
    if (option.starts_with("--") &&
        std::ranges::equal(option.substr(2), argument.name, {}, [](char c) { return std::toupper(c); }))
      return fmt::format("{} stands without an option: {}", argument.name, usage(command));
  return {};
}

std::string unexpected(const Command& command, const Words& words) {
  const std::string& word = words.front();
  if (!is_option(word)) return fmt::format("'{}' is one argument too many: {}", graph::printable(word), usage(command));
  constexpr std::size_t kFew = 8;
  std::vector<std::string_view> names = {"--help", "--version"};
  for (const Option& option : command.options) names.push_back(option.name);
  std::string hint = argument_meant(command, word.substr(0, word.find('=')));
  if (hint.empty()) hint = dsl::did_you_mean(word.substr(0, word.find('=')), names);
  if (hint.empty() && word[1] != '-') {
    hint = "those of one letter are -h";
    for (const Option& option : command.options)
      if (option.letter != 0) hint += fmt::format(", -{}", option.letter);
  }
  if (hint.empty() && names.size() <= kFew) hint = fmt::format("there are {}", fmt::join(names, ", "));
  return fmt::format("unknown option '{}'{}", graph::printable(word), hint.empty() ? "" : ": " + hint);
}

// An option with too few words behind it, or given once more than it may be.
std::string mismatch(const Command& command, std::string_view what) {
  for (const Option& option : command.options) {
    if (!what.starts_with(fmt::format("{}:", option.name))) continue;
    return what.ends_with("missing") ? fmt::format("{} needs {}: {}", option.name, option.value, option.help)
                                     : fmt::format("{} is given twice: take one of them out", option.name);
  }
  return std::string(what);
}

CLI::Option* add(CLI::App& app, const std::string& names, bool many, Given::Values& values) {
  if (many) return app.add_option(names, values);
  return app.add_option_function<std::string>(names, [&values](const std::string& word) { values = {word}; });
}

// An option that takes a value, and behind it another option in its place; one that takes none, and is given one.
void check_values(const Command& command, const Words& words) {
  const auto named = [&](std::string_view word) {
    return std::find_if(command.options.begin(), command.options.end(), [&](const Option& option) {
      return word == option.name || (option.letter != 0 && word == fmt::format("-{}", option.letter));
    });
  };
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::size_t sign = words[i].find('=');
    const auto option = named(std::string_view(words[i]).substr(0, sign));
    if (option == command.options.end()) continue;
    if (option->value.empty() && sign != std::string::npos)
      throw UsageError(
          fmt::format("{0} takes no value, found {1}: write {0}", option->name, graph::printable(words[i])));
    if (option->value.empty() || sign != std::string::npos || i + 1 == words.size()) continue;
    if (named(words[i + 1]) != command.options.end())
      throw UsageError(fmt::format("{} needs {} behind it, found the option {}: {}", words[i], option->value,
                                   words[i + 1], option->help));
    ++i;
  }
}

Given parse(const Command& command, Words words) {
  check_values(command, words);
  CLI::App app;
  Given given;
  app.set_help_flag("-h,--help");
  for (const Argument& argument : command.arguments)
    add(app, std::string(argument.name), argument.many, given.declare(argument.name))->required(argument.required);
  for (const Option& option : command.options) {
    Given::Values& values = given.declare(option.name);
    if (option.value.empty())
      app.add_flag_callback(option_names(option), [&values] { values = {"true"}; });
    else
      add(app, option_names(option), option.many, values)
          ->allow_extra_args(false)
          ->type_name(std::string(option.value));
  }
  try {
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    throw CallForHelp{};
  } catch (const CLI::ExtrasError&) {
    throw UsageError(unexpected(command, app.remaining()));
  } catch (const CLI::ArgumentMismatch& error) {
    throw UsageError(mismatch(command, error.what()));
  } catch (const CLI::RequiredError&) {
    if (!app.remaining().empty()) throw UsageError(unexpected(command, app.remaining()));
    for (const Argument& argument : command.arguments)
      if (argument.required && given.list(argument.name).empty())
        throw UsageError(fmt::format("{} is missing: {}", argument.name, argument.help));
    throw;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  return given;
}

int obey(Words words) {
  const Command* command = nullptr;
  try {
    if (!words.empty() && (words[0] == "--version" || words[0] == "-V")) {
      fmt::print("{}\n", version_text());
      return kDone;
    }
    if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
      fmt::print("{}", overview());
      return kDone;
    }
    command = &take_command(words);
    const Given given = parse(*command, words);
    const bool has_model = !command->arguments.empty() && command->arguments[0].name == kModelArgument.name;
    return guarded(has_model ? graph::printable(given.text(kModelArgument.name)) : "",
                   [&] { return command->run(given); });
  } catch (const CallForHelp&) {
    fmt::print("{}", help_text(*command));
    return kDone;
  } catch (const UsageError& error) {
    const std::string more = command ? fmt::format("rewrite-engine help {}", command->name) : "rewrite-engine help";
    return fail(kUsage, fmt::format("rewrite-engine: {}\n({} tells more)", error.what(), more));
  }
}

}  // namespace

int command_line(int argc, char** argv) {
  runtime::open_standard_streams();
  graph::raise_descriptor_limit();
  return guarded("", [&] {
    const int status = obey(Words(argv + 1, argv + argc));
    runtime::flush_output();
    return status;
  });
}

}  // namespace rw::commands
