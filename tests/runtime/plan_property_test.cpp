// A plan, read back from its file and applied to the model as it was, writes what the run wrote: on random networks,
// flat and nested ones, scaled alone or edited, too.
#include <functional>
#include <map>

#include "graph/formats/plan/plan_file.hpp"
#include "graph/formats/write_model.hpp"
#include "graph/mark.hpp"
#include "runtime/engine/apply.hpp"
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

// Nobody is told what is to be written.
const auto untold = [](const runtime::AppliedPlan&) {};

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    files[each.path().filename().string()] = read_file(each.path());
  return files;
}

// What `write` writes into a fresh folder.
std::map<std::string, std::string> written(const TemporaryFolder& folder,
                                           const std::function<void(const std::filesystem::path& into)>& write) {
  const auto into = folder / "into";
  std::filesystem::create_directory(into);
  write(into);
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
    runtime::Outcome outcome = runtime::run(model, rules.program, {});
    graph::note_checksums(outcome.rewriting);
    graph::Written parts;
    const auto expected = written(folder, [&](const std::filesystem::path& into) {
      graph::Output output(model.sources, false);
      parts = graph::add_model(model, outcome.rewriting, into / to, output, graph::mark_for(model, outcome.rewriting));
      output.commit();
    });
    graph::PlanFile made = runtime::plan_file(outcome, rules);
    if (!parts.mark.empty()) {
      made.was_marked = model.mark.text;
      made.mark = parts.mark;
    }
    write_file(folder / "plan.json", graph::to_json(made));

    const graph::PlanFile plan = graph::read_plan(folder / "plan.json");
    const auto found = written(folder, [&](const std::filesystem::path& into) {
      graph::Model again = graph::read_model(path);
      const auto applied = runtime::apply_to_model(plan, again, runtime::laws_of(plan), into / to, {}, untold);
      INFO(applied.leak << ": " << applied.certificate.why);
      CHECK(applied.certificate.holds);
    });
    for (const auto& [name, content] : expected) {
      INFO(name);
      REQUIRE(found.count(name) == 1);
      CHECK((found.at(name) == content));
    }
    for (const graph::PlanScale& each : plan.scales) copies += !each.copy.empty();
    edits += plan.edits.size();
  }
  CHECK(copies > unless_sanitized(20U, 3U));
  CHECK(edits > unless_sanitized(25U, 5U));
}

namespace {

// Why the plan would not be written, checksums aside; empty: it would.
std::string why_not(const graph::PlanFile& plan, const std::filesystem::path& path) {
  graph::Model model = graph::read_model(path);
  try {
    const auto applied = runtime::apply_to_model(plan, model, runtime::laws_of(plan), path.parent_path() / "never.json",
                                                 {.dry = true, .unchecked = true}, untold);
    return applied.certificate.holds ? "" : applied.leak + ": " + applied.certificate.why;
  } catch (const graph::Error& error) {
    return error.what();  // it does not fit the model
  }
}

bool is_certified(const graph::PlanFile& plan, const std::filesystem::path& path) {
  return why_not(plan, path).empty();
}

// How far outputs move where the plan is applied.
double moves_by(const Net& net, const graph::PlanFile& plan, const std::filesystem::path& path) {
  graph::Model model = graph::read_model(path);
  const auto out = path.parent_path() / "half.json";
  REQUIRE(
      runtime::apply_to_model(plan, model, runtime::laws_of(plan), out, {.unchecked = true}, untold).certificate.holds);
  const Arrays inputs = net.inputs(3), before = evaluate(net.network(), inputs),
               after = evaluate(graph::read_model(out).network, inputs);
  double most = 0;
  for (const std::string& output : net.outputs())
    most = std::max(most, difference(before.at(output), after.at(output)));
  return most;
}

bool is_one(const graph::PlanScale& scale) {
  return std::all_of(scale.edit.factors.begin(), scale.edit.factors.end(), [](const graph::Factor& factor) {
    return std::all_of(factor.values.begin(), factor.values.end(), [](double each) { return each == 1; });
  });
}

}  // namespace

TEST_CASE("A plan of which one entry is missing or told otherwise is not certified") {
  std::size_t dropped = 0, changed = 0, edits = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(60U, 12U); ++seed) {
    INFO("seed " << seed);
    const TemporaryFolder folder;
    const Net net = random_net(seed);
    const auto path = net.save(folder.path(), "m");
    const dsl::Loaded rules =
        dsl::load(words(seed % 2 ? "clip wide" : "wide"), runtime::rule_library(), runtime::vocabulary());
    graph::Model model = graph::read_model(path);
    const runtime::Outcome outcome = runtime::run(model, rules.program, {});
    const graph::PlanFile plan = runtime::plan_file(outcome, rules);
    INFO(why_not(plan, path));
    REQUIRE(is_certified(plan, path));
    for (std::size_t i = 0; i < plan.scales.size(); ++i) {
      INFO(plan.scales[i].tensor);
      if (is_one(plan.scales[i])) continue;
      graph::PlanFile half = plan;
      half.scales.erase(half.scales.begin() + static_cast<std::ptrdiff_t>(i));
      const bool refused = !is_certified(half, path);
      if (!refused) CHECK(moves_by(net, half, path) < 1e-4);  // nobody reads what it scales
      dropped += refused;
      for (std::size_t k = 0; k < plan.scales[i].edit.factors.size(); ++k) {
        graph::PlanFile other = plan;
        auto& values = other.scales[i].edit.factors[k].values;
        values[values.size() / 2] *= 1.001;
        CHECK_FALSE(is_certified(other, path));
        ++changed;
      }
    }
    for (std::size_t i = 0; i < plan.edits.size(); ++i) {
      INFO("edit " << i << " of node " << plan.edits[i].node);
      graph::PlanFile half = plan;
      half.edits.erase(half.edits.begin() + static_cast<std::ptrdiff_t>(i));
      // A maker whose constant nobody reads may stay, and a Clip that is a Relu.
      using Kind = graph::PlanEdit::Kind;
      const bool may_stay = plan.edits[i].kind == Kind::remove || plan.edits[i].kind == Kind::replace;
      const bool refused = !is_certified(half, path);
      if (!refused) {
        CHECK(may_stay);
        CHECK(moves_by(net, half, path) < 1e-4);
      }
      edits += refused;
    }
  }
  CHECK(dropped > unless_sanitized(200U, 20U));
  CHECK(changed > unless_sanitized(200U, 20U));
  CHECK(edits > unless_sanitized(25U, 5U));
}
