// README.md shows what the program prints, and no link of any manual leads nowhere.
#include <algorithm>
#include <filesystem>
#include <regex>
#include <sstream>

#include "runtime/commands/commands.hpp"
#include "tests/docs/manual.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManuals[] = {"README.md",        "CONTRIBUTING.md",     "CHANGELOG.md",        "rules/README.md",
                                    "docs/language.md", "docs/formats.md",     "docs/performance.md", "docs/design.md",
                                    "docs/security.md", "docs/reliability.md", "docs/measures.md"};

// The fence that stands behind `text`.
std::string fence_behind(const Manual& manual, std::string_view text) {
  const std::size_t at = manual.text().find(text);
  REQUIRE(at != std::string::npos);
  const auto line = static_cast<std::size_t>(
      std::count(manual.text().begin(), manual.text().begin() + static_cast<std::ptrdiff_t>(at), '\n'));
  for (const Fence& fence : manual.fences())
    if (fence.line > line) return fence.text;
  return {};
}

std::string without_times(const std::string& text) {
  return std::regex_replace(text, std::regex("in [0-9.]+ m?s"), "in TIME");
}

}  // namespace

TEST_CASE("README.md shows the report of the network that ships") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "build");
  fs::create_directories(folder / "tests/data");
  for (const char* name : {"digits_res.json", "digits_res.safetensors"})
    fs::copy(data_path(name), folder / "tests/data");
  const Manual readme("README.md");
  const Outcome run = run_engine({"tests/data/digits_res.json", "equalization", "-o", "build/digits_res.json"},
                                 {.folder = folder.path()});
  CHECK(without_times(run.out) == without_times(fence_behind(readme, "`script/run` prints:")));

  const Outcome explained =
      run_engine({"explain", "tests/data/digits_res.json", "equalization"}, {.folder = folder.path()});
  std::istringstream lines(fence_behind(readme, "found by trying it:"));
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK((line == "  ..." || contains(explained.out, line + '\n')));
  }
}

TEST_CASE("README.md names options that there are") {
  std::set<std::string> known;
  for (const commands::Command* command : commands::all_commands())
    for (const commands::Option& option : command->options) known.emplace(option.name);
  const std::regex option("--[a-z-]+");
  for (const std::string& text : Manual("README.md").code())
    for (auto each = std::sregex_iterator(text.begin(), text.end(), option); each != std::sregex_iterator(); ++each) {
      INFO(text);
      CHECK(known.count((*each)[0]) == 1);
    }
}

TEST_CASE("Links of manuals lead to files and headings that there are") {
  for (const char* path : kManuals) {
    const Manual manual(path);
    for (const std::string& link : manual.links()) {
      INFO(path << ": " << link);
      if (link.starts_with("https://")) continue;
      const std::size_t mark = std::min(link.find('#'), link.size());
      const std::string target =
          mark == 0 ? path : (fs::path(path).parent_path() / link.substr(0, mark)).lexically_normal().string();
      CHECK(fs::exists(source_path(target)));
      if (mark < link.size() && fs::exists(source_path(target)))
        CHECK(Manual(target).anchors().count(link.substr(mark + 1)) == 1);
    }
  }
}

}  // namespace rw::test
