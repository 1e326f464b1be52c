#include "runtime/calibrate/merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/base/error.hpp"
#include "graph/base/mapped_file.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/text/json.hpp"

namespace rw::calibrate {
namespace {

namespace json = graph::json;
using graph::Error;

constexpr std::uint64_t kMostCount = std::uint64_t{1} << 53U;  // that a share can be counted back from

// An entry as it stands there, before its parts are put together.
struct EntryParts {
  std::optional<int> axis = 1;
  std::vector<double> min, max, mean, mean_square, positive, zero, low, width;
  std::vector<std::vector<std::int64_t>> bins;
  std::uint64_t count = 0;
};

struct SeriesRow {
  std::string_view key;
  std::vector<double> EntryParts::*member;
};
constexpr std::array<SeriesRow, 6> kSeries = {{
    {"min", &EntryParts::min},
    {"max", &EntryParts::max},
    {"mean", &EntryParts::mean},
    {"mean_square", &EntryParts::mean_square},
    {"positive", &EntryParts::positive},
    {"zero", &EntryParts::zero},
}};

void read_histogram(json::Value& value, EntryParts& parts) {
  value.object([&](std::string_view key, json::Value& member) {
    if (key == "low") return member.numbers(parts.low);
    if (key == "width") return member.numbers(parts.width);
    if (key != "counts") return member.check();
    member.array([&](json::Value& channel) {
      parts.bins.emplace_back();
      channel.integers(parts.bins.back());
    });
  });
}

void read_numbers(json::Value& value, std::vector<double>& numbers) {
  if (value.kind() == json::Kind::number)
    numbers.push_back(value.number());
  else
    value.numbers(numbers);
}

EntryParts read_parts(json::Value& value) {
  EntryParts parts;
  if (value.kind() == json::Kind::array) {  // [lo, hi]
    std::vector<double> range;
    value.numbers(range);
    if (range.size() != 2) throw value.error("a range is two numbers, [lo, hi]");
    return {.axis = {}, .min = {range[0]}, .max = {range[1]}};
  }
  value.object([&](std::string_view key, json::Value& member) {
    for (const SeriesRow& row : kSeries)
      if (key == row.key) {
        if (member.kind() == json::Kind::number) parts.axis.reset();
        if (!(parts.*row.member).empty()) throw member.duplicate(key);
        return read_numbers(member, parts.*row.member);
      }
    if (key == "histogram") return read_histogram(member, parts);
    if (key == "count" && member.kind() == json::Kind::number) {
      const std::int64_t count = member.integer();
      if (count < 1 || static_cast<std::uint64_t>(count) > kMostCount) throw member.error("no number of values");
      parts.count = static_cast<std::uint64_t>(count);
      return;
    }
    if (key != "axis") return member.check();
    if (member.kind() == json::Kind::null) {
      parts.axis.reset();
      return member.check();
    }
    parts.axis = static_cast<int>(std::clamp<std::int64_t>(member.integer(), -1000, 1000));
  });
  return parts;
}

std::uint64_t counted(double share, std::uint64_t count) {
  if (!(share >= 0 && share <= 1)) throw Error("", "", fmt::format("a share is {}", share));
  return static_cast<std::uint64_t>(std::llround(share * static_cast<double>(count)));
}

// The bins of a channel, whose range is known. Error: they are not those of its range and count.
void put_bins(const EntryParts& parts, std::size_t i, Channel& channel) {
  const auto wrong = [](const char* what) { return Error("", "", fmt::format("\"histogram\": {}", what)); };
  const int exponent = Histogram::exponent_for(static_cast<double>(channel.min), static_cast<double>(channel.max));
  const double width = std::ldexp(1.0, exponent), first = parts.low[i] / width;
  if (parts.width[i] != width || first != std::floor(static_cast<double>(channel.min) / width))
    throw wrong("its bins are not those that calibrate makes for the range; a rewriting has scaled it");
  channel.histogram.reach(static_cast<double>(channel.min), static_cast<double>(channel.max));
  std::int64_t at = channel.histogram.first();
  const std::int64_t end = at + static_cast<std::int64_t>(channel.histogram.size());
  std::uint64_t left = parts.count;
  for (const std::int64_t each : parts.bins[i]) {
    if (each < -Histogram::kBins || at >= end) throw wrong("more bins than its range has");
    if (each <= 0) {
      at -= each;
      continue;
    }
    if (static_cast<std::uint64_t>(each) > left) throw wrong("its counts are more than \"count\"");
    left -= static_cast<std::uint64_t>(each);
    channel.histogram.add(at++, exponent, static_cast<std::uint64_t>(each));
  }
  if (left > 0) throw wrong("its counts are fewer than \"count\"");
}

TensorTotals totals_of(const EntryParts& parts) {
  const std::size_t channels = parts.min.size();
  if (channels == 0 || parts.max.size() != channels)
    throw Error("", "", "expected \"min\" and \"max\" with a number for each channel");
  const bool counted_all = parts.count > 0 && parts.mean.size() == channels && parts.mean_square.size() == channels &&
                           parts.positive.size() == channels && parts.zero.size() == channels &&
                           parts.low.size() == channels && parts.width.size() == channels &&
                           parts.bins.size() == channels;
  if (parts.count > 0 && !parts.low.empty() && !counted_all)
    throw Error("", "", fmt::format("\"min\" has {} numbers, and other lists have more or fewer", channels));
  TensorTotals tensor{parts.axis, counted_all ? parts.count : 0, std::vector<Channel>(channels)};
  const auto count = static_cast<double>(parts.count);
  for (std::size_t i = 0; i < channels; ++i) {
    Channel& channel = tensor.channels[i];
    channel.min = static_cast<float>(parts.min[i]);
    channel.max = static_cast<float>(parts.max[i]);
    if (!(channel.min <= channel.max) || !std::isfinite(channel.min) || !std::isfinite(channel.max))
      throw Error("", "", fmt::format("channel {}: its range is from {} to {}", i, parts.min[i], parts.max[i]));
    if (!counted_all) continue;
    channel.sum = parts.mean[i] * count;
    channel.squares = parts.mean_square[i] * count;
    channel.positive = counted(parts.positive[i], parts.count);
    channel.zero = counted(parts.zero[i], parts.count);
    if (channel.positive + channel.zero > parts.count) throw Error("", "", "its shares are more than 1");
    put_bins(parts, i, channel);
  }
  return tensor;
}

void read_entries(json::Value& object, Totals& totals) {
  object.object([&](std::string_view name, json::Value& value) {
    try {
      if (!totals.tensors.try_emplace(std::string(name)).second) throw value.duplicate(name);
      totals.tensors[std::string(name)] = totals_of(read_parts(value));
    } catch (const Error& error) {
      throw json::at_place(error, fmt::format("calibration '{}'", name));
    }
  });
}

void read_data(json::Value& object, Totals& totals) {
  object.object([&](std::string_view key, json::Value& value) {
    if (key == "samples")
      totals.samples = static_cast<std::uint64_t>(std::max<std::int64_t>(value.integer(), 0));
    else if (key == "random" && value.kind() == json::Kind::boolean)
      totals.random = value.boolean();
    else if (key == "from" && value.kind() == json::Kind::array)
      value.array([&](json::Value& each) { totals.from.emplace_back(each.string()); });
    else
      value.check();
  });
}

void read_root(json::Value& root, Totals& totals) {
  bool wrapped = false;
  root.find("format", [&](json::Value& value) { wrapped = value.kind() == json::Kind::string; });
  if (!wrapped) return read_entries(root, totals);
  root.object([&](std::string_view key, json::Value& value) {
    if (key == "tensors") return read_entries(value, totals);
    if (key == "data" && value.kind() == json::Kind::object) return read_data(value, totals);
    if (key == "format" && value.string() != "rewrite-engine/stats")
      throw value.expected("\"format\" to be \"rewrite-engine/stats\"");
    if (key != "format") value.check();
  });
}

void add(const Channel& part, Channel& whole) {
  whole.min = std::min(whole.min, part.min);
  whole.max = std::max(whole.max, part.max);
  whole.positive += part.positive;
  whole.zero += part.zero;
  whole.sum += part.sum;
  whole.squares += part.squares;
  if (part.histogram.empty() || whole.histogram.empty()) return;
  whole.histogram.reach(static_cast<double>(whole.min), static_cast<double>(whole.max));
  for (std::size_t i = 0; i < part.histogram.size(); ++i)
    if (const std::uint64_t count = part.histogram.count(i); count > 0)
      whole.histogram.add(part.histogram.first() + static_cast<std::int64_t>(i), part.histogram.exponent(), count);
}

void add(const TensorTotals& part, TensorTotals& whole) {
  if (part.axis != whole.axis || part.channels.size() != whole.channels.size())
    throw Error(
        "", "",
        fmt::format("it has {}{} here, and {}{} in the files before", graph::plural(part.channels.size(), "channel"),
                    part.axis ? fmt::format(" along axis {}", *part.axis) : "", whole.channels.size(),
                    whole.axis ? fmt::format(" along axis {}", *whole.axis) : ""));
  for (std::size_t i = 0; i < whole.channels.size(); ++i) add(part.channels[i], whole.channels[i]);
  whole.count = part.count == 0 || whole.count == 0 ? 0 : whole.count + part.count;
}

}  // namespace

Totals read_totals(const std::filesystem::path& path) {
  const auto file = graph::MappedFile::open(path);
  Totals totals;
  try {
    json::Document document(file->text());
    document.read([&](json::Value& root) { read_root(root, totals); });
  } catch (const Error& error) {
    throw graph::printable(error, path.string());
  }
  file->check_intact();
  return totals;
}

Totals add_up(std::span<const Totals> parts, std::span<const std::filesystem::path> names) {
  Totals whole;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    whole.samples += parts[i].samples;
    whole.random |= parts[i].random;
    whole.from.insert(whole.from.end(), parts[i].from.begin(), parts[i].from.end());
    for (const auto& [name, tensor] : parts[i].tensors) {
      const auto [found, fresh] = whole.tensors.try_emplace(name, tensor);
      if (fresh) continue;
      try {
        add(tensor, found->second);
      } catch (const Error& error) {
        throw Error(names[i].string(), fmt::format("calibration '{}'", graph::printable(name)), error.message);
      }
    }
  }
  return whole;
}

}  // namespace rw::calibrate
