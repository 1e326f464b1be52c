#include "runtime/tune/tune.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/balance/balance.hpp"

namespace rw::tune {
namespace {

// By what the parameters of `balance` are multiplied, and what is added to the side of weights per channel: one change
// after the other, then two at once.
struct Change {
  double activations, headroom, per_channel;
};
constexpr Change kChanges[] = {
    {1, 1, 0}, {3, 1, 0}, {1, 1, 0.5}, {0.3, 1, 0}, {1, 10, 0}, {3, 1, 0.5}, {1, 0.1, 0}, {10, 1, 0},
};

// For more candidates than changes are listed: numbers from 0 to 1 that fill a square evenly (R2 of M. Roberts, "The
// unreasonable effectiveness of quasirandom sequences", 2018).
std::pair<double, double> spread_out(std::size_t i) {
  constexpr double kPlastic = 1.32471795724474602596;
  const auto part = [&](double step) { return std::fmod(0.5 + static_cast<double>(i) * step, 1.0); };
  return {part(1 / kPlastic), part(1 / (kPlastic * kPlastic))};
}

Change change(std::size_t i) {
  if (i < std::size(kChanges)) return kChanges[i];
  const auto [a, b] = spread_out(i);
  return {std::pow(10, 2 * a - 1), std::pow(10, 2 * b - 1), static_cast<double>(i % 3) * 0.25};
}

}  // namespace

bool has_clips(const graph::Network& network) {
  for (graph::OperatorId op = 0; op < network.operators().size(); ++op)
    if (network.type_of(op) == "Clip") return true;
  return false;
}

std::vector<Candidate> candidates_for(const std::vector<std::string>& rules, const quantizer::Options& target,
                                      std::size_t count, const Ways& ways) {
  std::vector<Candidate> all;
  std::string name;
  for (const std::string& each : rules) name += (name.empty() ? "" : " ") + each;
  for (std::size_t i = 0; i < count; ++i) {
    Candidate candidate{name, rules, params_for(target)};
    const Change by = change(i);
    auto& params = candidate.params["balance"];
    if (i > 0) {
      // Weights alone: a little of the activations keeps scales from running away.
      params["activations"] = target.activations ? runtime::kUsualActivations * by.activations
                                                 : 0.01 * runtime::kUsualActivations * by.activations;
      params["headroom"] = runtime::kUsualHeadroom * by.headroom;
      params["per_channel"] = std::fabs(params["per_channel"] - by.per_channel);
      for (const char* key : {"per_channel", "activations", "headroom"})
        candidate.title += fmt::format(" {}={:.3g}", key, params[key]);
    }
    all.push_back(std::move(candidate));
  }
  // Clips that are unfolded round once more where activations are rounded.
  constexpr std::size_t kOfClips = 2, kOfBiases = 3;
  if (ways.clips && count > kOfClips && rules == std::vector<std::string>{"auto"})
    all[kOfClips] = {"auto without clip", {"prepare", "balance"}, params_for(target)};
  // What activations have at least takes room in the range of those that are rounded.
  if (ways.approximate && target.activations && count > kOfBiases) {
    all[kOfBiases] = {name + " absorb_bias", rules, params_for(target), "absorb_bias"};
    all[kOfBiases].rules.emplace_back("absorb_bias");
  }
  all.push_back({"cross_layer", {"cross_layer"}, {}});
  all.push_back({"mixed", {"mixed"}, {}});
  return all;
}

namespace {

// Better by more than luck, draw by draw under the same luck. Of six draws a mean above five standard errors is luck
// once in 500 times (Student's t), and there are ten candidates to be lucky, on few samples.
bool surely_better(const Judged& a, const Judged& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(a.draws.size(), b.draws.size()); ++i)
    differences.push_back(a.draws[i] - b.draws[i]);
  const measures::Spread spread = measures::spread_of(differences);
  const double error = spread.deviation / std::sqrt(static_cast<double>(std::max<std::size_t>(differences.size(), 1)));
  constexpr double kErrors = 5;
  return spread.mean > kLeastGain && spread.mean > kErrors * error;
}

}  // namespace

Tuning tune(Judge& judge, std::vector<Candidate> candidates, graph::FunctionRef<void(std::uint64_t)> progress) {
  Tuning tuning{{judge.untouched()}, 0, judge.calibrated(), judge.scored()};
  for (Candidate& each : candidates) {
    tuning.judged.push_back(judge.judge(std::move(each)));
    const Judged& judged = tuning.judged.back();
    const Judged &best = tuning.judged[tuning.best], &given = tuning.judged[1];
    const bool gains = judged.refused.empty() && judged.gain.mean > kLeastGain && judged.gain.mean > best.gain.mean;
    const bool is_given = tuning.best == 0 || !given.refused.empty() || given.gain.mean <= kLeastGain;
    if (gains && (is_given || surely_better(judged, given))) tuning.best = tuning.judged.size() - 1;
    progress(tuning.judged.size() - 1);
  }
  return tuning;
}

}  // namespace rw::tune
