// Properties that must hold on every network, on random ones.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/runtime/engine.hpp"
#include "tests/runtime/formulas.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// The first seed comes from RW_SEED, else it is fixed; it is printed with every failure.
std::uint64_t first_seed() {
  const char* given = std::getenv("RW_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20240607;
}

constexpr int kNetworks = unless_sanitized(500, 60);

// 1e-5, and twice what rounding the weights does to a network that magnifies it: each weight is rounded once.
bool keeps_function(const Net& net, double difference) {
  return difference <= 1e-5 || difference <= 2 * rounding_noise(net, 2);
}

// Scales that differ from channel to channel without any statistics, whatever can be scaled.
const char* const kWild = R"(
set weighted = Conv, ConvTranspose, Gemm, MatMul, BatchNormalization, Mul
set carrying = Relu, LeakyRelu, PRelu, Clip, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, LpPool, GlobalLpPool,
               Identity, Dropout, Pad, Add, Sum, Sub, Concat, ReduceMean, ReduceMax, Abs, Neg
rule wild {
  region r {
    parents  weighted as p
    through  carrying
    may join carrying
    children weighted as c
    leak pin
  }
  do scale(p, exp2(clamp(4 * across(mean, log2(p.weight + 0.001)), -8, 8) + 1.5))
}
)";

void check_scales(const Engine& engine, const std::string& tensor, const Scales& expected) {
  const auto found = engine.scale(tensor);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(found[i] == Approx(static_cast<double>(expected[i])).epsilon(1e-6));
}

// Which channels are one class is asked of the engine; what they get is computed here.
void check_shared(const Engine& engine, const std::vector<ParentRange>& parents) {
  std::vector<std::vector<std::uint32_t>> classes;
  for (const ParentRange& p : parents) {
    const auto of = engine.outcome().regions.classes(*engine.network().find(p.output));
    classes.emplace_back(of.begin(), of.end());
  }
  const std::vector<Scales> expected = shared(parents, classes);
  for (std::size_t i = 0; i < parents.size(); ++i) check_scales(engine, parents[i].output, expected[i]);
}

void check_formulas(const Net& net, const Engine& engine, std::set<std::string>& seen) {
  for (const NetNode& node : net.nodes()) {
    const std::string tensor = node.outputs[0];
    const std::string rule = node.outputs.empty() || net.ranges().count(tensor) == 0 ? "" : engine.rule_of(tensor);
    if (rule.empty()) continue;
    const auto parents = parent_ranges(net, engine.parents(tensor));
    seen.insert(rule);
    if (rule == "pair") {
      for (const ParentRange& p : parents) check_scales(engine, p.output, equalization(p));
    } else if (rule == "concat") {
      for (const ParentRange& p : parents) check_scales(engine, p.output, aligned(p, parents));
    } else {
      check_shared(engine, parents);
    }
  }
}

}  // namespace

TEST_CASE("Equalization keeps the function of 500 random networks, and its scales are those of the formulas") {
  const std::uint64_t seed = first_seed();
  std::set<std::string> seen;
  double worst = 0;
  for (int i = 0; i < kNetworks; ++i) {
    INFO("RW_SEED=" << seed + i << " repeats it as the first one");
    const TemporaryFolder folder;
    const Net net = random_net(seed + i);
    const Rewritten rewritten = rewrite_through_files(net, "equalization", folder);
    const double difference = largest_difference(net, rewritten, 2);
    CHECK(keeps_function(net, difference));
    worst = std::max(worst, difference);
    check_formulas(net, Engine(net), seen);
  }
  CHECK(seen == std::set<std::string>{"pair", "concat", "residual_family"});
  WARN("first seed " << seed << ", largest difference " << worst);
}

TEST_CASE("Whatever is scaled at all keeps the function, with leaks pinned and joins mixed") {
  const std::uint64_t seed = first_seed();
  std::size_t scaled = 0;
  for (int i = 0; i < kNetworks; ++i) {
    INFO("RW_SEED=" << seed + i);
    const TemporaryFolder folder;
    const Net net = random_net(seed + i);
    const Rewritten rewritten = rewrite_through_files(net, kWild, folder);
    CHECK(keeps_function(net, largest_difference(net, rewritten, 2)));
    scaled += rewritten.outcome.rules.back().regions;
  }
  CHECK(scaled > std::size_t{2} * kNetworks);
}

TEST_CASE("With --exact outputs are identical bit by bit") {
  const std::uint64_t seed = first_seed();
  for (int i = 0; i < kNetworks; ++i) {
    INFO("RW_SEED=" << seed + i);
    const TemporaryFolder folder;
    const Net net = random_net(seed + i);
    const Rewritten rewritten = rewrite_through_files(net, i % 2 ? "equalization" : kWild, folder, {.exact = true});
    CHECK(outputs_identical(net, rewritten, 2));
  }
}

namespace {

// The same scale for the outputs of the same operators.
void check_same_scales(const Rewritten& one, const Rewritten& other) {
  REQUIRE(one.before.network.operators().size() == other.before.network.operators().size());
  for (graph::OperatorId op = 0; op < one.before.network.operators().size(); ++op) {
    const graph::Operator &a = one.before.network.op(op), &b = other.before.network.op(op);
    CHECK((b.name == a.name || b.name.ends_with("/" + std::string(a.name))));
    for (std::size_t i = 0; i < a.outputs.size(); ++i) {
      const auto *here = one.outcome.plan.scale_of(a.outputs[i]), *there = other.outcome.plan.scale_of(b.outputs[i]);
      REQUIRE((here == nullptr) == (there == nullptr));
      for (std::size_t c = 0; here && c < here->size(); ++c) CHECK((*there)[c] == Approx((*here)[c]).epsilon(1e-12));
    }
  }
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("Random nested networks are seen through: the scales of the flat network, the same function, nested again") {
  const std::uint64_t seed = first_seed();
  std::size_t nested_networks = 0, scaled = 0;
  for (int i = 0; i < kNetworks; ++i) {
    INFO("RW_SEED=" << seed + i);
    const TemporaryFolder flat_folder, folder;
    const Net net = random_net(seed + i);
    const bool exact = i % 4 < 2;
    const char* rules = i % 2 ? "equalization" : kWild;
    const Rewritten flat = rewrite_through_files(net, rules, flat_folder, {.exact = exact});
    const auto saved = net.save_nested(folder.path(), "before", seed + i);
    const Rewritten nested = rewrite_file(saved, rules, folder, "after.json", {.exact = exact});
    check_same_scales(flat, nested);
    if (exact)
      CHECK(outputs_identical(net, nested, 1));
    else
      CHECK(keeps_function(net, largest_difference(net, nested, 1)));
    const std::size_t graphs = occurrences(read_file(saved), R"("op": "Graph")");
    CHECK(occurrences(read_file(folder / "after.json"), R"("op": "Graph")") == graphs);
    nested_networks += graphs;
    for (const auto& rule : nested.outcome.rules) scaled += rule.regions;
  }
  CHECK(nested_networks > std::size_t{2} * kNetworks);
  CHECK(scaled > kNetworks);
}

TEST_CASE(
    "A second run of pair on the rewritten network and statistics asks for 1 wherever the first was not clamped") {
  const std::uint64_t seed = first_seed();
  std::size_t checked = 0;
  for (int i = 0; i < kNetworks; ++i) {
    INFO("RW_SEED=" << seed + i);
    const TemporaryFolder folder;
    const Net net = random_net(seed + i);
    Rewritten first = rewrite_through_files(net, "equalization", folder, {.only = {"pair"}});
    const runtime::Outcome second = runtime::run(first.after, first.rules.program, {.only = {"pair"}});
    for (const auto& region : first.outcome.visited) {
      if (region.taken_by == graph::kNone) continue;
      for (const graph::OperatorId parent : first.outcome.regions[region.region].parents) {
        const graph::TensorId tensor = first.before.network.op(parent).outputs[0];
        const auto again = first.after.network.find(first.before.network.tensor(tensor).name);
        REQUIRE(again);
        const auto *before = first.outcome.plan.scale_of(tensor), *after = second.plan.scale_of(*again);
        for (std::size_t c = 0; before && c < before->size(); ++c) {
          if ((*before)[c] >= 20 * (1 - 1e-9)) continue;  // clamped at hi
          CHECK((after ? (*after)[c] : 1.0) == Approx(1.0).epsilon(1e-6));
          ++checked;
        }
      }
    }
  }
  CHECK(checked > kNetworks);
}

TEST_CASE("A certificate does not hold once any one edit of the plan is changed") {
  const std::uint64_t seed = first_seed();
  std::size_t corrupted = 0;
  for (int i = 0; i < 60; ++i) {
    INFO("RW_SEED=" << seed + i);
    const Net net = random_net(seed + i);
    const Engine engine(net, kWild);
    const runtime::Plan& plan = engine.outcome().plan;
    for (const auto& [key, edit] : plan.edits()) {
      runtime::Plan other = plan;
      std::vector<double> values(edit.factors[0].values.size(), 1.0);
      values[values.size() / 2] = 1.001;
      other.multiply(static_cast<graph::OperatorId>(key >> 32U), static_cast<std::uint32_t>(key), edit.shape, edit.view,
                     edit.factors[0].axes, values);
      CHECK_FALSE(certificate_of(engine.outcome().analysis, other).holds);
      ++corrupted;
    }
  }
  CHECK(corrupted > 500);
}

TEST_CASE("A region of 10 000 operators") {
  Net net;
  std::string x = net.conv("a", net.input("x", {1, 2, 1, 1}), 2, {.kernel = 1});
  for (int i = 0; i < 10'000; ++i) x = net.op(i % 2 ? "Relu" : "Abs", "f" + std::to_string(i), {x});
  net.output(net.conv("c", x, 1, {.kernel = 1}));
  const Engine engine(net, kTakeAll);
  CHECK(engine.scale("f9999") == std::vector<double>{2, 2});
  CHECK(engine.outcome().visited.size() == 2);
}
