// The only unit that knows CLI11.
#include "runtime/commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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

// The file beside it that a name which is none may mean.
std::string nearest_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return "";
  std::vector<std::string> names;
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  for (auto each = std::filesystem::directory_iterator(folder, ignored);
       !ignored && each != std::filesystem::directory_iterator() && names.size() < 1000; each.increment(ignored))
    if (each->path().extension() == path.extension()) names.push_back(each->path().filename().string());
  std::sort(names.begin(), names.end());
  return dsl::did_you_mean(path.filename().string(), {names.begin(), names.end()});
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

// The command that is meant; its word is taken off.
const Command& take_command(Words& words) {
  if (words.empty()) throw UsageError("no model and no command");
  if (const Command* command = find_command(words[0])) {
    words.erase(words.begin());
    return *command;
  }
  if (!is_option(words[0]) && is_rule_file(words[0])) throw UsageError(model_first(words));
  if (!is_option(words[0]) && looks_like_command(words[0])) {
    std::string hint = nearest_command(words[0]);
    if (hint.empty()) hint = nearest_rule_file(words[0]);
    throw UsageError(fmt::format("there is neither a command nor a model '{}'{}", graph::printable(words[0]),
                                 hint.empty() ? "" : ": " + hint));
  }
  return *all_commands()[0];
}

std::string option_names(const Option& option) {
  return option.letter ? fmt::format("-{},{}", option.letter, option.name) : std::string(option.name);
}

std::string unexpected(const Command& command, const Words& words) {
  const std::string& word = words.front();
  if (!is_option(word)) return fmt::format("'{}' is one argument too many", graph::printable(word));
  std::vector<std::string_view> names = {"--help"};
  for (const Option& option : command.options) names.push_back(option.name);
  const std::string hint = dsl::did_you_mean(word.substr(0, word.find('=')), names);
  return fmt::format("unknown option '{}'{}", graph::printable(word), hint.empty() ? "" : ": " + hint);
}

// An option with too few words behind it, or given once more than it may be.
std::string mismatch(const Command& command, std::string_view what) {
  for (const Option& option : command.options) {
    if (!what.starts_with(fmt::format("{}:", option.name))) continue;
    return what.ends_with("missing") ? fmt::format("{} needs {}: {}", option.name, option.value, option.help)
                                     : fmt::format("{} is given twice", option.name);
  }
  return std::string(what);
}

CLI::Option* add(CLI::App& app, const std::string& names, bool many, Given::Values& values) {
  if (many) return app.add_option(names, values);
  return app.add_option_function<std::string>(names, [&values](const std::string& word) { values = {word}; });
}

// An option that takes a value, and behind it another option in its place.
void refuse_option_as_value(const Command& command, const Words& words) {
  const auto named = [&](const std::string& word) {
    return std::find_if(command.options.begin(), command.options.end(), [&](const Option& option) {
      return word == option.name || (option.letter != 0 && word == fmt::format("-{}", option.letter));
    });
  };
  for (std::size_t i = 0; i + 1 < words.size() && words[i] != "--"; ++i) {
    const auto option = named(words[i]);
    if (option == command.options.end() || option->value.empty()) continue;
    if (named(words[i + 1]) != command.options.end())
      throw UsageError(fmt::format("{} needs {} behind it, found the option {}: {}", words[i], option->value,
                                   words[i + 1], option->help));
    ++i;
  }
}

Given parse(const Command& command, Words words) {
  refuse_option_as_value(command, words);
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
    if (has_model)
      if (const std::string meant = nearest_file(given.text(kModelArgument.name)); !meant.empty())
        return fail(kMistake, fmt::format("{}: there is no such file: {}",
                                          graph::printable(given.text(kModelArgument.name)), graph::printable(meant)));
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
