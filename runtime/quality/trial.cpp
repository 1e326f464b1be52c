#include "runtime/quality/trial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/data/arrays.hpp"

namespace rw::quality {

std::unique_ptr<data::Data> open_in_parts(const graph::Network& network, data::Options options, unsigned draws) {
  auto data = data::open(network, options);
  const std::size_t parts = std::size_t{2} * draws;
  if (data->batches() >= parts || data->samples() <= data->batches()) return data;
  options.batch = static_cast<std::size_t>(std::max<std::uint64_t>(1, data->samples() / parts));
  return data::open(network, options);
}

std::uint64_t samples_to_read(const data::Data& data, std::size_t entrants, bool labelled,
                              const ScoreOptions& options) {
  const std::size_t half = data.batches() / 2, scored = data.batches() - half;
  const std::size_t batches =
      std::max<std::size_t>(1, half) + std::max<std::size_t>(scored, options.draws) + (labelled ? scored : 0);
  return entrants * batches * data.samples() / data.batches();
}

std::vector<std::int64_t> read_labels(const std::string& file, std::uint64_t samples) {
  const data::NamedArray opened = data::open_npy(file);
  const data::StoredArray& stored = opened.array->stored();
  if (graph::floating(stored.dtype))
    throw graph::Error(file, stored.place,
                       fmt::format("it holds {}, and labels are whole numbers", graph::name(stored.dtype)));
  const std::uint64_t count = stored.elements();
  if (count != samples)
    throw graph::Error(file, "",
                       fmt::format("has {} for {}: one for each is wanted", graph::plural(count, "label"),
                                   graph::plural(samples, "sample")));
  data::Values values(graph::DType::int64);
  opened.array->read(0, count, values);
  const auto labels = values.take({static_cast<std::int64_t>(count)});
  return {labels.ints().begin(), labels.ints().end()};
}

std::vector<ScoredNetwork> score_all(const std::vector<Entrant>& entrants, data::Data& data,
                                     const std::vector<std::int64_t>* labels, const ScoreOptions& options) {
  struct Prepared {
    Ranges ranges;
    std::vector<graph::TensorId> missing;
  };
  std::vector<Prepared> prepared;
  bool complete = true;
  for (const Entrant& each : entrants) {
    const auto tensors = ranged(quantizer::convention(each.subject.network, options.quantizer));
    Prepared one;
    if (each.statistics) one.ranges = ranges_of(*each.statistics, tensors);
    for (const graph::TensorId id : tensors)
      if (!one.ranges.contains(id)) one.missing.push_back(id);
    complete = complete && one.missing.empty();
    prepared.push_back(std::move(one));
  }
  const Subject& owner = entrants.front().subject;
  const std::size_t half = data.batches() / 2;
  Inputs scored{data, owner, complete ? 0 : half, data.batches(), 0, labels};
  const Inputs observed{data, owner, 0, std::max<std::size_t>(1, half)};
  std::vector<RangesTold> told;
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    Prepared& one = prepared[i];
    RangesTold ranges{one.ranges.size(), one.missing.size(), 0, half == 0};
    if (!one.missing.empty())
      ranges.samples = observe(entrants[i].subject, one.missing, observed, options.threads, one.ranges);
    if (!complete && half > 0) scored.samples_before = std::max(scored.samples_before, ranges.samples);
    told.push_back(ranges);
  }
  std::vector<ScoredNetwork> networks;
  for (std::size_t i = 0; i < entrants.size(); ++i)
    networks.push_back(
        {entrants[i].title, score(entrants[i].subject, prepared[i].ranges, scored, nullptr, options), told[i]});
  return networks;
}

}  // namespace rw::quality
