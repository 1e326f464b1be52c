#include "runtime/pages/node_data.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "graph/formats/text/json_text.hpp"

namespace rw::pages {

std::string node_data(const graph::Network& network, const runtime::Layers& layers) {
  namespace json = graph::json;
  std::string results;
  std::set<std::string_view> told;
  for (const runtime::Layer& each : layers.list) {
    const std::optional<double>& value = each.after ? each.after : each.before;
    if (!value || !std::isfinite(*value) || each.op.empty() || !told.insert(each.op).second) continue;
    results +=
        fmt::format("{}\n  {}: {{\"value\": {:.3f}}}", results.empty() ? "" : ",", json::quoted(each.op), *value);
  }
  // The worst is dark. Measured, more decibels are better; predicted, fewer are.
  const bool more_is_worse = layers.are == runtime::LayersAre::predicted;
  constexpr const char* kWorst = "\"bgColor\": \"#a34a0d\", \"textColor\": \"#ffffff\"";
  constexpr const char* kMiddle = "\"bgColor\": \"#f6c391\", \"textColor\": \"#000000\"";
  constexpr const char* kBest = "\"bgColor\": \"#f4f5f6\", \"textColor\": \"#000000\"";
  const std::string data = fmt::format(
      "{{\"results\": {{{}\n}},\n\"gradient\": [{{\"stop\": 0, {}}}, {{\"stop\": 0.5, {}}}, {{\"stop\": 1, {}}}]}}",
      results, more_is_worse ? kBest : kWorst, kMiddle, more_is_worse ? kWorst : kBest);
  return network.name().empty() ? data + "\n" : fmt::format("{{{}: {}}}\n", json::quoted(network.name()), data);
}

}  // namespace rw::pages
