// Measuring the activations of a network on data.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/output/output.hpp"
#include "runtime/calibrate/merge.hpp"
#include "runtime/calibrate/probe.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/commands/json.hpp"
#include "runtime/text/console.hpp"
#include "runtime/text/size_text.hpp"

namespace rw::commands {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr auto kCalibrateOptions = joined(
    {
        {"--out", "FILE",
         "where the statistics go; without it the model's stem with .stats.json, in the current folder", 'o'},
        kRandomOption,
        kSeedOption,
        kBatchOption,
    },
    kImageOptions,
    {
        {"--percentile", "P,...", "percentiles of each channel (99.9,99.99)", 0, false, Completes::nothing},
        {"--merge", {}, "MODEL and DATA are files of statistics: add them up"},
        {"--probe", "OUT", "write the model with outputs that tell its ranges, for another runtime (.onnx)", 0, false,
         Completes::model},
        {"--collect", "NPZ", "ranges from what another runtime gave for a probe (several times)", 0, true},
        kThreadsOption,
        {"--json", {}, "print what was done as data, in JSON"},
    });

// What is told when it is done.
struct Done {
  std::string about;               // the model, or "3 files"
  std::vector<std::string> notes;  // on the data
  std::uint64_t batches = 0;
  std::size_t bytes = 0;
  double seconds = 0;
};

// Each once.
std::vector<double> percentiles(const Given& given) {
  if (!given.has("--percentile")) return {99.9, 99.99};
  std::vector<double> each;
  for (const double number : take_numbers(given, "--percentile", 0, 100, "numbers from 0 to 100, as 99.9,99.99"))
    if (std::find(each.begin(), each.end(), number) == each.end()) each.push_back(number);
  return each;
}

std::filesystem::path statistics_path(const Given& given) {
  if (given.has("--out")) return file_name(given, "--out");
  if (given.has("--merge")) throw UsageError("--merge: say with -o where the sum goes");
  return std::filesystem::path(given.text("MODEL")).stem().string() + ".stats.json";
}

void tell(const Given& given, const calibrate::Totals& totals, const std::filesystem::path& out, const Done& done) {
  std::size_t channels = 0, whole = 0;
  for (const auto& [name, tensor] : totals.tensors) {
    channels += tensor.channels.size();
    whole += tensor.axis ? 0 : 1;
  }
  if (given.has("--json")) {
    fmt::print(
        "{{\n\"format\": \"rewrite-engine/calibrate\", \"version\": 1, \"model\": {},\n\"samples\": {}, \"batches\": "
        "{}, "
        "\"random\": {}, \"notes\": {},\n\"tensors\": {}, \"channels\": {}, \"whole_tensor\": {},\n\"written\": {}, "
        "\"bytes\": {}, \"seconds\": {:.6f}\n}}\n",
        json::quoted(done.about), totals.samples, done.batches, totals.random,
        json::list(done.notes, [](const auto& note) { return json::quoted(note); }), totals.tensors.size(), channels,
        whole, json::quoted(out.string()), done.bytes, done.seconds);
    return;
  }
  for (const std::string& note : done.notes) fmt::print("note: {}\n", graph::printable(note));
  fmt::print("{}: {}", graph::printable(done.about),
             graph::plural(totals.samples, totals.random ? "drawn sample" : "sample"));
  if (done.batches > 0) fmt::print(" in {} batch{}", done.batches, done.batches == 1 ? "" : "es");
  fmt::print("\n");
  fmt::print("measured: {}, {}", graph::plural(totals.tensors.size(), "tensor"), graph::plural(channels, "channel"));
  if (whole > 0) fmt::print(" ({} without an axis of channels: one range each)", graph::plural(whole, "tensor"));
  fmt::print("\n");
  runtime::flush_output();
  runtime::announce(fmt::format("wrote {} ({}) in {:.2f} s\n", graph::printable(out.string()),
                                runtime::size_text(done.bytes), done.seconds));
}

int merge(const Given& given) {
  const auto start = Clock::now();
  for (const std::string_view option : {"--random", "--seed", "--batch", "--probe", "--collect"})
    if (given.has(option)) throw UsageError(fmt::format("--merge adds files up and runs nothing: take {} out", option));
  check_images_read(given, {});
  const std::filesystem::path out = statistics_path(given);
  const std::vector<double> percents = percentiles(given);
  std::vector<std::filesystem::path> names = {given.text("MODEL")};
  for (const std::string& name : given.list("DATA")) names.emplace_back(name);
  check_not_read(out, names);
  std::vector<calibrate::Totals> parts;
  for (const auto& name : names) parts.push_back(calibrate::read_totals(name));
  const calibrate::Totals totals = calibrate::add_up(parts, names);
  const std::string text = calibrate::statistics_text(totals, percents);
  graph::Output output({}, false);
  output.add_text(out, text);
  output.commit();
  tell(given, totals, out, {graph::plural(names.size(), "file"), {}, 0, text.size(), seconds_since(start)});
  return kDone;
}

// The points of a probe, of a model that is read and analysed.
struct Probed {
  graph::Model model;
  runtime::Analysis analysis;
  std::vector<calibrate::ProbePoint> points;

  Probed(const Given& given, const dsl::Program& program) : model(graph::read_model(given.text("MODEL"))) {
    const std::string_view asked = given.has("--probe") ? "--probe" : "--collect";
    for (const std::string_view other : {"DATA", "--random", "--seed", "--batch"})
      if (given.has(other)) throw UsageError(fmt::format("{} runs nothing: take {} out", asked, other));
    analysis = runtime::analyse(model.network, program.laws);
    points = calibrate::probe_points(analysis, runtime::find_regions(analysis));
  }
};

int probe(const Given& given, const dsl::Program& program) {
  const std::filesystem::path out = file_name(given, "--probe");
  const Probed probed(given, program);
  graph::Output output(probed.model.sources, false);
  calibrate::write_probe(probed.model, probed.points, out, output);
  output.commit();
  runtime::announce(
      fmt::format("wrote {}: ranges of {} as outputs; run it on your data and pass what it gives to "
                  "--collect, as .npz\n",
                  graph::printable(out.string()), graph::plural(probed.points.size(), "tensor")));
  return kDone;
}

int collect(const Given& given, const dsl::Program& program) {
  const auto start = Clock::now();
  const std::filesystem::path out = statistics_path(given);
  const Probed probed(given, program);
  const std::vector<std::filesystem::path> files(given.list("--collect").begin(), given.list("--collect").end());
  graph::Output output(probed.model.sources, false);
  output.check(out);
  check_not_read(out, files);
  const calibrate::Totals totals =
      calibrate::read_probe(probed.model.network, probed.analysis.channels, probed.points, files);
  const std::string text = calibrate::statistics_text(totals, {});
  output.add_text(out, text);
  output.commit();
  tell(given, totals, out, {given.text("MODEL"), {}, 0, text.size(), seconds_since(start)});
  return kDone;
}

int calibrate(const Given& given) {
  set_threads(given);
  if (given.has("--merge")) return merge(given);
  if (given.has("--probe") && given.has("--collect"))
    throw UsageError("--probe comes before the other runtime runs it, and --collect after that: take one of them out");
  check_images_read(given, {"DATA"});
  const auto start = Clock::now();
  const std::vector<double> percents = percentiles(given);
  const data::Options options = data_options(given, given.list("DATA"));
  const std::optional<dsl::Loaded> rules = load_rules({"std"}, runtime::ShippedTests::left_out);
  if (!rules) return kMistake;
  if (given.has("--probe")) return probe(given, rules->program);
  if (given.has("--collect")) return collect(given, rules->program);
  const std::filesystem::path out = statistics_path(given);
  graph::Model model = graph::read_model(given.text("MODEL"));
  graph::Output output(model.sources, false);
  output.check(out);
  const auto data = data::open(model.network, options);
  check_not_read(out, data->files());
  const calibrate::Totals totals = measure(model, rules->program, *data);
  const std::string text = calibrate::statistics_text(totals, percents);
  output.add_text(out, text);
  output.commit();
  tell(given, totals, out, {given.text("MODEL"), data->notes(), data->batches(), text.size(), seconds_since(start)});
  return kDone;
}

constexpr Argument kCalibrateArguments[] = {kModelArgument, kDataArgument};

constexpr std::string_view kCalibrateExamples[] = {
    "rewrite-engine calibrate model.onnx images/ --size 224 -o stats.json",
    "rewrite-engine calibrate model.onnx ids=ids.npy mask=mask.npy",
    "rewrite-engine calibrate model.onnx --random 16",
    "rewrite-engine calibrate --merge part1.json part2.json -o stats.json",
    "rewrite-engine calibrate model.onnx --probe probe.onnx",
    "rewrite-engine calibrate model.onnx --collect outputs.npz -o stats.json",
};

}  // namespace

const Command kCalibrate = {
    .name = "calibrate",
    .summary = "runs a network on data and measures the ranges of its activations",
    .description =
        "Writes statistics for --stats: for every activation, channel by channel on the axis on which the engine sees "
        "its channels, the smallest and the largest value, mean, mean square, shares of positive values and of zeros, "
        "percentiles, and a histogram. A tensor without channels gets one range.\n\nSamples lie along the first axis "
        "of "
        "an input. Where the model fixes that dimension, batches have that many. Images are resized, pixels run from 0 "
        "to 1, the mean is taken off and what is left divided by the deviation; what is taken for granted is said. "
        "Files of one folder follow one another in the order of their paths; of several inputs each gets its files by "
        "name, as in x=a.npy, by the names of members of an .npz, or by the name of the file.\n\nThe file holds "
        "counts, "
        "so that `--merge` makes of the files of parts of the data what one run over all of it makes.\n\nWhere no "
        "runtime of ours fits, `--probe` writes the model with outputs TENSOR@min and TENSOR@max of just the tensors "
        "that rules ask for, and `--collect` makes statistics of what another runtime gave for them (numpy.savez, of "
        "several runs one file each or stacked along a first axis).",
    .arguments = kCalibrateArguments,
    .options = kCalibrateOptions,
    .examples = kCalibrateExamples,
    .run = calibrate,
};

}  // namespace rw::commands
