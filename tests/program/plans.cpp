#include "tests/program/plans.hpp"

#include <algorithm>
#include <map>

#include "graph/model.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {
namespace {

namespace fs = std::filesystem;

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Words stats_of(const Words& words) {
  const auto found = std::find(words.begin(), words.end(), "--stats");
  return found == words.end() ? Words() : Words{found[0], found[1]};
}

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& each : fs::directory_iterator(folder))
    if (each.is_regular_file()) files[each.path().filename().string()] = read_file(each.path());
  return files;
}

}  // namespace

Outcome must(const TemporaryFolder& folder, const Words& words) {
  Outcome outcome = run_engine(words, {.folder = folder.path()});
  std::string line;
  for (const std::string& word : words) line += " " + word;
  INFO(line << "\n" << outcome.out << outcome.err);
  REQUIRE(outcome.status == 0);
  return outcome;
}

void same_files(const fs::path& a, const fs::path& b) {
  INFO(a << " and " << b);
  REQUIRE(fs::exists(a));
  REQUIRE(fs::exists(b));
  CHECK((read_file(a) == read_file(b)));
}

void apply_gives_what_the_run_wrote(const TemporaryFolder& folder, const std::string& model, const Words& rules,
                                    const std::string& out, const Words& more) {
  // Under one name in one folder, which the files that belong together say of each other.
  const fs::path into = folder / "into";
  fs::create_directory(into);
  must(folder, Words{model} + rules + more + Words{"-o", "into/" + out, "--plan", "plan.json"});
  const auto expected = files_of(into);
  fs::remove_all(into);
  fs::create_directory(into);
  must(folder, Words{"apply", "plan.json", model, "-o", "into/" + out} + stats_of(more));
  const auto found = files_of(into);
  fs::remove_all(into);
  REQUIRE(expected.count(out) == 1);
  for (const auto& [name, content] : expected) {
    INFO(model << " to " << name);
    REQUIRE(found.count(name) == 1);
    CHECK((found.at(name) == content));
  }
  CHECK(found.size() == expected.size());
}

namespace {

// The plan of the rules, taken back: from `model` to there/NAME, from there to into/NAME.
void go_there_and_back(const TemporaryFolder& folder, const fs::path& model, const Words& rules, const Words& more,
                       const std::string& into) {
  const std::string name = model.filename().string(), stem = model.stem().string();
  const fs::path there = folder / "there";
  fs::create_directory(there);
  fs::create_directory(folder / into);
  must(folder, Words{model.string()} + rules + more + Words{"--exact", "-o", "there/" + name, "--plan", "plan.json"});
  Words undo = {"apply", "plan.json", "there/" + name, "--undo", "-o", into + "/" + name};
  if (fs::exists(there / (stem + ".stats.json"))) undo = undo + Words{"--stats", "there/" + stem + ".stats.json"};
  must(folder, undo);
  fs::remove_all(there);
}

void same_constants(const fs::path& a, const fs::path& b) {
  const graph::Model one = graph::read_model(a), other = graph::read_model(b);
  std::size_t count = 0;
  for (const graph::Tensor& tensor : one.network.tensors()) {
    if (!tensor.constant) continue;
    INFO(tensor.name);
    const auto found = other.network.find(tensor.name);
    REQUIRE(found);
    REQUIRE(other.network.tensor(*found).constant);
    const graph::Literal &x = *tensor.constant, &y = *other.network.tensor(*found).constant;
    CHECK(std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end()));
    ++count;
  }
  CHECK(count > 0);
}

}  // namespace

void undo_gives_the_bytes_of_before(const TemporaryFolder& folder, const std::string& model, const Words& rules,
                                    const Words& more) {
  const std::string name = fs::path(model).filename().string(), stem = fs::path(model).stem().string();
  go_there_and_back(folder, model, rules, more, "laid");
  same_constants(folder / model, folder / "laid" / name);
  Words again = more;  // the ranges, too, as they are spelled now
  if (const auto found = std::find(again.begin(), again.end(), "--stats"); found != again.end())
    found[1] = "laid/" + stem + ".stats.json";
  go_there_and_back(folder, fs::path("laid") / name, rules, again, "back");
  const auto files = files_of(folder / "back"), laid = files_of(folder / "laid");
  CHECK(files.count(name) == 1);
  CHECK(files.size() == laid.size());
  for (const auto& [file, content] : files) {
    INFO(file);
    REQUIRE(laid.count(file) == 1);
    CHECK((content == laid.at(file)));
  }
  fs::remove_all(folder / "laid");
  fs::remove_all(folder / "back");
}

}  // namespace rw::test
