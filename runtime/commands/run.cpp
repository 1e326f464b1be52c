// The run itself: rules and a model in, one pipeline, a certified model out.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "graph/error.hpp"
#include "graph/formats/output.hpp"
#include "graph/formats/statistics_file.hpp"
#include "graph/formats/write_model.hpp"
#include "runtime/apply_plan.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/rule_files.hpp"
#include "runtime/commands/run_options.hpp"
#include "runtime/plan_file.hpp"
#include "runtime/progress.hpp"
#include "runtime/report.hpp"
#include "runtime/text_file.hpp"

namespace rw::commands {
namespace {

std::filesystem::path output_path(const Given& given) {
  const std::filesystem::path model = given.text("MODEL");
  if (!given.has("--out")) return model.stem().string() + ".rewritten" + model.extension().string();
  std::filesystem::path out = given.text("--out");
  if (out.extension().empty()) out += model.extension();
  return out;
}

// Before anything is written: the report goes neither over a file that was read nor where the new model goes.
void check_report_path(const Given& given, const graph::Model& model) {
  namespace fs = std::filesystem;
  if (!given.has("--json")) return;
  const fs::path path = given.text("--json");
  auto inputs = model.sources;
  for (const std::string& name : given.list("RULES"))
    if (fs::is_regular_file(name)) inputs.push_back(graph::MappedFile::open(name));
  graph::Output(inputs, true).check(path);
  if (fs::weakly_canonical(fs::absolute(path)) == fs::weakly_canonical(fs::absolute(output_path(given))))
    throw graph::Error(path.string(), "", "is where the new model goes: the report needs a file of its own");
}

int rewrite(const Given& given) {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<dsl::Loaded> rules = load_rules(given.list("RULES"));
  if (!rules) return kMistake;
  const runtime::RunOptions options = run_options(given, rules->program);
  const bool dry_run = given.has("--dry-run");

  graph::Model model = graph::read_model(given.text("MODEL"));
  if (given.has("--stats")) graph::read_statistics(given.text("--stats"), model);
  check_report_path(given, model);
  const runtime::Outcome outcome = runtime::run(model, rules->program, options);
  graph::Written written;
  if (outcome.certificate.holds) {
    const graph::Rewriting rewriting =
        runtime::apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics);
    runtime::Progress progress(runtime::Progress::terminal(), model.bytes);
    written = graph::write_model(model, rewriting, output_path(given), dry_run,
                                 [&](std::uint64_t bytes) { progress.show(bytes); });
    if (given.has("--plan"))
      runtime::write_text(given.text("--plan"), graph::to_json(runtime::plan_file(outcome, rules->program, rewriting)),
                          model.sources);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const runtime::ReportInput report{model,           *rules,        outcome, written,
                                    seconds.count(), options.exact, dry_run, command_for("explain", given)};
  if (given.has("--json")) runtime::write_text(given.text("--json"), runtime::json_report(report), model.sources);
  if (!given.has("--quiet") || !outcome.certificate.holds)
    fmt::print("{}", runtime::text_report(report, wants_colour()));
  return outcome.certificate.holds ? kDone : kRefused;
}

constexpr Argument kArguments[] = {kModelArgument, kRulesArgument};

constexpr Option kOptions[] = {
    {"--out", "OUT",
     "where the new model goes, .json or .onnx (without it: the model's stem with .rewritten, in the current folder)",
     'o', false, Completes::model},
    kStatsOption,
    {"--dry-run", {}, "do everything but write"},
    kOnlyOption,
    kParamOption,
    kSkipNodeOption,
    kExactOption,
    {"--json", "FILE", "write the report as data to this file"},
    {"--plan", "FILE", "write what is done to the weights to this file, for apply (also with --dry-run)"},
    {"--quiet", {}, "no report on standard output", 'q'},
};

constexpr std::string_view kExamples[] = {
    "rewrite-engine model.json equalization",
    "rewrite-engine model.onnx equalization ./mine.dsl --stats ranges.json -o balanced.onnx --json report.json",
};

}  // namespace

const Command kRun = {
    .name = "run",
    .summary = "rewrites a model by rules; the word may be left out",
    .description =
        "Reads the model and the rules, rewrites what the rules describe, certifies that the network computes the same "
        "and writes the new model: all of its files or none.",
    .arguments = kArguments,
    .options = kOptions,
    .examples = kExamples,
    .run = rewrite,
};

}  // namespace rw::commands
