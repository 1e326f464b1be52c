// The stages of a run, each by itself, on networks of tests/bench/networks.hpp.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "graph/builder.hpp"
#include "graph/model.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/bench/save.hpp"

namespace {

using namespace rw;

// Files are made once a run and removed at its end.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }

  // The model file of so many operators; without statistics for every layer where `stats_every` says so.
  const std::filesystem::path& model(const std::string& kind, std::int64_t operators, const std::string& format) {
    const std::string stem = kind + std::to_string(operators) + format;
    auto [entry, fresh] = models_.try_emplace(stem);
    if (fresh) {
      const auto sample = bench::make_sample(kind, {.operators = operators, .channels = operators ? 16 : 0});
      entry->second = bench::save(*sample, path_ / stem, {.format = format, .sparse = true});
    }
    return entry->second;
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("rewrite-engine-bench-" + std::to_string(getpid()));
  std::map<std::string, std::filesystem::path> models_;
};

Folder& folder() {
  static Folder only;
  return only;
}

graph::Model read_with_statistics(const std::filesystem::path& path) {
  graph::Model model = graph::read_model(path);
  graph::read_statistics(std::filesystem::path(path).replace_extension(".stats.json"), model);
  return model;
}

dsl::Loaded rules() { return dsl::load({"equalization"}, runtime::rule_library(), runtime::vocabulary()); }

void parse_rules(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(rules());
}
BENCHMARK(parse_rules)->Unit(benchmark::kMillisecond);

// Time an operator.
void per_operator(benchmark::State& state, std::size_t operators) {
  state.counters["per_operator"] = benchmark::Counter(
      static_cast<double>(operators), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void read(benchmark::State& state, const std::string& format) {
  const auto& path = folder().model("chain", state.range(0), format);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(graph::read_model(path));
  per_operator(state, static_cast<std::size_t>(state.range(0)));
}
void read_json(benchmark::State& state) { read(state, "json"); }
void read_onnx(benchmark::State& state) { read(state, "external"); }
BENCHMARK(read_json)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(read_onnx)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void analyse(benchmark::State& state) {
  graph::Model model = graph::read_model(folder().model("chain", state.range(0), "external"));
  const dsl::Loaded loaded = rules();
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(runtime::analyse(model.network, loaded.program.laws));
  per_operator(state, model.network.operators().size());
}
BENCHMARK(analyse)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// A Split of so many channels into single ones between two layers: the time of one stays the same.
graph::Network split_network(std::int64_t outputs) {
  graph::NetworkBuilder builder;
  const auto pool = [&](graph::TensorId from, const std::string& to) {
    const graph::TensorId result = builder.tensor(to);
    builder.add("GlobalMaxPool", "pool of " + to, std::span(&from, 1), std::span(&result, 1), {});
    return result;
  };
  const std::vector<std::int64_t> dims = {1, outputs, 4, 4};
  const graph::TensorId x = builder.tensor("x");
  builder.input(x);
  builder.describe(x, graph::DType::float32, graph::Shape(builder.arena().store(std::span<const std::int64_t>(dims))));
  std::vector<graph::TensorId> parts;
  for (std::int64_t i = 0; i < outputs; ++i) parts.push_back(builder.tensor("part" + std::to_string(i)));
  const graph::TensorId whole = pool(x, "whole");
  const graph::Attribute axis{"axis", std::int64_t{1}};
  builder.add("Split", "split", std::span(&whole, 1), parts, std::span(&axis, 1));
  for (const graph::TensorId part : parts) builder.output(pool(part, "y" + std::to_string(part)));
  return builder.finish();
}

void analyse_split(benchmark::State& state) {
  graph::Network network = split_network(state.range(0));
  const dsl::Loaded loaded = rules();
  for ([[maybe_unused]] auto _ : state) {
    const runtime::Analysis analysis = runtime::analyse(network, loaded.program.laws, {});
    benchmark::DoNotOptimize(runtime::find_regions(analysis));
  }
  per_operator(state, network.operators().size());
}
BENCHMARK(analyse_split)->Arg(10'000)->Arg(20'000)->Unit(benchmark::kMillisecond);

// Tying, regions and matching of the first rule that wants a region: time a match.
void match(benchmark::State& state) {
  graph::Model model = graph::read_model(folder().model("chain", state.range(0), "external"));
  const dsl::Loaded loaded = rules();
  const runtime::Analysis analysis = runtime::analyse(model.network, loaded.program.laws);
  const runtime::Pattern pattern(*loaded.program.rules[0].region, analysis);
  std::size_t matches = 0;
  for ([[maybe_unused]] auto _ : state) {
    const runtime::Regions regions = runtime::find_regions(analysis);
    matches = 0;
    for (runtime::RegionId id = 0; id < regions.size(); ++id) matches += !pattern.match(regions, id);
  }
  state.counters["matches"] = static_cast<double>(matches);
  state.counters["per_match"] = benchmark::Counter(
      static_cast<double>(matches), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(match)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// Everything between reading and writing, certificate included.
void run_rules(benchmark::State& state, const std::string& kind, std::int64_t operators) {
  graph::Model model = read_with_statistics(folder().model(kind, operators, "external"));
  const dsl::Loaded loaded = rules();
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(runtime::run(model, loaded.program, {}));
  per_operator(state, model.network.operators().size());
}
void run_chain(benchmark::State& state) { run_rules(state, "chain", state.range(0)); }
BENCHMARK(run_chain)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void certify(benchmark::State& state) {
  graph::Model model = read_with_statistics(folder().model("chain", state.range(0), "external"));
  const dsl::Loaded loaded = rules();
  const runtime::Outcome outcome = runtime::run(model, loaded.program, {});
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(
        runtime::certify(outcome.analysis, graph::Rewritten(model.network, outcome.rewriting), outcome.plan.scales()));
  per_operator(state, model.network.operators().size());
}
BENCHMARK(certify)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

// Networks as they are: rules parsed, model and statistics read, everything but weights.
void everyday(benchmark::State& state, const std::string& kind, const std::string& format) {
  const auto& path = folder().model(kind, 0, format);
  for ([[maybe_unused]] auto _ : state) {
    const dsl::Loaded loaded = rules();
    graph::Model model = read_with_statistics(path);
    const runtime::Outcome outcome = runtime::run(model, loaded.program, {});
    benchmark::DoNotOptimize(runtime::apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics));
  }
}
BENCHMARK_CAPTURE(everyday, resnet50_onnx, "resnet", "external")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(everyday, resnet50_json, "resnet", "json")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(everyday, mobilenet_v2_onnx, "mobilenet", "external")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(everyday, densenet121_onnx, "densenet", "external")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(everyday, transformer_onnx, "transformer", "external")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
