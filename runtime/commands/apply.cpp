// Applies the plan of a run.
#include <fmt/format.h>

#include <filesystem>

#include "graph/base/printable.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "graph/formats/write_model.hpp"
#include "graph/mark.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/run_options.hpp"
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

void report(const graph::PlanFile& plan, std::size_t tensors, bool undo) {
  fmt::print("{} {} of the plan's {} tensors\n", undo ? "undid" : "scaled", tensors, plan.scales.size());
  if (tensors == 0 && !plan.scales.empty()) fmt::print("note: these files have none of them\n");
  runtime::flush_output();
}

std::string written_line(const graph::Written& written, bool dry) {
  if (dry) return "dry run: nothing was written\n";
  std::string files;
  for (const auto& file : written.files) files += (files.empty() ? "" : ", ") + graph::printable(file.string());
  return fmt::format("wrote {}\n", files);
}

int apply(const Given& given) {
  set_threads(given);
  const bool undo = given.has("--undo"), dry = given.has("--dry-run");
  const std::vector<std::string>& files = given.list("FILES");
  const auto weights = static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [](const fs::path& file) { return is_weights(file); }));
  if (weights == 0 && files.size() > 1) throw UsageError("one model at a time; its weight files are rewritten with it");
  if (weights != 0 && weights != files.size())
    throw UsageError("either a model, whose weight files are rewritten with it, or weight files (.safetensors) alone");
  if (weights != 0 && given.has("--stats")) throw UsageError("--stats goes with a model");
  const std::vector<graph::WeightFile> to = outputs(given);
  const graph::PlanFile plan = graph::read_plan(given.text("PLAN"));
  // What cannot be told is not done: the report goes first, and its last line when all files are in their places.
  const auto tell = [&](std::size_t tensors) {
    if (!given.has("--quiet")) report(plan, tensors, undo);
  };
  graph::Written written;
  if (weights != 0) {
    written = graph::apply_to_weights(plan, to, undo, dry, tell);
  } else {
    graph::Model model = graph::read_model(to[0].from);
    if (given.has("--stats")) graph::read_statistics(given.text("--stats"), model);
    model.sources.insert(model.sources.end(), plan.sources.begin(), plan.sources.end());
    const graph::Rewriting rewriting = graph::rewriting_of(plan, model, undo);
    graph::Output output(model.sources, dry);
    // Plans of old versions say no marks.
    const std::optional<std::string> mark = undo        ? plan.was_marked
                                            : plan.mark ? plan.mark
                                                        : graph::mark_for(model, rewriting);
    graph::add_model(model, rewriting, to[0].to, output, mark);
    tell(plan.scales.size());
    written = output.commit();
  }
  if (!given.has("--quiet")) runtime::announce(written_line(written, dry));
  return kDone;
}

constexpr Argument kApplyArguments[] = {
    {"PLAN", "what --plan wrote", Completes::file},
    {"FILES", "a model, or files of its weights (.safetensors): one, some or all of them", Completes::model, true,
     true},
};

constexpr Option kApplyOptions[] = {
    {"--out", "OUT", "where it goes; for several files a folder", 'o', false, Completes::model},
    {"--undo", {}, "divide by the factors: take a plan back that was applied"},
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
        "cannot be undone.",
    .arguments = kApplyArguments,
    .options = kApplyOptions,
    .examples = kApplyExamples,
    .run = apply,
};

}  // namespace rw::commands
