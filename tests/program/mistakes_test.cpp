// Mistakes that people make, and all that they are told: tests/data/mistakes.txt (rule files) and
// tests/data/wrong_commands.txt (command lines). Each was read by a person: it says where and what to write instead, or
// a line "- remedy: why" or "- place: why" below it says what it lacks. 95 of 100 lack nothing.
#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;

namespace {

struct Mistake {
  std::string title;
  std::vector<std::string> words;  // of the command line
  int status = 0;
  std::string text;  // of mine.dsl
  std::string said;
  std::string lacks;  // "remedy: why"; empty: nothing
};

// `\xNN` and `\\`, since some mistakes are no text.
std::string bytes_of(const std::string& line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 3 < line.size() && line[i + 1] == 'x') {
      out += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '\\') {
      out += line[i++];
    } else {
      out += line[i];
    }
  }
  return out;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// `base` with lines in the place of others: "5: text" for line 5, again for one more behind it, "5-" for none.
class Changed {
 public:
  explicit Changed(const std::string& base) {
    std::istringstream stream(base);
    for (std::string line; std::getline(stream, line);) lines_.push_back({line + "\n"});
  }

  void change(const std::string& by) {
    const std::size_t end = by.find_first_not_of("0123456789");
    const std::size_t number = std::stoul(by.substr(0, end));
    if (lines_.size() < number) lines_.resize(number);
    std::vector<std::string>& line = lines_[number - 1];
    if (changed_ != number) line.clear();
    changed_ = number;
    if (by[end] == ':') line.push_back(bytes_of(by.substr(std::min(end + 2, by.size()))) + "\n");
  }

  std::string text() const {
    std::string out;
    for (const auto& line : lines_)
      for (const std::string& each : line) out += each;
    return out;
  }

 private:
  std::vector<std::vector<std::string>> lines_;
  std::size_t changed_ = 0;
};

// "### title", "$ STATUS WORDS", changes of the base or whole lines ("= text"), "> what is said", "- what that lacks".
std::vector<Mistake> mistakes_of(const std::string& file) {
  std::istringstream stream(read_file(source_path(file)));
  std::string base;
  std::vector<Mistake> out;
  Changed text("");
  bool empty = false;
  const auto finish = [&] {
    if (!out.empty() && out.back().text.empty() && !empty) out.back().text = text.text();
  };
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("### ")) {
      finish();
      out.push_back({.title = line.substr(4)});
      text = Changed(base);
      empty = false;
    } else if (line.starts_with("| ")) {
      base += line.substr(2) + "\n";
    } else if (line.starts_with("$ ")) {
      out.back().words = words_of(line.substr(2));
      out.back().status = std::stoi(out.back().words[0]);
      out.back().words.erase(out.back().words.begin());
    } else if (line == "=-") {  // an empty file
      empty = true;
    } else if (line.starts_with("= ") || line == "=") {
      out.back().text += bytes_of(line.substr(std::min<std::size_t>(2, line.size()))) + "\n";
    } else if (line.starts_with("> ") || line == ">") {
      out.back().said += line.substr(std::min<std::size_t>(2, line.size())) + "\n";
    } else if (line.starts_with("- ")) {
      out.back().lacks = line.substr(2);
    } else if (!line.empty() && line[0] >= '0' && line[0] <= '9') {
      text.change(line);
    }
  }
  finish();
  return out;
}

// Behind the marks under a line, or behind a colon where there is no line.
bool has_remedy(const std::string& said) {
  std::istringstream stream(said);
  bool any = false;
  for (std::string line; std::getline(stream, line);) {
    const std::size_t mark = line.find('^');
    if (line.find(" | ") == std::string::npos || mark == std::string::npos) continue;
    const std::size_t behind = line.find_first_not_of("^", mark);
    if (behind == std::string::npos || line.find_first_not_of(' ', behind) == std::string::npos) return false;
    any = true;
  }
  return any || said.find("[empty]") != std::string::npos || said.find("[cannot-read]") != std::string::npos;
}

// A word of the command line, or one side of its =; or the argument that is missing.
bool names_a_word(const Mistake& mistake) {
  if (mistake.said.find(" is missing: ") != std::string::npos) return true;
  return std::any_of(mistake.words.begin(), mistake.words.end(), [&](const std::string& word) {
    const std::string file = word.starts_with("./") ? word.substr(2) : word;
    const std::size_t sign = file.find('=');
    return mistake.said.find(file.substr(0, sign)) != std::string::npos ||
           (sign != std::string::npos && mistake.said.find(file.substr(sign + 1)) != std::string::npos);
  });
}

// One of the ways in which messages say what would be right.
bool advises(const std::string& said) {
  static const std::regex ways(
      "did you mean|expected|there (is|are):? (?!no|neither)|the commands are|those of one letter are|"
      "its (names|inputs) are|it has: |write |say with|take .*out|take (auto|the rules)|add |give |make it|"
      "name (another|the|one)|needs [A-Z]|is missing: |: rewrite-engine |a name of its own|is a file of this name|"
      "stands? (first|before)|in its folder there|it is looked for from|go to a file that ends|wanted");
  return std::regex_search(said, ways);
}

struct Share {
  std::size_t all = 0, whole = 0;
  std::string lacking;

  void add(const Mistake& mistake) {
    ++all;
    whole += mistake.lacks.empty() ? 1 : 0;
    if (!mistake.lacks.empty()) lacking += fmt::format("\n  {}: {}", mistake.title, mistake.lacks);
  }
  std::string text() const { return fmt::format("{} of {} name place and remedy; the others:{}", whole, all, lacking); }
};

}  // namespace

TEST_CASE("What is said of mistakes in rule files, one by one") {
  Share share;
  for (const Mistake& each : mistakes_of("tests/data/mistakes.txt")) {
    const TemporaryFolder folder;
    write_file(folder / "mine.dsl", each.text);
    const Outcome told = run_engine(each.words, {.folder = folder.path()});
    INFO(each.title << "\n" << each.text);
    CHECK(told.status == each.status);
    static const std::regex line("std:[0-9]+");  // wherever the library has it
    CHECK(std::regex_replace(each.words[0] == "test" ? told.out + told.err : told.err, line, "std:N") == each.said);
    if (each.said.find(": error: ") == std::string::npos && each.said.find(": warning: ") == std::string::npos)
      continue;
    CHECK(has_remedy(each.said) == each.lacks.empty());
    share.add(each);
  }
  INFO(share.text());
  CHECK(share.all >= 80);
  CHECK(100 * share.whole >= 95 * share.all);
}

TEST_CASE("What is said of wrong command lines, one by one") {
  const TemporaryFolder made;  // a plan, and its model
  std::filesystem::copy(source_path("tests/data/digits_res.json"), made / "m.json");
  std::filesystem::copy(source_path("tests/data/digits_res.safetensors"), made / "digits_res.safetensors");
  write_file(made / "mine.dsl",
             "rule mine(hi = 2) { region r { parents Conv as p through Relu children Conv } do scale(p, hi) }\n");
  std::filesystem::copy(source_path("tests/data/digits_x.npy"), made / "x.npy");
  std::filesystem::copy(source_path("tests/data/digits_y.npy"), made / "y.npy");
  std::filesystem::copy(source_path("tests/data/digits/00.png"), made / "a.png");
  std::filesystem::create_directory(made / "empty");
  REQUIRE(run_engine({"m.json", "./mine.dsl", "--plan", "plan.json", "--dry-run"}, {.folder = made.path()}).status ==
          0);
  Share share;
  for (const Mistake& each : mistakes_of("tests/data/wrong_commands.txt")) {
    const TemporaryFolder folder;
    std::filesystem::copy(made.path(), folder.path(), std::filesystem::copy_options::recursive);
    const Outcome told = run_engine(each.words, {.folder = folder.path()});
    INFO(each.title);
    CHECK(told.status == each.status);
    std::string said = told.err;
    for (std::size_t at; (at = said.find(folder.path().string())) != std::string::npos;)
      said.replace(at, folder.path().string().size(), "FOLDER");
    CHECK(said == each.said);
    CHECK((names_a_word(each) && advises(each.said)) == each.lacks.empty());
    share.add(each);
  }
  INFO(share.text());
  CHECK(share.all >= 75);
  CHECK(100 * share.whole >= 95 * share.all);
}
