#include "graph/formats/statistics/entries.hpp"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cmath>

#include "graph/base/name_table.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/splices.hpp"

namespace rw::graph {
namespace {

// The keys that hold one number for each channel: how they change with the scale of the tensor, and where they go.
struct SeriesRow {
  std::string_view key;
  bool needed;
  int power;  // of the scale
  std::span<const double> Statistic::*member;
};
constexpr std::array<SeriesRow, 4> kSeries = {{
    {"min", true, 1, &Statistic::min},
    {"max", true, 1, &Statistic::max},
    {"mean", false, 1, &Statistic::mean},
    {"mean_square", false, 2, &Statistic::mean_square},
}};

const SeriesRow* series(std::string_view key) {
  for (const SeriesRow& row : kSeries)
    if (row.key == key) return &row;
  return nullptr;
}

std::span<const double> read_series(json::Value& value, std::string_view key, Arena& arena,
                                    std::vector<double>& buffer) {
  buffer.clear();
  try {
    value.numbers(buffer);
  } catch (const Error& error) {
    throw Error("", error.place, fmt::format("\"{}\": {}", key, error.message));
  }
  if (buffer.empty()) throw value.error(fmt::format("\"{}\" is empty, expected a number for each channel", key));
  return arena.store(std::span<const double>(buffer));
}

int read_axis(json::Value& value) {
  const std::int64_t axis = value.integer();
  if (axis < -kMaxRank || axis >= kMaxRank) throw value.error(fmt::format("\"axis\" is {}, which no tensor has", axis));
  return static_cast<int>(axis);
}

void check_series(const json::Value& value, const Statistic& entry) {
  for (const SeriesRow& row : kSeries) {
    const std::size_t size = (entry.*row.member).size();
    if (row.needed && size == 0) throw value.error(fmt::format("the key \"{}\" is missing", row.key));
    if (size != 0 && size != entry.min.size())
      throw value.error(fmt::format("\"min\" has {} numbers, \"{}\" has {}", entry.min.size(), row.key, size));
  }
  for (std::size_t i = 0; i < entry.min.size(); ++i)
    if (entry.min[i] > entry.max[i])
      throw value.error(fmt::format("channel {}: min {} is larger than max {}", i, entry.min[i], entry.max[i]));
}

class EntryReader {
 public:
  EntryReader(Network& network, std::string_view whole) : network_(network), whole_(whole) {}

  Statistic read(std::string_view name, json::Value& value) {
    Statistic entry;
    entry.name = network_.arena().store(name);
    if (const auto id = network_.find(name); id && *id != kNone) entry.tensor = *id;
    unsigned seen = 0;
    value.object([&](std::string_view key, json::Value& member) {
      const SeriesRow* row = series(key);
      if (!row && key != "axis") return member.check();
      const auto index = row ? static_cast<std::size_t>(row - kSeries.data()) : kSeries.size();
      const unsigned bit = 1U << index;
      if ((seen & bit) != 0) throw member.duplicate(key);
      seen |= bit;
      if (!row) {
        entry.axis = read_axis(member);
        return;
      }
      entry.*row->member = read_series(member, key, network_.arena(), buffer_);
      entry.lists[index] = json::cut(whole_, member.range());
    });
    check_series(value, entry);
    // An axis from the end counts from the start where the rank is known by now.
    if (entry.axis < 0 && entry.tensor != kNone)
      if (const auto axis = network_.tensor(entry.tensor).shape.axis(entry.axis)) entry.axis = *axis;
    entry.text = json::cut(whole_, value.range());
    return entry;
  }

 private:
  Network& network_;
  std::string_view whole_;
  std::vector<double> buffer_;
};

}  // namespace

void read_calibration(json::Value& object, std::string_view whole, Network& network, Statistics& statistics,
                      std::vector<StatisticText>& entries) {
  EntryReader reader(network, whole);
  NameTable names;
  const auto name_of = [&](std::uint32_t index) { return entries[index].entry.name; };
  object.object([&](std::string_view name, json::Value& value) {
    try {
      const Statistic entry = reader.read(name, value);
      const auto fresh = static_cast<std::uint32_t>(entries.size());
      if (names.intern(entry.name, fresh, name_of) != fresh) throw value.duplicate(name);
      statistics.add(entry);
      entries.push_back({entry, value.key_begin(), value.range()});
    } catch (const Error& error) {
      throw json::at_place(error, fmt::format("calibration '{}'", name));
    }
  });
}

namespace {

std::string scaled_series(const Statistic& entry, const SeriesRow& row, std::span<const double> scale) {
  const std::span<const double> values = entry.*row.member;
  assert(values.size() == scale.size());  // the runtime gives a scale for each channel
  std::string text = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ", ";
    double scaled = values[i];
    for (int times = 0; times < row.power; ++times) scaled *= scale[i];
    if (!std::isfinite(scaled))
      throw Error("", fmt::format("calibration '{}'", entry.name),
                  fmt::format("\"{}\", channel {}: {} scaled by {} is too large", row.key, i, values[i], scale[i]));
    json::append_number(scaled, text);
  }
  return text + "]";
}

}  // namespace

std::string scaled_entry(const Statistic& entry, const StatisticEdit* edit) {
  if (!edit) return std::string(entry.text);
  Splices splices;
  for (std::size_t i = 0; i < kSeries.size(); ++i) {
    if (entry.lists[i].empty()) continue;
    const auto begin = static_cast<std::uint32_t>(entry.lists[i].data() - entry.text.data());
    splices.replace({begin, begin + static_cast<std::uint32_t>(entry.lists[i].size())},
                    scaled_series(entry, kSeries[i], edit->scale));
  }
  return splices.apply(entry.text);
}

}  // namespace rw::graph
