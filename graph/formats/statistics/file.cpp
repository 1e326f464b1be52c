#include "graph/formats/statistics/file.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/parallel.hpp"
#include "graph/formats/statistics/entries.hpp"
#include "graph/formats/text/json_text.hpp"

namespace rw::graph {

void append_scaled_statistics(const Model& model, const Rewriting& rewriting, std::string& out) {
  constexpr std::size_t kWorthAThread = 8;  // entries
  std::map<TensorId, const StatisticEdit*> edits;
  for (const StatisticEdit& each : rewriting.statistics) edits[each.tensor] = &each;
  const auto entries = model.statistics.entries();
  std::vector<std::string> texts(entries.size());  // empty: the entry goes
  parallel_for_parts(entries.size(), kWorthAThread, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const Statistic& entry = entries[i];
      const auto found = entry.tensor == kNone ? edits.end() : edits.find(entry.tensor);
      const StatisticEdit* edit = found == edits.end() ? nullptr : found->second;
      if (!edit || !edit->scale.empty()) texts[i] = scaled_entry(entry, edit);
    }
  });
  std::size_t size = out.size();
  for (std::size_t i = 0; i < texts.size(); ++i) size += texts[i].size() + entries[i].name.size() + 16;
  out.reserve(size);
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    out += std::exchange(first, false) ? "\n  " : ",\n  ";
    out += json::quoted(entries[i].name);
    out += ": ";
    out += texts[i];
  }
  out += "\n}";
}

void write_statistics_beside(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out,
                             Output& output) {
  if (model.statistics.empty()) return;
  const std::string mark = output.mark().value_or(model.mark.text);
  std::string text = fmt::format("{{\"format\": \"rewrite-engine/stats\", {}\"version\": 1, \"tensors\": ",
                                 mark.empty() ? "" : fmt::format("\"mark\": {}, ", json::quoted(mark)));
  append_scaled_statistics(model, rewriting, text);
  text += "}\n";
  std::filesystem::path path = out;
  path.replace_extension(".stats.json");
  output.add(path, text.size()).write(text);
}

}  // namespace rw::graph
