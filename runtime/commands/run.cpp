// The run itself: rules and a model in, one pipeline, a certified model out.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "graph/base/printable.hpp"
#include "graph/formats/format.hpp"
#include "graph/formats/statistics/file.hpp"
#include "graph/formats/write_model.hpp"
#include "graph/mark.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/measuring.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/commands/given/tuning.hpp"
#include "runtime/commands/run_measures.hpp"
#include "runtime/commands/watch.hpp"
#include "runtime/engine/plan_file.hpp"
#include "runtime/pages/node_data.hpp"
#include "runtime/pages/pages.hpp"
#include "runtime/report/report.hpp"
#include "runtime/report/unchanged.hpp"
#include "runtime/text/console.hpp"
#include "runtime/text/progress.hpp"

namespace rw::commands {
namespace {

constexpr auto kRunOptions = joined(
    {
        {"--out", "OUT",
         "where the new model goes, .json or .onnx (without it: the model's stem with .rewritten, in the current "
         "folder)",
         'o', false, Completes::model},
        kStatsOption,
        kDataOption,
    },
    kImageOptions,
    {
        kVerifyOption,
        kToleranceOption,
        kScoreOption,
        kTargetOption,
        kTargetBitsOption,
        kFusedSiluOption,
        kTuneOption,
        {"--dry-run", {}, "do everything but write"},
        kOnlyOption,
        kParamOption,
        kSkipNodeOption,
        kExactOption,
        kLeakOption,
        {"--trials", "SECONDS",
         "so much processor time may go into running both sides of edits that rules with `match` make (2)"},
        {"--require", "RULE",
         "exit status 3, and nothing is written, if this rule never fires (several times); any: if nothing at all is "
         "changed",
         0, true, Completes::nothing},
        {"--watch", {}, "run again whenever a rule file or the model changes, and say which matches have changed"},
        {"--json", "FILE", "write the report as data to this file"},
        kHtmlOption,
        kNodeDataOption,
        {"--plan", "FILE", "write what is done to the weights to this file, for apply (also with --dry-run)"},
        kThreadsOption,
        {"--quiet", {}, "no report on standard output", 'q'},
    });

std::filesystem::path output_path(const Given& given) {
  const std::filesystem::path model = given.text("MODEL");
  if (!given.has("--out")) return model.stem().string() + ".rewritten" + model.extension().string();
  return with_ending(file_name(given, "--out"), model);
}

// The files that a run writes beside the model.
std::vector<std::filesystem::path> reports(const Given& given) {
  std::vector<std::filesystem::path> names;
  for (const char* option : {"--json", "--plan", "--html", "--node-data"})
    if (given.has(option)) names.emplace_back(file_name(given, option));
  return names;
}

// `any` of --require: something must have changed. No rule is called so: it is a word of the language.
constexpr std::string_view kAny = "any";

// Every rule of --require must have fired.
bool required_fired(const Given& given, const dsl::Program& program, const runtime::Outcome& outcome) {
  bool all = true;
  for (const std::string& name : given.list("--require")) {
    if (name == kAny) {
      if (runtime::changed(outcome)) continue;
      runtime::complain("rewrite-engine: --require any: nothing was changed\n");
      all = false;
      continue;
    }
    const auto index =
        static_cast<std::size_t>(&find_rule(dsl::running(program), name, "--require") - program.rules.data());
    if (outcome.rules[index].regions + outcome.rules[index].edits > 0) continue;
    runtime::complain(fmt::format("rewrite-engine: --require {}: the rule never fired\n", name));
    all = false;
  }
  return all;
}

// The operators that rules with a pattern have edited, and how.
void add_edited(const graph::Network& network, const graph::GraphEdits& edits,
                std::map<std::string, std::string>& out) {
  const auto add = [&](graph::OperatorId op, std::uint32_t edit, std::string_view how) {
    if (edit != graph::kNone)
      out.emplace(graph::printable(network.op(op).name), fmt::format("{} ({})", edits.rules[edit], how));
  };
  for (const graph::RemovedOperator& each : edits.removed) add(each.op, each.edit, "taken out");
  for (const graph::PlacedOperator& each : edits.placed)
    if (!each.gone) add(each.op, each.edit, "put in");
  for (const graph::Replacement& each : edits.replacements) add(each.op, each.edit, "changed");
  for (const graph::InputChange& each : edits.inputs) add(each.op, each.edit, "changed");
  for (const graph::OutputChange& each : edits.outputs) add(each.op, each.edit, "changed");
}

// What --watch compares: who took each region, and with which scales; who edited each operator.
std::map<std::string, std::string> matches_of(const graph::Model& model, const dsl::Program& program,
                                              const runtime::Outcome& outcome) {
  std::map<std::string, std::string> out;
  for (const runtime::RegionOutcome& each : outcome.visited) {
    if (each.taken_by == graph::kNone || each.scales.empty()) continue;
    std::string parents;
    for (const graph::OperatorId op : outcome.regions[each.region].parents)
      parents += (parents.empty() ? "" : ", ") + graph::printable(model.network.op(op).name);
    const auto [least, most] = std::minmax_element(each.scales.begin(), each.scales.end());
    out[parents] = fmt::format("{} (scale {:.4g} .. {:.4g})", program.rules[each.taken_by].name, *least, *most);
  }
  add_edited(model.network, outcome.rewriting.graph, out);
  return out;
}

// `rules` become those that --tune chooses.
int rewrite_by(const Given& given, Seen& seen, std::optional<dsl::Loaded>& rules) {
  const auto start = std::chrono::steady_clock::now();
  runtime::RunOptions options = run_options(given, rules->program);
  check_target_read(given, rules->program);
  set_target(given, rules->program, options);
  if (given.has("--trials")) options.trial_seconds = static_cast<double>(take_count(given, "--trials"));
  const bool in_full = given.has("--json") || given.has("--html");
  options.values = in_full;
  options.predict = in_full || given.has("--node-data") || !given.has("--quiet");
  const bool dry_run = given.has("--dry-run");

  for (const std::string& name : given.list("--require"))
    if (name != kAny) find_rule(dsl::running(rules->program), name, "--require");
  graph::Model model = graph::read_model(given.text("MODEL"));
  for (const auto& source : model.sources) seen.files.push_back(source->path());
  if (given.has("--stats")) graph::read_statistics(given.text("--stats"), model);
  check_names(given, "--skip-node", model.network);
  const std::vector<std::filesystem::path> beside = reports(given);
  const std::filesystem::path out = output_path(given);
  check_reports(given, beside, model, out);
  if (given.has("--data")) {  // which takes long: what could not be written is said before
    if (!dry_run) graph::Output(model.sources, true).check(out);
    if (!given.has("--tune")) graph::add_statistics(measured_ranges(given, rules->program, model), model);
  }
  std::optional<Tuned> tuned;
  if (given.has("--tune")) {
    tuned = tune_run(given, rules->program, options);
    rules = load_rules(tuned->rules, runtime::ShippedTests::left_out);
    options = tuned->options;
    graph::add_statistics(tuned->statistics, model);
  }
  runtime::Outcome outcome = runtime::run(model, rules->program, options);
  if (given.has("--watch")) seen.matches = matches_of(model, rules->program, outcome);
  const bool fired = required_fired(given, rules->program, outcome);
  RunMeasures measures;
  if (outcome.certificate.holds && fired) {
    std::vector<std::filesystem::path> files = beside;
    files.push_back(out);
    measures = measure_run(given, model, outcome, files);
  }
  graph::Output output(model.sources, dry_run);
  output.keep_free(beside);
  graph::Written written;
  if (outcome.certificate.holds && fired && measures.within) {
    if (given.has("--plan")) graph::note_checksums(outcome.rewriting);
    runtime::Progress progress(runtime::Progress::terminal(), model.bytes);
    const auto show = [&](std::uint64_t bytes) { progress.show(bytes); };
    const graph::Output::Progress watcher(show);
    const auto use = dry_run && !given.has("--plan") ? graph::MarkFor::sizes : graph::MarkFor::files;
    written = graph::add_model(model, outcome.rewriting, out, output, graph::mark_for(model, outcome.rewriting, use),
                               &watcher);
    if (given.has("--plan")) {
      graph::PlanFile plan = runtime::plan_file(outcome, *rules);
      if (!written.mark.empty()) {
        plan.was_marked = model.mark.text;
        plan.mark = written.mark;
      }
      output.add_text(given.text("--plan"), graph::to_json(plan));
    }
  }
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  if (tuned) {
    measures.text = tuned->text + measures.text;
    measures.json.insert(measures.json.begin(), tuned->json);
  }
  runtime::ReportInput report{
      model, *rules, outcome, written, seconds(), options.exact, dry_run, command_for("explain", given), measures.json};
  if (in_full || given.has("--node-data"))
    report.layers = runtime::layers_of(outcome, measures.score ? pages::layers_of(*measures.score) : runtime::Layers());
  if (given.has("--json")) output.add_text(given.text("--json"), runtime::json_report(report));
  if (given.has("--html"))
    output.add_text(given.text("--html"),
                    pages::page_of({report, measures.score ? &*measures.score : nullptr, measures.verify.get()}));
  if (given.has("--node-data"))
    output.add_text(given.text("--node-data"), pages::node_data(model.network, report.layers));
  // What cannot be told is not done: the report goes first, and its last line when all files are in their places.
  const bool tells = !given.has("--quiet") || !outcome.certificate.holds || !measures.within;
  if (tells) fmt::print("{}{}", runtime::text_report(report, wants_colour()), measures.text);
  runtime::flush_output();
  output.commit();
  if (tells) runtime::announce(runtime::written_line(report, seconds()) + runtime::unchanged_line(report));
  seen.complete = true;
  return outcome.certificate.holds && fired && measures.within ? kDone : kRefused;
}

int rewrite(const Given& given, Seen& seen) {
  std::optional<dsl::Loaded> rules = load_rules(given.list("RULES"), runtime::ShippedTests::left_out, &seen.files);
  if (!rules) return kMistake;
  set_leak(given, rules->program);
  return at_its_place(rules, [&] { return rewrite_by(given, seen, rules); });
}

int run(const Given& given) {
  set_threads(given);
  check_measures(given);
  check_tuning(given);
  check_images_read(given, {"--data", "--verify"});
  Seen seen;
  if (!given.has("--watch")) return rewrite(given, seen);
  std::vector<std::filesystem::path> always = {given.text("MODEL")};
  if (given.has("--stats")) always.emplace_back(given.text("--stats"));
  for (const std::string& name : given.list("RULES"))
    if (name.ends_with(".dsl") || name.find('/') != std::string::npos) always.emplace_back(name);
  return watch(always, [&](Seen& each) { return rewrite(given, each); });
}

constexpr Argument kRunArguments[] = {kModelArgument, kRulesArgument};

constexpr std::string_view kRunExamples[] = {
    "rewrite-engine model.json equalization",
    "rewrite-engine model.onnx equalization --data images/ --verify images/ --score",
    "rewrite-engine model.onnx equalization ./mine.dsl --stats ranges.json -o balanced.onnx --json report.json",
};

}  // namespace

const Command kRun = {
    .name = "run",
    .summary = "rewrites a model by rules; the word `run` may be left out",
    .description =
        "Reads the model and the rules, rewrites what the rules describe, certifies that the network computes the same "
        "and writes the new model: all of its files or none.",
    .arguments = kRunArguments,
    .options = kRunOptions,
    .examples = kRunExamples,
    .run = run,
};

}  // namespace rw::commands
