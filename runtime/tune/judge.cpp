#include "runtime/tune/judge.hpp"

#include <fmt/format.h>

#include "dsl/load.hpp"
#include "graph/base/error.hpp"
#include "graph/formats/format.hpp"
#include "graph/formats/statistics/file.hpp"
#include "graph/operators/infer.hpp"
#include "graph/rewritten.hpp"
#include "runtime/calibrate/collect.hpp"
#include "runtime/data/part.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/quality/ranges.hpp"
#include "runtime/regions/analysis.hpp"
#include "runtime/written/written_network.hpp"

namespace rw::tune {
namespace {

dsl::Loaded load(const std::vector<std::string>& rules) {
  dsl::Loaded loaded = dsl::load(rules, runtime::rule_library(runtime::ShippedTests::left_out), runtime::vocabulary());
  for (const dsl::Diagnostic& each : loaded.diagnostics)
    if (dsl::has_errors({each})) throw graph::Error("", "", dsl::draw(each, loaded.sources));
  return loaded;
}

std::uint64_t samples_of(data::Data& data, std::size_t batches) {
  if (batches == data.batches()) return data.samples();
  std::uint64_t samples = 0;
  for (std::size_t i = 0; i < batches; ++i) samples += quality::samples_in(data.read(i));
  return samples;
}

}  // namespace

// A candidate's network, and what it borrows.
struct Judge::Made {
  std::unique_ptr<graph::Model> model;
  std::unique_ptr<runtime::Outcome> outcome;
  graph::Network network;
};

Judge::Judge(std::string file, data::Data& data, const std::vector<std::int64_t>* labels, runtime::RunOptions options,
             const quality::ScoreOptions& score)
    : file_(std::move(file)),
      options_(std::move(options)),
      score_(score),
      model_(quality::read_subject(file_)),
      subject_{model_.network, file_},
      half_(data.batches() / 2),
      inputs_{data, subject_, half_, data.batches(), 0, labels} {
  const std::size_t first = std::max<std::size_t>(1, half_);
  calibrated_ = samples_of(data, first);
  if (half_ > 0) inputs_.samples_before = calibrated_;
  const dsl::Loaded standard = load({});
  const runtime::Analysis analysis = runtime::analyse(model_.network, standard.program.laws);
  const auto part = data::first_part(data, first, calibrated_);
  statistics_ = calibrate::statistics_text(calibrate::collect(model_.network, analysis.channels, *part), {}, false);
  reference_ = quality::reference_of(inputs_.owner, inputs_, score_.threads);
  before_ = score_of(model_.network, file_);
  untouched_ = {.candidate = {"untouched", {}, {}},
                .refused = "",
                .decibels = measures::spread_of(before_.decibels),
                .gain = {},
                .draws = before_.decibels,
                .classes = before_.classes};
}

Judge::~Judge() = default;

std::uint64_t Judge::scored() const { return before_.samples; }

quality::Score Judge::score_of(const graph::Network& network, const std::string& title) const {
  const quality::Subject subject{network, title};
  quality::Ranges ranges;
  const quality::Inputs observed{inputs_.data, inputs_.owner, 0, std::max<std::size_t>(1, half_)};
  const auto tensors = quality::ranged(quantizer::convention(network, score_.quantizer));
  if (!tensors.empty()) quality::observe(subject, tensors, observed, score_.threads, ranges);
  return quality::score(subject, ranges, inputs_, &reference_, score_);
}

std::optional<Judge::Made> Judge::make(const Candidate& candidate, Judged& judged) const {
  const dsl::Loaded rules = load(candidate.rules);
  Made made{std::make_unique<graph::Model>(graph::read_model(file_)), nullptr, {}};
  graph::add_statistics(statistics_, *made.model);
  runtime::RunOptions options = options_;
  for (const auto& [rule, params] : candidate.params)
    for (const auto& [name, value] : params) options.params[rule][name] = value;
  try {
    made.outcome = std::make_unique<runtime::Outcome>(runtime::run(*made.model, rules.program, options));
  } catch (const runtime::Refusal& refusal) {
    judged.refused = refusal.message;
    return std::nullopt;
  }
  judged.predicted = made.outcome->prediction;
  if (!made.outcome->certificate.holds) {
    judged.refused = "it is not certified";
    return std::nullopt;
  }
  for (std::size_t i = 0; i < made.outcome->rules.size(); ++i)
    if (rules.program.rules[i].name == candidate.owed_to && made.outcome->rules[i].regions == 0) {
      judged.refused = fmt::format("{} has nothing to do", candidate.owed_to);
      return std::nullopt;
    }
  made.network = runtime::written_network(graph::Rewritten(made.model->network, made.outcome->rewriting));
  graph::infer_shapes(made.network, graph::Forms(made.network));
  return made;
}

Judged Judge::judge(Candidate candidate) {
  Judged judged{.candidate = std::move(candidate), .refused = "", .decibels = {}, .gain = {}};
  const auto made = make(judged.candidate, judged);
  if (!made) return judged;
  const quality::Score score = score_of(made->network, fmt::format("{} by {}", file_, judged.candidate.title));
  judged.decibels = measures::spread_of(score.decibels);
  judged.gain = quality::gain(before_, score);
  judged.draws = score.decibels;
  judged.classes = score.classes;
  return judged;
}

}  // namespace rw::tune
