// What a command of the program is: one row that says everything about it. Reading the command line, help, the man page
// and completion are made from these rows alone.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rw::commands {

enum Exit : int {
  kDone = 0,
  kMistake = 1,  // in rules, model, statistics or another file of the user
  kUsage = 2,
  kRefused = 3,  // the certificate does not hold, or what was asked for did not happen
};

// What the shell offers where a word is to be typed.
enum class Completes : unsigned char { nothing, file, model, rules, topic, shell };

struct Argument {
  std::string_view name;  // "MODEL"; the key in Given
  std::string_view help;  // begins with a small letter, no period at the end
  Completes completes = Completes::file;
  bool required = true;
  bool many = false;  // one or more (none or more where not required); the last one only
};

struct Option {
  std::string_view name;        // "--out"; the key in Given
  std::string_view value = {};  // "OUT"; empty: a flag
  std::string_view help;
  char letter = 0;  // 'o' for -o; 0: none
  bool many = false;
  Completes completes = Completes::file;
};

// The words of a command line, by the name of their argument or option. Only names of the command's row may be asked
// for.
class Given {
 public:
  using Values = std::vector<std::string>;

  bool has(std::string_view name) const { return !list(name).empty(); }
  bool knows(std::string_view name) const { return values_.contains(name); }  // the command's row names it
  const Values& list(std::string_view name) const;                            // in the order given
  std::string text(std::string_view name) const;                              // empty where it is not given

  Values& declare(std::string_view name);  // whoever reads the command line

 private:
  std::map<std::string, Values, std::less<>> values_;
};

struct Command {
  std::string_view name;         // "check"
  std::string_view summary;      // one line: "looks for mistakes in rule files"
  std::string_view description;  // paragraphs, with an empty line between them; `code` in backquotes
  std::span<const Argument> arguments;
  std::span<const Option> options;
  std::span<const std::string_view> examples;  // whole command lines, at least one
  int (*run)(const Given& given);              // an Exit
};

// Options of one command, some of which several have.
template <std::size_t First, std::size_t Shared, std::size_t Last>
constexpr std::array<Option, First + Shared + Last> joined(const Option (&first)[First], const Option (&shared)[Shared],
                                                           const Option (&last)[Last]) {
  std::array<Option, First + Shared + Last> all{};
  std::copy(last, last + Last, std::copy(shared, shared + Shared, std::copy(first, first + First, all.begin())));
  return all;
}

// A mistake in the command line itself: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Arguments and options that several commands have; a row of theirs names them.
inline constexpr Argument kModelArgument = {"MODEL", "the network: model.json or model.onnx", Completes::model};
inline constexpr Argument kRulesArgument = {
    "RULES", "rule files; a name without '/' and '.dsl' is one that ships: equalization", Completes::rules, true, true};
inline constexpr Option kHtmlOption = {
    "--html", "FILE", "write a page to this file that shows the same: one file, for a browser, without a server"};
inline constexpr Option kNodeDataOption = {
    "--node-data", "FILE", "write the decibels of each operator to this file, as Model Explorer reads them"};
inline constexpr Option kJsonOption = {"--json", {}, "print it as data, in JSON"};

}  // namespace rw::commands
