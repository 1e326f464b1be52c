// The table of commands, as a user sees it: help, man page, completion, misspelled words.
#include <sstream>

#include "runtime/commands/commands.hpp"
#include "runtime/commands/help.hpp"
#include "runtime/commands/rule_sets.hpp"
#include "runtime/engine/shipped.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace commands = rw::commands;

namespace {

// What bash offers for the last of these words, one a line, in a folder.
std::string completed(const std::vector<std::string>& words, const TemporaryFolder& folder) {
  write_file(folder / ".completion", run_engine({"completion", "bash"}).out);
  std::string script = "source .completion\nCOMP_WORDS=(rewrite-engine";
  for (const std::string& word : words) script += " '" + word + "'";
  script += ")\nCOMP_CWORD=" + std::to_string(words.size()) +
            "\n_rewrite_engine\nprintf '%s\\n' \"${COMPREPLY[@]}\" | sort\n";
  const Outcome outcome = run_program("/bin/bash", {"-c", script}, {.folder = folder.path()});
  CHECK(outcome.err.empty());
  return outcome.out;
}

}  // namespace

TEST_CASE("Every command has help with an example, by two ways that say the same") {
  const std::string overview = run_engine({"help"}).out;
  CHECK(overview == run_engine({"--help"}).out);
  for (const commands::Command* command : commands::all_commands()) {
    const std::string name(command->name);
    INFO(name);
    CHECK(contains(overview, "  " + name + " "));
    CHECK_FALSE(command->examples.empty());
    const Outcome help = run_engine({name, "--help"});
    CHECK(help.status == 0);
    CHECK(help.out == run_engine({"help", name}).out);
    for (const std::string_view example : command->examples) CHECK(contains(help.out, example));
    for (const commands::Option& option : command->options) CHECK(contains(help.out, option.name));
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 120);
  }
}

TEST_CASE("Manuals are printed as they stand in docs/, and listed") {
  for (const commands::Manual& manual : commands::manuals()) {
    const std::string name(manual.name);
    const Outcome outcome = run_engine({"help", name});
    CHECK(outcome.status == 0);
    if (name != "rules") CHECK(outcome.out == read_file(source_path("docs/" + name + ".md")));
    CHECK(contains(run_engine({"help"}).out, "  " + name + " "));
    CHECK(contains(run_engine({"man"}).out, "rewrite\\-engine help " + name));
  }
}

TEST_CASE("help rules lists every rule file that ships, and no other") {
  const std::string text = run_engine({"help", "rules"}).out;
  for (const rw::runtime::ShippedFile& file : rw::runtime::shipped_files()) {
    INFO(file.name);
    CHECK(contains(text, "\n  " + std::string(file.name) + " "));
  }
  CHECK(commands::rule_sets().size() == rw::runtime::shipped_files().size());
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 120);
}

TEST_CASE("Misspelled commands and options are told what was meant") {
  const auto error = [](const std::vector<std::string>& words) {
    const Outcome outcome = run_engine(words);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(error({"chek", "equalization"}) ==
        "rewrite-engine: there is neither a command nor a model 'chek': did you mean 'check'?\n"
        "(rewrite-engine help tells more)\n");
  CHECK(contains(error({"help", "chek"}), "did you mean 'check'?"));
  CHECK(contains(error({"help", "languages"}), "did you mean 'language'?"));
  CHECK(
      contains(error({"m.json", "equalization", "--dryrun"}), "unknown option '--dryrun': did you mean '--dry-run'?"));
  CHECK(contains(error({"--dryrun"}), "unknown option '--dryrun'"));
  CHECK(contains(error({"m.json", "equalization", "--out"}), "--out needs OUT: "));
  CHECK(contains(error({"m.json", "equalization", "-o", "a", "-o", "b"}), "--out is given twice"));
  CHECK(contains(error({"m.json"}), "RULES is missing: "));
  CHECK(contains(error({"equalization", "m.onnx"}),
                 "'equalization' is a rule file, and the model stands first: rewrite-engine m.onnx equalization\n"));
  CHECK(contains(error({"./mine.dsl", "prepare", "m.json", "-q"}), "rewrite-engine m.json ./mine.dsl prepare\n"));
  CHECK(contains(error({"m.json", "equalization", "--stats", "--dry-run"}),
                 "--stats needs FILE behind it, found the option --dry-run: "));
  CHECK(contains(error({"m.json", "equalization", "-o", "-q"}), "-o needs OUT behind it, found the option -q: "));
  CHECK(contains(error({"completion", "bash", "zsh"}), "'zsh' is one argument too many"));
  CHECK(contains(error({"completion", "ksh"}), "there is one for: bash, zsh, fish"));
}

TEST_CASE("Bash completes commands, options, models and rules") {
  const TemporaryFolder folder;
  write_file(folder / "digits.json", "");
  write_file(folder / "mine.dsl", "");
  write_file(folder / "notes.txt", "");
  CHECK(completed({"ch"}, folder) == "check\n");
  CHECK(completed({"d"}, folder) == "digits.json\n");
  const std::string rules = completed({"digits.json", ""}, folder);  // those that ship, and those in the folder
  CHECK(rules.find("\nequalization\n") != std::string::npos);
  CHECK(rules.find("\nmine.dsl\n") != std::string::npos);
  CHECK(completed({"digits.json", "mine.dsl", "--js"}, folder) == "--json\n");
  CHECK(completed({"digits.json", "-o", ""}, folder) == "digits.json\n");
  CHECK(completed({"-o", "out.json", "d"}, folder) == "digits.json\n");
  CHECK(completed({"digits.json", "mine.dsl", "--stats", "n"}, folder) == "notes.txt\n");
  CHECK(completed({"check", "mi"}, folder) == "mine.dsl\nmixed\n");
  CHECK(completed({"help", "ma"}, folder) == "man\n");
  CHECK(completed({"help", "la"}, folder) == "language\n");
  CHECK(completed({"completion", ""}, folder) == "bash\nfish\nzsh\n");
}

TEST_CASE("fish completes the same, and zsh can read its script") {
  const TemporaryFolder folder;
  write_file(folder / "digits.json", "");
  write_file(folder / "mine.dsl", "");
  write_file(folder / "c.fish", run_engine({"completion", "fish"}).out);
  write_file(folder / "_rewrite-engine", run_engine({"completion", "zsh"}).out);
  const auto fish = [&](const std::string& words) {
    return run_program(
        "/bin/sh",
        {"-c",
         "command -v fish >/dev/null || exit 77; HOME=$PWD fish -N -c \"source c.fish; complete -C'rewrite-engine " +
             words + "'\""},
        {.folder = folder.path()});
  };
  if (const Outcome rules = fish("check "); rules.status != 77) {
    CHECK(contains(rules.out, "equalization"));
    CHECK(contains(rules.out, "mine.dsl"));
    CHECK(contains(fish("ch").out, "check"));
    CHECK(contains(fish("check --js").out, "--json"));
    CHECK(contains(fish("digits.json equalization --dr").out, "--dry-run"));
    CHECK(contains(fish("completion ").out, "zsh"));
  }
  const Outcome zsh = run_program("/bin/sh", {"-c", "command -v zsh >/dev/null || exit 77; zsh -n ./_rewrite-engine"},
                                  {.folder = folder.path()});
  CHECK((zsh.status == 0 || zsh.status == 77));
  CHECK(zsh.err.empty());
}

TEST_CASE("The man page names every command and option, and roff has nothing to say against it") {
  const std::string page = run_engine({"man"}).out;
  CHECK(page.starts_with(".TH "));
  for (const commands::Command* command : commands::all_commands())
    for (const commands::Option& option : command->options) {
      std::string name;
      for (const char c : option.name) name += c == '-' ? "\\-" : std::string(1, c);
      CHECK(contains(page, "\\fB" + name + "\\fR"));
    }
  const TemporaryFolder folder;
  write_file(folder / "page.1", page);
  const Outcome lint =
      run_program("/bin/sh", {"-c", "command -v groff >/dev/null || exit 77; groff -man -Tutf8 -ww -z page.1"},
                  {.folder = folder.path()});
  if (lint.status == 77) return;  // there is no groff here
  CHECK(lint.err.empty());
}
