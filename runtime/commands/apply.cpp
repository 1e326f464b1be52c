// Applies the plan of a run.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "graph/base/printable.hpp"
#include "graph/formats/plan/planned.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/engine/apply.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {
namespace {

namespace fs = std::filesystem;

bool is_weights(const fs::path& file) { return file.extension() == ".safetensors"; }

// Where each file goes: by itself under the name of --out, several (or into a folder) under their own names; without
// --out beside the working folder's files, with `.rewritten` or `.restored` in the name.
std::vector<graph::WeightFile> outputs(const Given& given) {
  const std::vector<std::string>& files = given.list("FILES");
  const fs::path out = given.text("--out");
  std::error_code none;
  const bool is_folder = fs::is_directory(out, none);
  const bool folder = !out.empty() && (files.size() > 1 || is_folder);
  if (folder && !is_folder)
    throw UsageError(fmt::format("--out {}: for several files it is a folder, which must be there", out.string()));
  std::vector<graph::WeightFile> all;
  for (const fs::path file : files) {
    const char* mark = given.has("--undo") ? ".restored" : ".rewritten";
    fs::path to = out.empty() ? fs::path(file.stem().string() + mark + file.extension().string())
                  : folder    ? out / file.filename()
                              : with_ending(out, file);
    if (is_weights(file) && !is_weights(to))
      throw UsageError(fmt::format("--out {}: weights go to a file that ends in .safetensors", to.string()));
    all.push_back({file, to});
  }
  return all;
}

// What cannot be told is not done: the report goes first, and its last line when all files are in their places.
void report(const graph::PlanFile& plan, std::size_t tensors, bool bytes_of_before, const Given& given,
            std::string_view certificate) {
  if (given.has("--quiet")) return;
  fmt::print("{} {} of the plan's {} tensors\n", given.has("--undo") ? "undid" : "scaled", tensors, plan.scales.size());
  if (tensors == 0 && !plan.scales.empty()) fmt::print("note: these files have none of them\n");
  if (!bytes_of_before)
    fmt::print("note: the bytes of before do not come back, as factors are not powers of two: rounding stays\n");
  fmt::print("{}\n", certificate);
  runtime::flush_output();
}

void announce(const graph::Written& written, const Given& given) {
  if (given.has("--quiet")) return;
  if (given.has("--dry-run")) return runtime::announce("dry run: nothing was written\n");
  std::string files;
  for (const auto& file : written.files) files += (files.empty() ? "" : ", ") + graph::printable(file.string());
  runtime::announce(fmt::format("wrote {}\n", files));
}

int apply_to_weights(const Given& given, const graph::PlanFile& plan, const std::vector<graph::WeightFile>& to,
                     graph::ApplyOptions options) {
  const graph::AppliedWeights applied =
      graph::apply_to_weights(plan, to, options, [&](const graph::AppliedWeights& each) {
        report(plan, each.tensors, each.bytes_of_before, given,
               "not certified: weights alone do not say what the network computes");
      });
  announce(applied.written, given);
  return kDone;
}

int apply_to_model(const Given& given, const graph::PlanFile& plan, const graph::WeightFile& to,
                   graph::ApplyOptions options) {
  const dsl::Loaded laws = runtime::laws_of(plan);
  for (const dsl::Diagnostic& each : laws.diagnostics) fmt::print(stderr, "{}", dsl::draw(each, laws.sources));
  if (dsl::has_errors(laws.diagnostics)) return kMistake;
  graph::Model model = graph::read_model(to.from);
  if (given.has("--stats")) graph::read_statistics(given.text("--stats"), model);
  model.sources.insert(model.sources.end(), plan.sources.begin(), plan.sources.end());
  const runtime::AppliedPlan applied =
      runtime::apply_to_model(plan, model, laws, to.to, options, [&](const runtime::AppliedPlan& each) {
        report(plan, plan.scales.size(), each.bytes_of_before, given,
               fmt::format("certified: scales, {} checked", graph::plural(each.certificate.operators, "operator")));
      });
  if (!applied.certificate.holds) {
    fmt::print(stderr, "rewrite-engine: the certificate does not hold at {}: {}; nothing was written\n", applied.leak,
               graph::printable(applied.certificate.why));
    return kRefused;
  }
  announce(applied.written, given);
  return kDone;
}

int apply(const Given& given) {
  set_threads(given);
  const std::vector<std::string>& files = given.list("FILES");
  const auto weights = static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [](const fs::path& file) { return is_weights(file); }));
  if (weights == 0 && files.size() > 1)
    throw UsageError("one model at a time: name one; its weight files are rewritten with it");
  if (weights != 0 && weights != files.size()) {
    const auto model = std::find_if(files.begin(), files.end(), [](const fs::path& file) { return !is_weights(file); });
    throw UsageError(
        fmt::format("'{}' is a model, beside weight files (.safetensors): name the model alone, whose weight "
                    "files are rewritten with it, or the weight files alone",
                    graph::printable(*model)));
  }
  if (weights != 0 && given.has("--stats"))
    throw UsageError("--stats goes with a model, and these are files of weights: take it out");
  if (const fs::path plan = given.text("PLAN"); plan.extension() == ".onnx" || is_weights(plan))
    throw UsageError(fmt::format("'{}' is no plan, and the plan stands first: rewrite-engine apply PLAN {}",
                                 graph::printable(plan.string()), graph::printable(plan.string())));
  const std::vector<graph::WeightFile> to = outputs(given);
  const graph::PlanFile plan = graph::read_plan(given.text("PLAN"));
  const graph::ApplyOptions options{
      .undo = given.has("--undo"), .dry = given.has("--dry-run"), .unchecked = given.has("--force")};
  if (!plan.checksums)
    fmt::print(stderr, "rewrite-engine: warning: {} has no checksums: whether these are its tensors is not checked\n",
               graph::printable(plan.path));
  try {
    return weights != 0 ? apply_to_weights(given, plan, to, options) : apply_to_model(given, plan, to[0], options);
  } catch (const graph::PlanRefusal& refusal) {
    fmt::print(stderr, "rewrite-engine: {}; nothing was written{}\n", refusal.what(),
               refusal.final ? "" : " (--force applies the plan all the same)");
    return kRefused;
  }
}

constexpr Argument kApplyArguments[] = {
    {"PLAN", "what --plan wrote", Completes::file},
    {"FILES", "a model, or files of its weights (.safetensors): one, some or all of them", Completes::model, true,
     true},
};

constexpr Option kApplyOptions[] = {
    {"--out", "OUT", "where it goes; for several files a folder", 'o', false, Completes::model},
    {"--undo", {}, "divide by the factors: take a plan back that was applied"},
    {"--force", {}, "also where checksums say that the tensors are not those of the plan"},
    kStatsOption,
    {"--dry-run", {}, "do everything but write"},
    kThreadsOption,
    {"--quiet", {}, "print nothing", 'q'},
};

constexpr std::string_view kApplyExamples[] = {
    "rewrite-engine apply plan.json model-00001-of-00003.safetensors -o new/",
    "rewrite-engine apply plan.json balanced.onnx --undo -o original.onnx",
};

}  // namespace

const Command kApply = {
    .name = "apply",
    .summary = "applies the plan of a run to models or weight files",
    .description =
        "A plan (run --plan FILE) holds all that a run decided, by the names of tensors. Applied to the model it gives "
        "what the run gave; applied to files of weights, one at a time and wherever they are, their part of it. Rules, "
        "statistics and the rest of the model are not needed.\n\nWith --undo the factors divide: where they are powers "
        "of two (run --exact) the original bytes come back. A plan that edits the graph goes with models alone and "
        "cannot be undone.\n\nChecksums in the plan say whether these are the tensors that it was made for, and "
        "whether they were scaled already; of a model the result is certified as in the run. Where one of them says no "
        "nothing is written (exit status 3). --force passes over checksums, never over the certificate.",
    .arguments = kApplyArguments,
    .options = kApplyOptions,
    .examples = kApplyExamples,
    .run = apply,
};

}  // namespace rw::commands
