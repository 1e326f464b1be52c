// README.md shows what the first commands print on the network and the images that ship.
#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>

#include "tests/docs/manual.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

namespace fs = std::filesystem;

// Numbers are measured: other processors round sums otherwise. Columns are as wide as they are long.
std::string without_numbers(const std::string& text) {
  const std::string plain = std::regex_replace(text, std::regex("[-+]?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?"), "N");
  return std::regex_replace(plain, std::regex("  +"), " ");
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// The lines of the fences between two texts.
std::vector<std::string> lines_between(const Manual& manual, const std::string& from, const std::string& to) {
  const auto line_of = [&](const std::string& text) {
    const std::size_t at = manual.text().find(text);
    REQUIRE(at != std::string::npos);
    return static_cast<std::size_t>(
        std::count(manual.text().begin(), manual.text().begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  };
  std::vector<std::string> lines;
  for (const Fence& fence : manual.fences()) {
    if (fence.line <= line_of(from) || fence.line > line_of(to)) continue;
    std::istringstream text(fence.text);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("README.md shows what the first commands print on the images that ship") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "build");
  fs::create_directory_symlink(source_path("tests"), folder / "tests");
  const Manual readme("README.md");
  std::string printed;  // by the last command, behind what was compared
  int commands = 0;
  for (const std::string& line :
       lines_between(readme, "## From a model and a folder of images", "## A rule file, and what it prints")) {
    INFO(line);
    if (line.starts_with("$ rewrite-engine ")) {
      const Outcome run = run_engine(words_of(line.substr(17)), {.folder = folder.path()});
      INFO(run.err);
      CHECK(run.status == 0);
      printed = without_numbers(run.out);
      ++commands;
    } else if (line != "...") {
      const std::size_t at = printed.find(without_numbers(line) + '\n');
      CHECK(at != std::string::npos);
      if (at != std::string::npos) printed.erase(0, at);
    }
  }
  CHECK(commands == 3);
}

}  // namespace rw::test
