// Measures what rounding to a few bits does to a network.
#include <fmt/format.h>

#include <algorithm>

#include "graph/base/parallel.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/format.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/measuring.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/commands/given/tuning.hpp"
#include "runtime/pages/node_data.hpp"
#include "runtime/pages/pages.hpp"
#include "runtime/quality/trial.hpp"
#include "runtime/text/glob.hpp"
#include "runtime/text/text_file.hpp"

namespace rw::commands {
namespace {

constexpr auto kScoreOptions = joined(
    {
        {"--data", "DATA", "samples to score it on (several times): as DATA of calibrate; without it 8 are drawn", 0,
         true},
        {"--stats", "FILE",
         "ranges of activations; without it, and where it lacks some, the first half of the data sets them"},
        {"--labels", "FILE", "the right classes of the samples, a .npy of whole numbers"},
        {"--weights", "STEPS", "one step for each tensor or for each channel: tensor (as without it) or channel", 0,
         false, Completes::nothing},
        {"--activations", "STEPS", "tensor (as without it), or none: they stay in float", 0, false, Completes::nothing},
        {"--bits", "N", "of weights and activations, 2 to 16 (8)", 0, false, Completes::nothing},
        {"--float", "GLOB", "operators with such a name are computed in float (several times)", 0, true,
         Completes::nothing},
        {"--float-outputs", {}, "what goes to outputs of the network alone is not rounded"},
        {"--fused-silu", {}, "the runtime computes x * Sigmoid(x) at once: its Sigmoid is not rounded"},
        {"--before", "OTHER", "score this network, too, on the same samples, and put them side by side", 0, false,
         Completes::model},
        kRandomOption,
        kSeedOption,
    },
    kImageOptions,
    {
        kThreadsOption,
        kJsonOption,
        kHtmlOption,
        kNodeDataOption,
    });

// One of two words; the first where the option is not given. True: the second.
bool take_second(const Given& given, std::string_view option, std::string_view first, std::string_view second) {
  if (!given.has(option)) return false;
  const std::string word = given.text(option);
  if (word != first && word != second)
    throw UsageError(fmt::format("{} {}: expected {} or {}", option, graph::printable(word), first, second));
  return word == second;
}

quality::ScoreOptions score_options(const Given& given) {
  quality::ScoreOptions options{.threads = graph::threads()};
  if (take_second(given, "--weights", "tensor", "channel")) options.quantizer.weights = quantizer::WeightSteps::channel;
  options.quantizer.activations = !take_second(given, "--activations", "tensor", "none");
  if (given.has("--bits")) options.quantizer.bits = take_bits(given);
  if (given.has("--float"))
    options.quantizer.in_float = [globs = given.list("--float")](std::string_view name) {
      return std::any_of(globs.begin(), globs.end(),
                         [&](const std::string& glob) { return runtime::matches(glob, name); });
    };
  options.quantizer.float_outputs = given.has("--float-outputs");
  options.quantizer.fused_silu = given.has("--fused-silu");
  return options;
}

int score(const Given& given) {
  set_threads(given);
  const quality::ScoreOptions options = score_options(given);
  check_images_read(given, {"--data"});
  const data::Options data_of = data_or_drawn(given, given.list("--data"));
  if (given.has("--labels") && data_of.random > 0) throw UsageError("--labels goes with --data: add --data FILES");
  if (given.has("--before") && given.has("--stats"))
    throw UsageError(
        "--stats has ranges of one network, and --before takes those of both from the data: take --stats out");
  graph::Model model = quality::read_subject(given.text("MODEL"));
  check_names(given, "--float", model.network);
  if (given.has("--stats")) graph::read_statistics(given.text("--stats"), model);
  std::vector<graph::Model> others;
  if (given.has("--before")) others.push_back(quality::read_subject(given.text("--before")));

  std::vector<quality::Entrant> entrants;
  for (const graph::Model& other : others)
    entrants.push_back({given.text("--before"), {other.network, given.text("--before")}, nullptr});
  entrants.push_back(
      {given.text("MODEL"), {model.network, given.text("MODEL")}, given.has("--stats") ? &model.statistics : nullptr});
  const auto data = quality::open_in_parts(entrants.front().subject.network, data_of, options.draws);
  std::vector<const graph::Model*> models = {&model};
  for (const graph::Model& other : others) models.push_back(&other);
  const std::vector<std::string> read = {given.text("--stats"), given.text("--labels")};
  check_pages(given, models, *data, read);
  std::vector<std::int64_t> labels;
  if (given.has("--labels")) labels = quality::read_labels(given.text("--labels"), data->samples());
  const auto scored = [&] {
    ShownData shown(*data, quality::samples_to_read(*data, entrants.size(), given.has("--labels"), options));
    return quality::score_all(entrants, shown, given.has("--labels") ? &labels : nullptr, options);
  };
  const quality::ScoreTold told{scored(), options, told_of(*data)};
  if (given.has("--html")) runtime::write_text(given.text("--html"), pages::page_of(told));
  if (given.has("--node-data"))
    runtime::write_text(given.text("--node-data"), pages::node_data(model.network, pages::layers_of(told)));
  print_told(given, told);
  return kDone;
}

constexpr Argument kScoreArguments[] = {kModelArgument};

constexpr std::string_view kScoreExamples[] = {
    "rewrite-engine score model.onnx --data images/ --labels classes.npy",
    "rewrite-engine score balanced.onnx --before model.onnx --data images/ --weights channel",
};

}  // namespace

const Command kScore = {
    .name = "score",
    .summary = "measures what rounding to int8 does to a network, by fake quantization",
    .description =
        "The network runs in float and rounded, as ONNX Runtime's static quantization rounds it, on the same samples: "
        "signal to quantization noise of each output, the layers with most noise, how often the best class stays, and "
        "how often it is right. Each figure is the mean of six draws with their spread: the steps are stretched by up "
        "to 8 % in each, because how roundings fall is luck.\n\nThe first half of the samples sets the ranges of "
        "activations where --stats does not, and the second half is scored. `rewrite-engine help measures` has the "
        "convention and the measures.",
    .arguments = kScoreArguments,
    .options = kScoreOptions,
    .examples = kScoreExamples,
    .run = score,
};

}  // namespace rw::commands
