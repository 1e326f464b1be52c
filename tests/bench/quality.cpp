// What rounding to eight bits costs networks, and what rule sets win:
//   quality [--tune N] [--random N] [--mode w|wc|wa|wca]... [--float-outputs] MODEL[,INPUTS[,LABELS[,CALIBRATION]]]...
// Prints signal to noise in dB at the outputs, the mean over 6 draws of the luck of rounding with its spread, and the
// part of right answers where there are labels: weights with one step a tensor and one a channel (w, wc), and the same
// with rounded activations (wa, wca); --float-outputs: but for outputs of the network. Every rewriting is compared with
// the untouched network in float on the second half of the inputs; the first half sets the ranges. Variants of --tune
// are measured on CALIBRATION, which the table does not see. Without INPUTS they are drawn, N of them (24) for each of
// both.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "graph/base/parallel.hpp"
#include "graph/model.hpp"
#include "runtime/quality/trial.hpp"
#include "runtime/tune/tune.hpp"

namespace {

using namespace rw;

constexpr auto kTensor = quantizer::WeightSteps::tensor, kChannel = quantizer::WeightSteps::channel;
struct Mode {
  const char* name;
  quantizer::Options options;
};
const Mode kModes[] = {
    {"w", {kTensor, false, 8}}, {"wc", {kChannel, false, 8}}, {"wa", {kTensor, true, 8}}, {"wca", {kChannel, true, 8}}};

struct Subject {
  std::string file, inputs, labels, calibration;
};

struct Settings {
  std::uint64_t random = 24;
  std::size_t tune = 0;
  bool float_outputs = false;
  std::vector<std::string> modes;  // empty: all
  bool has(const char* mode) const {
    return modes.empty() || std::find(modes.begin(), modes.end(), mode) != modes.end();
  }
};

struct Pairs {
  int right = 0, all = 0;
};
struct Sums {
  std::vector<std::string> columns;
  std::map<std::string, std::map<std::string, std::vector<double>>> gains;  // by mode, by column
  std::vector<std::string> losses;
  Pairs pairs;
};

Subject subject_of(const std::string& word) {
  Subject subject;
  std::string* const parts[] = {&subject.file, &subject.inputs, &subject.labels, &subject.calibration};
  std::size_t at = 0;
  for (std::string* part : parts) {
    const std::size_t comma = std::min(word.find(',', at), word.size());
    *part = word.substr(at, comma - at);
    if (comma == word.size()) break;
    at = comma + 1;
  }
  return subject;
}

std::unique_ptr<data::Data> data_of(const graph::Network& network, const std::string& file, const Settings& settings,
                                    std::uint64_t seed) {
  data::Options options{.seed = seed};
  if (file.empty())
    options.random = settings.random;
  else
    options.words = {file};
  return quality::open_in_parts(network, options, quality::kDraws);
}

std::string cell(const tune::Judged& judged) {
  if (!judged.refused.empty()) return "-";
  std::string text = fmt::format("{:.1f} ± {:.1f}", judged.decibels.mean, judged.decibels.deviation);
  if (judged.classes && judged.classes->labelled)
    text += fmt::format(" ({:.3f})",
                        static_cast<double>(judged.classes->right) / static_cast<double>(judged.classes->rows));
  return text;
}

// Of two rewritings that differ by more than a decibel: was the better one predicted?
void count_pairs(const std::vector<tune::Judged>& all, const quantizer::Options& mode, Pairs& pairs) {
  const auto predicted = [&](const tune::Judged& each) {
    return each.predicted ? each.predicted->of(mode.weights == kChannel, mode.activations) : 0.0;
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      if (!all[i].refused.empty() || !all[k].refused.empty()) continue;
      const double measured = all[i].gain.mean - all[k].gain.mean;
      if (std::fabs(measured) <= 1) continue;
      ++pairs.all;
      pairs.right += (predicted(all[i]) - predicted(all[k])) * measured > 0;
    }
}

std::vector<tune::Candidate> recipes(const quantizer::Options& target) {
  std::vector<tune::Candidate> all;
  for (const char* rules : {"equalization", "cross_layer", "mixed"}) all.push_back({rules, {rules}, {}});
  all.push_back({"auto", {"auto"}, tune::params_for(target)});
  return all;
}

// The best of the variants on the calibration inputs.
tune::Candidate tuned(const Subject& subject, const graph::Network& network, const Settings& settings,
                      const runtime::RunOptions& run, const quality::ScoreOptions& score) {
  const auto data = data_of(network, subject.calibration, settings, 2);
  quality::ScoreOptions judged = score;
  judged.quantizer = tune::judged_target(score.quantizer);
  tune::Judge judge(subject.file, *data, nullptr, run, judged);
  const tune::Tuning tuning = tune::tune(judge,
                                         tune::candidates_for({"auto"}, score.quantizer, settings.tune,
                                                              {.clips = tune::has_clips(network), .approximate = true}),
                                         [](std::uint64_t) {});
  return tuning.judged[tuning.best].candidate;
}

void add(const std::string& network, const char* mode, const std::string& column, const tune::Judged& judged,
         Sums& sums) {
  if (std::find(sums.columns.begin(), sums.columns.end(), column) == sums.columns.end()) sums.columns.push_back(column);
  sums.gains[mode][column].push_back(judged.gain.mean);
  if (column.starts_with("auto") && judged.gain.mean < -(0.3 + judged.gain.deviation))
    sums.losses.push_back(fmt::format("{} {} {}: {:+.1f} dB", network, mode, column, judged.gain.mean));
}

void measure(const Subject& subject, const Settings& settings, Sums& sums) {
  const graph::Model model = graph::read_model(subject.file);
  const auto data = data_of(model.network, subject.inputs, settings, 1);
  std::vector<std::int64_t> labels;
  if (!subject.labels.empty()) labels = quality::read_labels(subject.labels, data->samples());
  std::string name = subject.file.substr(subject.file.rfind('/') + 1);
  name.resize(name.rfind('.'));
  runtime::RunOptions run;
  run.predict = true;
  for (const Mode& mode : kModes) {
    if (!settings.has(mode.name)) continue;
    quantizer::Options target = mode.options;
    target.float_outputs = settings.float_outputs;
    const quality::ScoreOptions score{.quantizer = target, .layers = false, .threads = graph::threads()};
    tune::Judge judge(subject.file, *data, labels.empty() ? nullptr : &labels, run, score);
    std::vector<tune::Judged> all = {judge.untouched()};
    for (tune::Candidate& each : recipes(mode.options)) all.push_back(judge.judge(std::move(each)));
    count_pairs(all, mode.options, sums.pairs);
    if (settings.tune > 0) {
      const tune::Candidate best = tuned(subject, model.network, settings, run, score);
      all.push_back(best.rules.empty() ? judge.untouched() : judge.judge(best));
      all.back().candidate.title = "auto --tune";
    }
    fmt::print("| {} | {} |", name, mode.name);
    for (const tune::Judged& each : all) {
      fmt::print(" {} |", cell(each));
      add(name, mode.name, each.candidate.title, each, sums);
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
}

void print_sums(const Sums& sums) {
  fmt::print("\nGain over the untouched network in dB, mean over the networks:\n\n| |");
  for (const std::string& column : sums.columns) fmt::print(" {} |", column);
  fmt::print("\n| --- |");
  for (std::size_t i = 0; i < sums.columns.size(); ++i) fmt::print(" --- |");
  fmt::print("\n");
  for (const auto& [mode, columns] : sums.gains) {
    fmt::print("| {} |", mode);
    for (const std::string& column : sums.columns) {
      double sum = 0;
      for (const double each : columns.at(column)) sum += each;
      fmt::print(" {:+.1f} |", sum / static_cast<double>(columns.at(column).size()));
    }
    fmt::print("\n");
  }
  fmt::print("\nOf {} pairs of rule sets that differ by more than 1 dB the better one was predicted {} times.\n",
             sums.pairs.all, sums.pairs.right);
  for (const std::string& each : sums.losses) fmt::print("Worse by more than 0.3 dB and the spread: {}\n", each);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  std::vector<Subject> subjects;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--random" && more)
      settings.random = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--tune" && more)
      settings.tune = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--float-outputs")
      settings.float_outputs = true;
    else if (word == "--mode" && more)
      settings.modes.emplace_back(argv[++i]);
    else
      subjects.push_back(subject_of(word));
  }
  fmt::print("| network | | untouched | equalization | cross_layer | mixed | auto |{}\n",
             settings.tune > 0 ? fmt::format(" auto --tune {} |", settings.tune) : "");
  fmt::print("| --- | --- | --- | --- | --- | --- | --- |{}\n", settings.tune > 0 ? " --- |" : "");
  Sums sums;
  for (const Subject& each : subjects) measure(each, settings, sums);
  print_sums(sums);
}
