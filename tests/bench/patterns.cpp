// Rules with a pattern: what finding one costs at each operator, what 40 rules cost on a large network, and what trials
// of their edits cost.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "graph/builder.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run_patterns.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/patterns/matcher.hpp"

namespace {

using namespace rw;
using graph::TensorId;

dsl::Loaded rules_of(const std::string& text) {
  dsl::Library library = runtime::rule_library();
  return dsl::load({text}, library, runtime::vocabulary());
}

// Relu, Sigmoid, Transpose, Transpose, ...: every pair of transpositions is one that a rule finds; `plain`: Softplus in
// their place, and no rule finds anything.
graph::Network chain(std::int64_t operators, bool plain = false) {
  graph::NetworkBuilder builder;
  builder.opset("", 17);
  graph::Arena& arena = builder.arena();
  static constexpr std::int64_t kShape[] = {1, 8, 4, 4};
  static constexpr std::int64_t kThere[] = {0, 2, 3, 1}, kBack[] = {0, 3, 1, 2};
  TensorId last = builder.tensor("x");
  builder.input(last);
  builder.describe(last, graph::DType::float32, graph::Shape(arena.store(std::span<const std::int64_t>(kShape))));
  const auto perm = [&](std::span<const std::int64_t> values) {
    const graph::Attribute attribute{"perm", values};
    return arena.store(std::span<const graph::Attribute>(&attribute, 1));
  };
  for (std::int64_t i = 0; i < operators; ++i) {
    const TensorId next = builder.tensor("t" + std::to_string(i));
    const auto kind = i % 4;
    const auto attributes = plain       ? std::span<const graph::Attribute>()
                            : kind == 2 ? perm(kThere)
                            : kind == 3 ? perm(kBack)
                                        : std::span<const graph::Attribute>();
    const char* type = kind == 0 ? "Relu" : kind == 1 ? "Sigmoid" : plain ? "Softplus" : "Transpose";
    builder.add(type, "", std::span(&last, 1), std::span(&next, 1), attributes);
    last = next;
  }
  builder.output(last);
  return builder.finish();
}

// One rule of two operators: time for each operator of the network, and for each at which a match may begin.
void find_two_operators(benchmark::State& state) {
  graph::Network network = chain(state.range(0));
  const dsl::Loaded rules = rules_of("simplify");
  const auto rule = std::find_if(rules.program.rules.begin(), rules.program.rules.end(),
                                 [](const dsl::Rule& each) { return each.name == "transpose_twice"; });
  const runtime::Analysis analysis = runtime::analyse(network, rules.program.laws);
  runtime::Plan plan;
  const graph::Editor editor(network, plan.graph);
  const graph::Statistics statistics;
  const patterns::View view(editor, analysis, rules.program.laws, statistics, plan);
  std::size_t found = 0, looked = 0;
  for ([[maybe_unused]] auto _ : state) {
    patterns::Matcher matcher(*rule, {}, view, false);
    for (const graph::OperatorId op : matcher.candidates()) {
      found += matcher.at(op) ? 1 : 0;
      ++looked;
    }
  }
  state.counters["a_candidate"] =
      benchmark::Counter(static_cast<double>(looked), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["matches"] = static_cast<double>(found) / static_cast<double>(state.iterations());
}
BENCHMARK(find_two_operators)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// Each reads the two before it, so that ten of them can be read in a thousand ways; one operand in `every` is not an
// Add.
graph::Network lattice(std::int64_t operators, std::int64_t every) {
  graph::NetworkBuilder builder;
  builder.opset("", 17);
  static constexpr std::int64_t kShape[] = {1, 8, 4, 4};
  TensorId last = builder.tensor("x");
  builder.input(last);
  builder.describe(last, graph::DType::float32,
                   graph::Shape(builder.arena().store(std::span<const std::int64_t>(kShape))));
  TensorId before = last;
  for (std::int64_t i = 0; i < operators; ++i) {
    const TensorId next = builder.tensor("t" + std::to_string(i));
    const TensorId inputs[] = {last, before};
    const bool other = i % every == 0;
    builder.add(other ? "Relu" : "Add", "", std::span<const TensorId>(inputs, other ? 1 : 2), std::span(&next, 1), {});
    before = last;
    last = next;
  }
  builder.output(last);
  return builder.finish();
}

// Ten operators that commute, behind the last of which nothing is what the rule wants: all ways are gone.
constexpr const char* kTenSums = R"(rule ten_sums {
  match { y = Add(Add(Add(Add(Add(Add(Add(Add(Add(Add(Sigmoid(a), b), c), d), e), f), g), h), i), j), k) }
  replace { y = Add(a, k) }
})";

void find_ten_that_commute(benchmark::State& state) {
  graph::Network network = lattice(state.range(0), 50);
  dsl::Library library = runtime::rule_library();
  library.read = [](const std::string&, std::string&) { return std::optional<std::string>(kTenSums); };
  const dsl::Loaded rules = dsl::load({std::string("ten.dsl")}, library, runtime::vocabulary());
  const runtime::Analysis analysis = runtime::analyse(network, rules.program.laws);
  runtime::Plan plan;
  const graph::Editor editor(network, plan.graph);
  const graph::Statistics statistics;
  const patterns::View view(editor, analysis, rules.program.laws, statistics, plan);
  std::size_t looked = 0;
  for ([[maybe_unused]] auto _ : state) {
    patterns::Matcher matcher(rules.program.rules.front(), {}, view, false);
    for (const graph::OperatorId op : matcher.candidates()) {
      benchmark::DoNotOptimize(matcher.at(op));
      ++looked;
    }
  }
  state.counters["a_candidate"] =
      benchmark::Counter(static_cast<double>(looked), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(find_ten_that_commute)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

// All rules of simplify on a network in which they find nothing, and in which they make an edit at every fourth
// operator.
void run_rules(benchmark::State& state, bool plain, double trial_seconds) {
  const dsl::Loaded rules = rules_of("simplify");
  runtime::PatternRules all;
  for (std::uint32_t i = 0; i < rules.program.rules.size(); ++i)
    if (rules.program.rules[i].pattern) {
      all.rules.push_back(i);
      all.params.emplace_back();
    }
  runtime::RunOptions options;
  options.trial_seconds = trial_seconds;
  std::uint32_t edits = 0, tried = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    graph::Network network = chain(state.range(0), plain);
    const runtime::Analysis analysis = runtime::analyse(network, rules.program.laws);
    const graph::Statistics statistics;
    std::vector<runtime::RuleOutcome> outcomes(rules.program.rules.size());
    runtime::Plan plan;
    state.ResumeTiming();
    runtime::run_patterns(network, rules.program, all, analysis, statistics, plan, options, outcomes);
    for (const runtime::RuleOutcome& each : outcomes) edits += each.edits, tried += each.tried;
  }
  state.counters["rules"] = static_cast<double>(all.rules.size());
  state.counters["edits"] = static_cast<double>(edits) / static_cast<double>(state.iterations());
  state.counters["tried"] = static_cast<double>(tried) / static_cast<double>(state.iterations());
}
BENCHMARK_CAPTURE(run_rules, finds_nothing, true, 0)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run_rules, edits, false, 0)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run_rules, edits_with_trials, false, 2)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
