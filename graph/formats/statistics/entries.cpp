#include "graph/formats/statistics/entries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "graph/base/mapped_file.hpp"
#include "graph/base/name_table.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/splices.hpp"

namespace rw::graph {
namespace {

// The keys that are read hold one number for each channel.
struct SeriesRow {
  std::string_view key;
  bool needed;
  Follows follows;
  std::span<const double> Statistic::*member;
};
constexpr std::array<SeriesRow, 4> kSeries = {{
    {"min", true, Follows::value, &Statistic::min},
    {"max", true, Follows::value, &Statistic::max},
    {"mean", false, Follows::value, &Statistic::mean},
    {"mean_square", false, Follows::square, &Statistic::mean_square},
}};

// Further keys that others write: numbers for each channel, too.
struct FurtherRow {
  std::string_view key;
  Follows follows;
};
constexpr std::array<FurtherRow, 9> kFurther = {{
    {"positive", Follows::sign},
    {"zero", Follows::sign},
    {"median", Follows::value},
    {"std", Follows::spread},
    {"variance", Follows::spread_square},
    {"count", Follows::nothing},
    {"counts", Follows::nothing},
    {"share", Follows::sign},
    {"zeros", Follows::sign},
}};

// {"edges": a list for each channel, "counts": ...}, or {"low": a number for each channel, "width": the same, ...}
constexpr std::string_view kHistogram = "histogram";

const SeriesRow* series(std::string_view key) {
  for (const SeriesRow& row : kSeries)
    if (row.key == key) return &row;
  return nullptr;
}

// "p99.9"
bool is_percentile(std::string_view key) {
  return key.size() > 1 && key[0] == 'p' && key.find_first_not_of("0123456789.", 1) == std::string_view::npos;
}

Follows follows(std::string_view key) {
  if (const SeriesRow* row = series(key)) return row->follows;
  for (const FurtherRow& row : kFurther)
    if (row.key == key) return row.follows;
  return is_percentile(key) ? Follows::value : Follows::unknown;
}

// It cannot change with the values: a text, a truth, null; nor can a number that is not finite.
bool is_word(const json::Value& value) {
  return value.special() || value.kind() == json::Kind::string || value.kind() == json::Kind::boolean ||
         value.kind() == json::Kind::null;
}

std::span<const double> read_series(json::Value& value, std::string_view key, Arena& arena,
                                    std::vector<double>& buffer) {
  buffer.clear();
  try {
    value.numbers(buffer, json::Specials::any);
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

void check_series(const json::Value& value, Statistic& entry) {
  for (const SeriesRow& row : kSeries) {
    const std::size_t size = (entry.*row.member).size();
    if (row.needed && size == 0) throw value.error(fmt::format("the key \"{}\" is missing", row.key));
    if (size != 0 && size != entry.min.size())
      throw value.error(fmt::format("\"min\" has {} numbers, \"{}\" has {}", entry.min.size(), row.key, size));
  }
  for (std::size_t i = 0; i < entry.min.size(); ++i) {
    const bool finite = std::isfinite(entry.min[i]) && std::isfinite(entry.max[i]);
    entry.finite &= finite;
    if (finite && entry.min[i] > entry.max[i])
      throw value.error(fmt::format("channel {}: min {} is larger than max {}", i, entry.min[i], entry.max[i]));
  }
}

// Whether a key that is not read is left out where the tensor is scaled: nobody knows what its numbers are, or they are
// not in a form that can be scaled.
bool is_strange(std::string_view key, const json::Value& value) {
  if (is_word(value)) return false;
  if (key == kHistogram) return value.kind() != json::Kind::object;
  const Follows how = follows(key);
  const bool scaled = how != Follows::nothing && how != Follows::sign;
  return how == Follows::unknown || (scaled && value.kind() != json::Kind::array);
}

class EntryReader {
 public:
  EntryReader(Network& network, std::string_view whole) : network_(network), whole_(whole) {}

  Statistic read(std::string_view name, json::Value& value) {
    Statistic entry;
    strangers_.clear();
    entry.name = network_.arena().store(name);
    if (const auto id = network_.find(name); id && *id != kNone) entry.tensor = *id;
    if (value.kind() == json::Kind::array)
      read_range(value, entry);
    else
      read_object(value, entry);
    entry.strangers = network_.arena().store(std::span<const std::string_view>(strangers_));
    // An axis from the end counts from the start where the rank is known by now.
    if (entry.axis < 0 && entry.tensor != kNone)
      if (const auto axis = network_.tensor(entry.tensor).shape.axis(entry.axis)) entry.axis = *axis;
    entry.text = json::cut(whole_, value.range());
    return entry;
  }

 private:
  // [lo, hi], of the whole tensor.
  void read_range(json::Value& value, Statistic& entry) {
    buffer_.clear();
    value.numbers(buffer_, json::Specials::any);
    if (buffer_.size() != 2)
      throw value.error(fmt::format("expected an object, or two numbers [lo, hi], found a list of {}", buffer_.size()));
    const auto range = network_.arena().store(std::span<const double>(buffer_));
    entry.min = range.first(1);
    entry.max = range.last(1);
    entry.whole = true;
    check_series(value, entry);
  }

  // A list with a number for each channel, or one number for the whole tensor.
  std::span<const double> read_numbers(json::Value& value, std::string_view key, Statistic& entry) {
    const auto special = value.special();
    if (!special && value.kind() != json::Kind::number) return read_series(value, key, network_.arena(), buffer_);
    entry.whole = true;
    return {network_.arena().keep(special ? *special : value.number()), 1};
  }

  void read_object(json::Value& value, Statistic& entry) {
    unsigned seen = 0;
    value.object([&](std::string_view key, json::Value& member) {
      const SeriesRow* row = series(key);
      if (!row && key != "axis") {
        if (is_strange(key, member)) strangers_.push_back(network_.arena().store(key));
        return member.check(json::Specials::any);
      }
      const auto index = row ? static_cast<std::size_t>(row - kSeries.data()) : kSeries.size();
      const unsigned bit = 1U << index;
      if ((seen & bit) != 0) throw member.duplicate(key);
      seen |= bit;
      if (row) {
        entry.*row->member = read_numbers(member, key, entry);
      } else if (member.kind() == json::Kind::null) {
        entry.whole = true;
        member.check();
      } else {
        entry.axis = read_axis(member);
      }
    });
    check_series(value, entry);
    if (entry.whole && entry.min.size() != 1)
      throw value.error(fmt::format("it is of the whole tensor, and \"min\" has {} numbers", entry.min.size()));
  }

  Network& network_;
  std::string_view whole_;
  std::vector<double> buffer_;
  std::vector<std::string_view> strangers_;
};

}  // namespace

std::span<const std::string_view> statistic_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> out;
    for (const SeriesRow& row : kSeries) out.push_back(row.key);
    for (const FurtherRow& row : kFurther) out.push_back(row.key);
    return out;
  }();
  return keys;
}

std::optional<KeyNumbers> numbers_of_key(const Statistic& entry, std::string_view key) {
  KeyNumbers out;
  out.follows = follows(key);
  if (const SeriesRow* row = series(key)) {
    const std::span<const double> values = entry.*row->member;
    out.values.assign(values.begin(), values.end());
  } else if (!entry.whole) {
    try {
      std::string text(entry.text);
      const json::Range all = {0, static_cast<std::uint32_t>(text.size())};
      text.append(MappedFile::kPadding, ' ');
      json::Document(text, all).read([&](json::Value& value) {
        value.find(key, [&](json::Value& member) {
          if (member.kind() == json::Kind::array) member.numbers(out.values, json::Specials::any);
        });
      });
    } catch (const Error&) {  // a table of another tool, whose entries have another form
      return std::nullopt;
    }
  }
  const bool finite =
      std::all_of(out.values.begin(), out.values.end(), [](double each) { return std::isfinite(each); });
  const bool fits = out.values.size() == entry.min.size();
  if (out.values.empty() || !finite || !fits || out.follows == Follows::unknown) return std::nullopt;
  return out;
}

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

// The text of an entry with its numbers as an edit leaves them.
class EntryWriter {
 public:
  EntryWriter(const Statistic& entry, const StatisticEdit& edit) : entry_(entry), edit_(edit) {}

  std::string write() {
    if (entry_.whole) return by_channel();
    std::string padded(entry_.text);
    padded.append(MappedFile::kPadding, ' ');
    const auto length = static_cast<std::uint32_t>(entry_.text.size());
    json::Document document(padded, {0, length});
    document.read(
        [&](json::Value& root) { root.object([&](std::string_view key, json::Value& value) { take(key, value); }); });
    splices_.remove_items(entry_.text, removed_);
    return splices_.apply(entry_.text);
  }

 private:
  // The range of the whole tensor was that of each channel; now each has its own. What else the entry told of the
  // tensor is true of none of them.
  std::string by_channel() const {
    const auto numbers = [&](std::string_view key, double value) {
      return list(*after(key, Follows::value, std::vector<double>(edit_.scale.size(), value)));
    };
    return fmt::format("{{\"axis\": {}, \"min\": {}, \"max\": {}}}", edit_.axis, numbers("min", entry_.min[0]),
                       numbers("max", entry_.max[0]));
  }

  void take(std::string_view key, json::Value& value) {
    const std::uint32_t begin = value.key_begin();
    const Follows how = follows(key);
    if (key == "axis" || how == Follows::nothing || is_word(value)) return value.skip();
    if (key == kHistogram && value.kind() == json::Kind::object) return take_histogram(begin, value);
    if (how == Follows::sign && edit_.shift.empty()) return value.skip();
    std::vector<double> read;
    const SeriesRow* row = series(key);
    if (row)
      value.skip();
    else
      read = numbers_of(value, how != Follows::unknown && how != Follows::sign);
    const std::span<const double> numbers = row ? entry_.*row->member : read;
    const auto changed = numbers.size() == edit_.scale.size() ? after(key, how, numbers) : std::nullopt;
    if (changed)
      splices_.replace(value.range(), list(*changed));
    else
      removed_.push_back({begin, value.range().end});
  }

  using Pieces = std::vector<std::pair<json::Range, std::string>>;

  // Edges are values, a list of them for each channel; or the first edge is ("low"), and the width of the bins is a
  // distance. What else it holds are counts.
  void take_histogram(std::uint32_t begin, json::Value& value) {
    Pieces pieces;
    bool found = false, fits = true;
    value.object([&](std::string_view key, json::Value& each) {
      const bool bins = key == "low" || key == "width";
      if ((key != "edges" && !bins) || is_word(each) || each.kind() != json::Kind::array) return each.skip();
      found = true;
      fits &=
          bins ? take_bins(each, key == "low" ? Follows::value : Follows::spread, pieces) : take_edges(each, pieces);
    });
    if (!found || !fits) return removed_.push_back({begin, value.range().end});
    for (auto& [range, text] : pieces) splices_.replace(range, std::move(text));
  }

  // Each gives back whether there is something for each channel.
  bool take_edges(json::Value& value, Pieces& pieces) {
    std::size_t channels = 0;
    bool complete = true;
    value.array([&](json::Value& edges) {
      std::vector<double> numbers = numbers_of(edges, true);
      const std::size_t channel = channels++;
      complete &= !numbers.empty();
      if (channel >= edit_.scale.size()) return;
      for (double& number : numbers)
        number = finite(kHistogram, channel, number, (number - shift(channel)) * edit_.scale[channel]);
      pieces.emplace_back(edges.range(), list(numbers));
    });
    return complete && channels == edit_.scale.size();
  }

  bool take_bins(json::Value& value, Follows how, Pieces& pieces) {
    const std::vector<double> numbers = numbers_of(value, true);
    if (numbers.size() != edit_.scale.size()) return false;
    pieces.emplace_back(value.range(), list(*after(kHistogram, how, numbers)));
    return true;
  }

  static std::vector<double> numbers_of(json::Value& value, bool wanted) {
    std::vector<double> numbers;
    if (wanted && !is_word(value) && value.kind() == json::Kind::array)
      value.numbers(numbers, json::Specials::any);
    else
      value.skip();
    return numbers;
  }

  double shift(std::size_t channel) const { return edit_.shift.empty() ? 0 : edit_.shift[channel]; }

  // Has no value where it does not follow from what is there.
  std::optional<std::vector<double>> after(std::string_view key, Follows how, std::span<const double> before) const {
    std::vector<double> result;
    result.reserve(before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double s = edit_.scale[i], c = shift(i), v = before[i];
      if (how == Follows::square && c != 0 && (entry_.mean.empty() || !std::isfinite(entry_.mean[i])))
        return std::nullopt;
      const double mean = entry_.mean.empty() || c == 0 ? 0 : entry_.mean[i];
      const double changed = how == Follows::value    ? (v - c) * s
                             : how == Follows::spread ? v * s
                             : how == Follows::square ? (v - 2 * c * mean + c * c) * s * s
                                                      : v * s * s;
      result.push_back(finite(key, i, v, changed));
    }
    return result;
  }

  double finite(std::string_view key, std::size_t channel, double before, double changed) const {
    if (std::isfinite(changed) || !std::isfinite(before)) return changed;
    throw Error(
        "", fmt::format("calibration '{}'", entry_.name),
        fmt::format("\"{}\", channel {}: {} scaled by {} is too large", key, channel, before, edit_.scale[channel]));
  }

  static std::string list(std::span<const double> numbers) {
    constexpr std::size_t kUsual = 20;  // characters of a number
    std::string text = "[";
    text.reserve(kUsual * numbers.size());
    for (const double number : numbers) {
      if (text.size() > 1) text += ", ";
      json::append_number(number, text);
    }
    return text + "]";
  }

  const Statistic& entry_;
  const StatisticEdit& edit_;
  Splices splices_;
  std::vector<json::Range> removed_;
};

// The text of an entry with the numbers that JSON cannot write in quotes, where Python wrote them without.
std::string with_quotes(std::string text) {
  if (text.find("NaN") == std::string::npos && text.find("Infinity") == std::string::npos) return text;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWords = {
      {{"NaN", "\"nan\""}, {"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}}};
  std::string result;
  bool inside = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(text).substr(i);
    const auto* word = std::find_if(kWords.begin(), kWords.end(),
                                    [&](const auto& each) { return !inside && rest.starts_with(each.first); });
    if (word != kWords.end()) {
      result += word->second;
      i += word->first.size();
      continue;
    }
    const std::size_t size = inside && rest[0] == '\\' ? 2 : 1;
    inside ^= rest[0] == '"';
    result += rest.substr(0, size);
    i += size;
  }
  return result;
}

}  // namespace

std::string scaled_entry(const Statistic& entry, const StatisticEdit* edit) {
  return with_quotes(edit ? EntryWriter(entry, *edit).write() : std::string(entry.text));
}

}  // namespace rw::graph
