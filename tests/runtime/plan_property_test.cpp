// A plan, read back from its file and applied to the model as it was, writes what the run wrote: on random networks,
// flat and nested ones, scaled alone or edited, too.
#include <map>

#include "graph/formats/plan/plan_file.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/plan_file.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"

using namespace rw;
using namespace rw::test;

namespace {

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    files[each.path().filename().string()] = read_file(each.path());
  return files;
}

// Writes into a fresh folder `into`, and gives what it wrote.
std::map<std::string, std::string> written(const graph::Model& model, const graph::Rewriting& rewriting,
                                           const TemporaryFolder& folder, const std::string& to) {
  const auto into = folder / "into";
  std::filesystem::create_directory(into);
  graph::write_model(model, rewriting, into / to);
  auto files = files_of(into);
  std::filesystem::remove_all(into);
  return files;
}

}  // namespace

TEST_CASE("Plans of random networks give what the runs wrote") {
  std::size_t copies = 0, edits = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(200U, 40U); ++seed) {
    INFO("seed " << seed);
    const TemporaryFolder folder;
    const Net net = random_net(seed);
    const auto path = seed % 2 ? net.save_nested(folder.path(), "m", seed) : net.save(folder.path(), "m");
    const dsl::Loaded rules = dsl::load(seed % 3 ? words("equalization wide") : words("prepare clip wide"),
                                        runtime::rule_library(), runtime::vocabulary());
    const std::string to = seed % 5 ? "out.json" : "out.onnx";
    graph::Model model = graph::read_model(path);
    const runtime::Outcome outcome = runtime::run(model, rules.program, {});
    const graph::Rewriting rewriting =
        runtime::apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics);
    const auto expected = written(model, rewriting, folder, to);
    write_file(folder / "plan.json", graph::to_json(runtime::plan_file(outcome, rules.program, rewriting)));

    graph::Model again = graph::read_model(path);
    const graph::PlanFile plan = graph::read_plan(folder / "plan.json");
    const auto found = written(again, graph::rewriting_of(plan, again, false), folder, to);
    for (const auto& [name, content] : expected) {
      INFO(name);
      REQUIRE(found.count(name) == 1);
      CHECK((found.at(name) == content));
    }
    for (const graph::PlanScale& each : plan.scales) copies += !each.copy.empty();
    edits += plan.edits.size();
  }
  CHECK(copies > unless_sanitized(20U, 3U));
  CHECK(edits > unless_sanitized(50U, 5U));
}
