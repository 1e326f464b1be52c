#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/base/printable.hpp"
#include "graph/formats/text/json_text.hpp"
#include "runtime/tune/tune.hpp"

namespace rw::tune {
namespace {

std::string in_decibels(const measures::Spread& spread, std::string_view form) {
  if (!std::isfinite(spread.mean)) return "inf";
  return fmt::format(fmt::runtime(form), spread.mean, spread.deviation);
}

std::string line(const Tuning& tuning, std::size_t index, std::size_t width) {
  const Judged& judged = tuning.judged[index];
  const std::string name =
      fmt::format("{} {:<{}}", index == tuning.best ? "*" : " ", graph::printable(judged.candidate.title), width);
  if (!judged.refused.empty()) return fmt::format("{}  left out: {}\n", name, graph::printable(judged.refused));
  std::string text = fmt::format("{}  {:>16}", name, in_decibels(judged.decibels, "{:.1f} dB ± {:.1f}"));
  if (index > 0) text += fmt::format("  {:>16}", in_decibels(judged.gain, "{:+.1f} dB ± {:.1f}"));
  return text + "\n";
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

}  // namespace

std::string told_text(const Tuning& tuning) {
  std::size_t width = 0;
  for (const Judged& each : tuning.judged) width = std::max(width, graph::printable(each.candidate.title).size());
  std::string text = fmt::format(
      "\ntuned: ranges from {} samples, signal to noise on {} others with the luck of rounding drawn anew for each "
      "batch\n",
      tuning.calibrated, tuning.scored);
  for (std::size_t i = 0; i < tuning.judged.size(); ++i) text += line(tuning, i, width);
  if (tuning.best == 0) text += fmt::format("none gains more than {} dB: the network stays as it is\n", kLeastGain);
  return text;
}

std::string told_json(const Tuning& tuning) {
  std::string all;
  for (const Judged& each : tuning.judged)
    all += fmt::format("{}\n  {{\"title\": {}, \"decibels\": {}, \"deviation\": {}, \"gain\": {}, \"refused\": {}}}",
                       all.empty() ? "" : ",", graph::json::quoted(each.candidate.title), number(each.decibels.mean),
                       number(each.decibels.deviation), number(each.gain.mean),
                       each.refused.empty() ? "null" : graph::json::quoted(each.refused));
  return fmt::format("{{\"calibrated\": {}, \"scored\": {}, \"best\": {}, \"candidates\": [{}]}}", tuning.calibrated,
                     tuning.scored, tuning.best, all);
}

}  // namespace rw::tune
