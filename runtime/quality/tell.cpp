#include "runtime/quality/tell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "graph/base/printable.hpp"
#include "graph/formats/text/json_text.hpp"
#include "runtime/quantizer/grid.hpp"

namespace rw::quality {
namespace {

namespace json_text = graph::json;

std::string number(double value) {
  std::string text;
  json_text::append_number(value, text);
  return text;
}

std::string in_quotes(std::string_view text) { return json_text::quoted(text); }

std::string decibels_text(double value) {
  if (std::isinf(value)) return value > 0 ? "no noise" : "no signal";
  return fmt::format("{:.1f} dB", value);
}

// "41.2 dB +- 0.3"
std::string spread_text(const measures::Spread& spread) {
  if (std::isinf(spread.mean)) return decibels_text(spread.mean);
  return fmt::format("{} +- {:.1f}", decibels_text(spread.mean), spread.deviation);
}

std::string gain_text(const measures::Spread& spread) {
  if (std::isinf(spread.mean)) return spread.mean > 0 ? "all noise" : "all signal";
  return fmt::format("{:+.1f} dB +- {:.1f}", spread.mean, spread.deviation);
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{} of {} ({:.1f} %)", part, whole,
                     whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// Rows of cells, the first row being titles: columns as wide as their widest cell.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], row[i].size());
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{}{:<{}}", i ? "  " : "", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string samples_text(std::uint64_t samples, const Told& data) {
  return graph::plural(samples, data.random ? "drawn sample" : "sample");
}

std::string notes_text(const Told& data) {
  std::string text;
  for (const std::string& note : data.notes) text += fmt::format("note: {}\n", graph::printable(note));
  return text;
}

std::string data_json(const Told& data) {
  return fmt::format("\"random\": {}, \"notes\": {}", data.random, json_text::list(data.notes, in_quotes));
}

// ---- comparisons

std::string ulps_text(const measures::Difference& difference) {
  return std::isinf(difference.largest()) ? "-" : std::to_string(difference.ulps());
}

std::string layers_text(const ComparisonTold& told) {
  std::vector<std::vector<std::string>> rows = {
      {"layer", "operator", "scale", "signal to noise", "largest difference"}};
  for (const LayerDifference& each : told.comparison.layers)
    rows.push_back({graph::printable(each.tensor), graph::printable(each.type),
                    each.least == each.most ? fmt::format("{:.4g}", each.least)
                                            : fmt::format("{:.4g} .. {:.4g}", each.least, each.most),
                    decibels_text(each.decibels), fmt::format("{:.3g}", each.difference.largest())});
  std::string text = "\n" + table(rows);
  if (const LayerDifference* first = told.comparison.parting(told.tolerance))
    text += fmt::format("\nthey part at {} '{}'\n", graph::printable(first->type), graph::printable(first->op));
  return text;
}

std::string difference_json(const measures::Difference& difference) {
  return fmt::format(
      "\"elements\": {}, \"unequal\": {}, \"largest\": {}, \"relative\": {}, \"ulps\": {}, \"decibels\": {}",
      difference.count(), difference.unequal(), number(difference.largest()), number(difference.relative()),
      std::isinf(difference.largest()) ? "null" : std::to_string(difference.ulps()), number(difference.decibels()));
}

// ---- scores

std::vector<double> gains(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> all;
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i)
    all.push_back(before[i] == after[i] ? 0 : after[i] - before[i]);
  return all;
}

std::string outputs_table(const ScoreTold& told) {
  const bool two = told.networks.size() == 2;
  std::vector<std::vector<std::string>> rows(1);
  rows[0].emplace_back("output");
  for (const ScoredNetwork& each : told.networks)
    rows[0].push_back(two ? graph::printable(each.title) : "signal to noise");
  if (two) rows[0].emplace_back("gain");
  const auto add = [&](const std::string& name, const std::function<const std::vector<double>&(const Score&)>& of) {
    std::vector<std::string> row = {name};
    for (const ScoredNetwork& each : told.networks) row.push_back(spread_text(measures::spread_of(of(each.score))));
    if (two)
      row.push_back(gain_text(measures::spread_of(gains(of(told.networks[0].score), of(told.networks[1].score)))));
    rows.push_back(std::move(row));
  };
  const std::size_t outputs = told.networks.front().score.outputs.size();
  for (std::size_t i = 0; i < outputs; ++i)
    add(graph::printable(told.networks.front().score.outputs[i].name),
        [&](const Score& score) -> const std::vector<double>& { return score.outputs[i].decibels; });
  if (outputs > 1) add("all together", [](const Score& score) -> const std::vector<double>& { return score.decibels; });
  return table(rows);
}

std::string classes_text(const ScoreTold& told) {
  std::vector<std::vector<std::string>> rows;
  for (const ScoredNetwork& each : told.networks) {
    if (!each.score.classes) continue;
    const ClassScore& classes = *each.score.classes;
    const std::string who = told.networks.size() == 2 ? graph::printable(each.title) + ": " : "";
    rows.push_back({who + "best class as in float", share_text(classes.equal, classes.rows)});
    if (classes.labelled)
      rows.push_back({who + "best class right", share_text(classes.right, classes.rows) + ", in float " +
                                                    share_text(classes.right_in_float, classes.rows)});
  }
  return rows.empty() ? "" : "\n" + table(rows);
}

// The layers with the most noise; a layer whose noise came in with its input is among them, too.
std::string worst_layers(const ScoredNetwork& network, bool titled) {
  constexpr std::size_t kMost = 8;
  std::vector<const LayerScore*> layers;
  for (const LayerScore& each : network.score.layers)
    if (!std::isinf(each.decibels) || each.decibels < 0) layers.push_back(&each);
  std::stable_sort(layers.begin(), layers.end(),
                   [](const LayerScore* a, const LayerScore* b) { return a->decibels < b->decibels; });
  if (layers.size() > kMost) layers.resize(kMost);
  if (layers.empty()) return {};
  std::string text = titled ? fmt::format("\nnoisiest layers of {}:\n", graph::printable(network.title))
                            : std::string("\nnoisiest layers:\n");
  for (const LayerScore* each : layers)
    text += fmt::format("  {:>9}  {} '{}'\n", decibels_text(each->decibels), graph::printable(each->type),
                        graph::printable(each->op));
  return text;
}

std::string ranges_text(const RangesTold& ranges, const ScoreTold& told) {
  std::string text;
  if (ranges.from_statistics > 0) text = fmt::format("ranges of {} tensors from statistics", ranges.from_statistics);
  if (ranges.observed > 0)
    text += fmt::format("{} of {} tensors from {}{}", text.empty() ? "ranges" : ",", ranges.observed,
                        samples_text(ranges.samples, told.data), ranges.scored_too ? ", which are scored, too" : "");
  return text.empty() ? text : text + "; ";
}

std::string score_json(const ScoredNetwork& network) {
  const Score& score = network.score;
  const auto numbers = [](const std::vector<double>& values) { return json_text::list(values, number); };
  const auto spread = [](const std::vector<double>& values) {
    const measures::Spread of = measures::spread_of(values);
    return fmt::format("\"mean\": {}, \"deviation\": {}", number(of.mean), number(of.deviation));
  };
  std::string text = fmt::format(
      "{{\"network\": {}, \"weights\": {}, \"activations\": {}, \"samples\": {},\n"
      "   \"ranges\": {{\"from_statistics\": {}, \"observed\": {}, \"samples\": {}, \"scored_too\": {}}},\n"
      "   {}, \"decibels\": {},\n   \"outputs\": ",
      in_quotes(network.title), score.constants, score.activations, score.samples, network.ranges.from_statistics,
      network.ranges.observed, network.ranges.samples, network.ranges.scored_too, spread(score.decibels),
      numbers(score.decibels));
  text += json_text::list(score.outputs, [&](const OutputScore& each) {
    return fmt::format("{{\"output\": {}, {}, \"decibels\": {}}}", in_quotes(each.name), spread(each.decibels),
                       numbers(each.decibels));
  });
  if (score.classes)
    text += fmt::format(",\n   \"classes\": {{\"output\": {}, \"rows\": {}, \"as_in_float\": {}{}}}",
                        in_quotes(score.classes->output), score.classes->rows, score.classes->equal,
                        score.classes->labelled ? fmt::format(", \"right\": {}, \"right_in_float\": {}",
                                                              score.classes->right, score.classes->right_in_float)
                                                : "");
  text +=
      ",\n   \"layers\": " +
      json_text::list(
          score.layers,
          [](const LayerScore& each) {
            return fmt::format("\n    {{\"tensor\": {}, \"operator\": {}, \"type\": {}, \"decibels\": {}}}",
                               in_quotes(each.tensor), in_quotes(each.op), in_quotes(each.type), number(each.decibels));
          },
          ",");
  return text + "}";
}

}  // namespace

std::string told_text(const ComparisonTold& told) {
  std::string text = notes_text(told.data);
  text += fmt::format("{} and {} on {}\n\n", graph::printable(told.a), graph::printable(told.b),
                      samples_text(told.comparison.samples, told.data));
  std::vector<std::vector<std::string>> rows = {{"output", "largest difference", "of the largest value",
                                                 "units in the last place", "signal to noise", "best class"}};
  for (const OutputDifference& each : told.comparison.outputs) {
    const measures::Difference& difference = each.difference;
    rows.push_back({graph::printable(each.name), fmt::format("{:.3g}", difference.largest()),
                    fmt::format("{:.3g}", difference.relative()), ulps_text(difference),
                    decibels_text(difference.decibels()),
                    each.top_class ? share_text(each.top_class->equal, each.top_class->rows) : "-"});
  }
  text += table(rows);
  if (!told.comparison.layers.empty()) text += layers_text(told);
  return text + fmt::format("\n{} the tolerance: {:.3g} of an output's largest value, {:.3g} allowed\n",
                            told.within() ? "within" : "beyond", told.comparison.relative(), told.tolerance);
}

std::string told_json(const ComparisonTold& told) {
  std::string text = fmt::format(
      "{{\n\"format\": \"rewrite-engine/compare\", \"version\": 1, \"a\": {}, \"b\": {},\n\"samples\": {}, {},\n"
      "\"relative\": {}, \"tolerance\": {}, \"within\": {},\n\"outputs\": ",
      in_quotes(told.a), in_quotes(told.b), told.comparison.samples, data_json(told.data),
      number(told.comparison.relative()), number(told.tolerance), told.within());
  text += json_text::list(
      told.comparison.outputs,
      [](const OutputDifference& each) {
        return fmt::format("\n  {{\"output\": {}, {}{}}}", in_quotes(each.name), difference_json(each.difference),
                           each.top_class ? fmt::format(", \"classes\": {{\"rows\": {}, \"equal\": {}}}",
                                                        each.top_class->rows, each.top_class->equal)
                                          : "");
      },
      ",");
  if (!told.comparison.layers.empty())
    text +=
        ",\n\"layers\": " +
        json_text::list(
            told.comparison.layers,
            [](const LayerDifference& each) {
              return fmt::format(
                  "\n  {{\"tensor\": {}, \"operator\": {}, \"type\": {}, \"scale\": [{}, {}], \"decibels_scaled\": {}, "
                  "{}}}",
                  in_quotes(each.tensor), in_quotes(each.op), in_quotes(each.type), number(each.least),
                  number(each.most), number(each.decibels), difference_json(each.difference));
            },
            ",");
  return text + "\n}";
}

std::string told_text(const ScoreTold& told) {
  const quantizer::Options& options = told.options.quantizer;
  const ScoredNetwork& last = told.networks.back();
  std::string text = notes_text(told.data);
  text += fmt::format(
      "{}: {} constants (a step for each {}) and {} rounded to {} bits{}{}\n", graph::printable(last.title),
      last.score.constants, options.weights == quantizer::WeightSteps::tensor ? "tensor" : "channel",
      options.activations ? fmt::format("{} activations", last.score.activations) : std::string("no activation"),
      options.bits, options.float_outputs ? ", but for outputs of the network" : "",
      options.fused_silu ? ", x * Sigmoid(x) computed at once" : "");
  text +=
      fmt::format("{}{} scored, in {} draws with steps stretched by up to {:.0f} %\n\n", ranges_text(last.ranges, told),
                  samples_text(last.score.samples, told.data), told.options.draws, 100 * told.options.jitter);
  text += outputs_table(told) + classes_text(told);
  for (const ScoredNetwork& each : told.networks) text += worst_layers(each, told.networks.size() == 2);
  return text;
}

std::string told_json(const ScoreTold& told) {
  const quantizer::Options& options = told.options.quantizer;
  std::string text = fmt::format(
      "{{\n\"format\": \"rewrite-engine/score\", \"version\": 1, \"bits\": {}, \"weights\": \"{}\", \"activations\": "
      "\"{}\",\n\"draws\": {}, \"jitter\": {}, {},\n",
      options.bits, options.weights == quantizer::WeightSteps::tensor ? "tensor" : "channel",
      options.activations ? "tensor" : "none", told.options.draws, number(told.options.jitter), data_json(told.data));
  if (told.networks.size() == 2) {
    const measures::Spread won = gain(told.networks[0].score, told.networks[1].score);
    text += fmt::format("\"gain\": {{\"mean\": {}, \"deviation\": {}}},\n", number(won.mean), number(won.deviation));
  }
  text +=
      "\"networks\": " + json_text::list(
                             told.networks, [](const ScoredNetwork& each) { return "\n  " + score_json(each); }, ",");
  return text + "\n}";
}

}  // namespace rw::quality
