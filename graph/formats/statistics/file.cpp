#include "graph/formats/statistics/file.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

#include "graph/formats/statistics/entries.hpp"
#include "graph/formats/text/json_text.hpp"

namespace rw::graph {

std::string scaled_statistics(const Model& model, const Rewriting& rewriting) {
  std::map<TensorId, const StatisticEdit*> edits;
  for (const StatisticEdit& each : rewriting.statistics) edits[each.tensor] = &each;
  std::string text;
  for (const Statistic& entry : model.statistics.entries()) {
    const auto found = entry.tensor == kNone ? edits.end() : edits.find(entry.tensor);
    const StatisticEdit* edit = found == edits.end() ? nullptr : found->second;
    if (edit && edit->scale.empty()) continue;
    text += fmt::format("{}\n  {}: {}", text.empty() ? "" : ",", json::quoted(entry.name), scaled_entry(entry, edit));
  }
  return "{" + text + "\n}";
}

void write_statistics_beside(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out,
                             Output& output) {
  if (model.statistics.empty()) return;
  const std::string mark = output.mark().value_or(model.mark.text);
  const std::string text = fmt::format("{{\"format\": \"rewrite-engine/stats\", {}\"version\": 1, \"tensors\": {}}}\n",
                                       mark.empty() ? "" : fmt::format("\"mark\": {}, ", json::quoted(mark)),
                                       scaled_statistics(model, rewriting));
  std::filesystem::path path = out;
  path.replace_extension(".stats.json");
  output.add(path, text.size()).write(text);
}

}  // namespace rw::graph
