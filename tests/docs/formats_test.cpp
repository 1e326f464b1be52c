// docs/formats.md: its examples are read by the real readers, and what is shown as written is what the program writes.
#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

#include "graph/formats/format.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "graph/formats/plan/planned.hpp"
#include "graph/formats/write_model.hpp"
#include "runtime/calibrate/merge.hpp"
#include "tests/docs/example_folder.hpp"
#include "tests/docs/manual.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

const Manual& formats() {
  static const Manual manual("docs/formats.md");
  return manual;
}

// Layout does not matter, and neither does what a run measures.
std::string without_layout(const std::string& json) {
  std::string text;
  bool inside = false;
  for (const char c : json) {
    if (c == '"') inside = !inside;
    if (inside || !std::isspace(static_cast<unsigned char>(c))) text += c;
  }
  return std::regex_replace(text, std::regex("\"(bytes|seconds)\":[0-9.e-]+"), "\"$1\":0");
}

// Both texts are JSON of the same values in the same order. The whole text is told where they differ: it belongs into
// the manual.
void same_json(const std::string& written, std::string_view fence) {
  INFO("the program writes:\n" << written);
  CHECK(without_layout(written) == without_layout(formats().fence(fence).text));
}

// The keys of a JSON text.
std::set<std::string> keys_of(const std::string& json) {
  std::set<std::string> keys;
  const std::regex key("\"([a-z_]+)\": ");
  for (auto each = std::sregex_iterator(json.begin(), json.end(), key); each != std::sregex_iterator(); ++each)
    keys.insert((*each)[1]);
  return keys;
}

}  // namespace

TEST_CASE("formats.md: the commands that stand there write what is shown") {
  const ExampleFolder folder;
  std::istringstream commands(formats().fence("sh").text);
  for (std::string line; std::getline(commands, line);) folder.run(line);
  CHECK(read_file(folder / "out.json") == formats().fence("json out.json").text);
  for (const char* name : {"plan.json", "report.json", "explain.json"})
    same_json(read_file(folder / name), std::string("json ") + name);
}

TEST_CASE("formats.md: the larger plan is that of its model, and is read as it is written") {
  const ExampleFolder folder;
  for (const std::string& command : formats().code())
    if (command.starts_with("rewrite-engine block.json")) folder.run(command);
  const std::string plan = read_file(folder / "plan.json");
  same_json(plan, "json plan of block.json");
  CHECK(graph::to_json(graph::read_plan(folder / "plan.json")) == plan);
}

TEST_CASE("formats.md: the plan of edits is read as it is written, and goes with its model") {
  const ExampleFolder folder;
  write_file(folder / "edits.json", formats().fence("json edits of block.json").text);
  const graph::PlanFile plan = graph::read_plan(folder / "edits.json");
  same_json(graph::to_json(plan), "json edits of block.json");
  graph::Model block = graph::read_model(folder / "block.json");
  graph::planned(plan, block, false);
  CHECK(block.network.type_of(*block.network.find_operator("clip1")) == "Min");
  CHECK(block.network.type_of(*block.network.find_operator("relu2")) == "LeakyRelu");
}

TEST_CASE("formats.md: models and statistics are read") {
  const ExampleFolder folder;
  const graph::Model nested = graph::read_model(folder / "nested.json");
  REQUIRE(nested.network.operators().size() == 2);
  CHECK(nested.network.op(0).name == "outer/inner");
  CHECK(nested.network.op(1).name == "outer/my::Swirl_1");
  graph::Model tiny = graph::read_model(folder / "tiny.json");
  CHECK(tiny.statistics.entries().size() == 1);
  graph::read_statistics(folder / "ranges.json", tiny);
  CHECK(tiny.statistics.entries().size() == 2);
  CHECK(tiny.statistics.find(*tiny.network.find("t1"))->min[1] == -9.5);
  CHECK(tiny.statistics.find(*tiny.network.find("t2"))->mean_square[1] == 9);
}

TEST_CASE("formats.md: counted statistics are written as they are shown, and read as statistics") {
  const TemporaryFolder folder;
  const std::string text = formats().fence("json calibrated.json").text;
  write_file(folder / "c.json", text);
  const calibrate::Totals totals = calibrate::read_totals(folder / "c.json");
  CHECK(totals.tensors.at("t2").count == 8);
  CHECK(calibrate::statistics_text(totals, {99.9}) == text);
  graph::Model tiny = graph::read_model(ExampleFolder() / "tiny.json");
  graph::read_statistics(folder / "c.json", tiny);
  CHECK(tiny.statistics.find(*tiny.network.find("t2"))->mean[1] == 1);
}

TEST_CASE("formats.md: every key that a run writes is told") {
  const TemporaryFolder folder;
  const std::string model = data_path("digits_res.json"), mobile = data_path("digits_mbv2_imb.onnx");
  const auto run = [&](std::vector<std::string> words) {
    CHECK(run_engine(words, {.folder = folder.path()}).status == 0);
  };
  run({model, "equalization", "--json", "a.json", "--plan", "b.json", "--dry-run", "-q"});
  run({mobile, "relu6", "prepare", "absorb_bias", "--json", "c.json", "--dry-run", "-q"});
  run({"explain", model, "prepare", "equalization", "--json", "d.json"});
  std::set<std::string> keys;
  for (const char* name : {"a.json", "b.json", "c.json", "d.json"}) keys.merge(keys_of(read_file(folder / name)));
  CHECK(keys.size() > 50);
  for (const std::string& key : keys) {
    INFO(key);
    CHECK((formats().quotes(key) || key == "format" || key == "version"));
  }
}

}  // namespace rw::test
