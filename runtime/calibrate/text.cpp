#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/formats/text/json_text.hpp"
#include "runtime/calibrate/totals.hpp"

namespace rw::calibrate {
namespace {

namespace json = graph::json;

class EntryText {
 public:
  EntryText(const TensorTotals& tensor, const std::vector<double>& percentiles, bool counts)
      : tensor_(tensor), percentiles_(percentiles), counts_(counts) {}

  std::string write() {
    text_ = tensor_.axis ? fmt::format("{{\"axis\": {}", *tensor_.axis) : "{\"axis\": null";
    // The fewest digits that are read back as the same float.
    list("min", [](const Channel& each) { return fmt::format("{}", each.min); });
    list("max", [](const Channel& each) { return fmt::format("{}", each.max); });
    if (tensor_.count > 0) {
      const auto count = static_cast<double>(tensor_.count);
      const auto share = [&](std::uint64_t of) { return number(static_cast<double>(of) / count); };
      list("mean", [&](const Channel& each) { return number(each.sum / count); });
      list("mean_square", [&](const Channel& each) { return number(each.squares / count); });
      list("positive", [&](const Channel& each) { return share(each.positive); });
      list("zero", [&](const Channel& each) { return share(each.zero); });
      for (const double percent : percentiles_)
        list("p" + percent_text(percent),
             [&](const Channel& each) { return number(percentile(tensor_, each, percent)); });
      text_ += fmt::format(", \"count\": {}", tensor_.count);
      if (counts_) add_histograms();
    }
    return text_ + "}";
  }

 private:
  static std::string number(double value) {
    std::string text;
    json::append_number(value, text);
    return text;
  }

  template <typename Text>
  void list(std::string_view key, Text text) {
    text_ += fmt::format(", \"{}\": {}", key, json::list(tensor_.channels, text));
  }

  // Runs of empty bins are one negative number.
  static std::string bins(const Histogram& histogram) {
    std::string text = "[";
    std::uint64_t empty = 0;
    const auto add = [&](std::string_view sign, std::uint64_t value) {
      if (text.size() > 1) text += ",";
      const fmt::format_int digits(value);
      text.append(sign).append(digits.data(), digits.size());
    };
    for (std::size_t i = 0; i < histogram.size(); ++i) {
      const std::uint64_t count = histogram.count(i);
      if (count == 0) {
        ++empty;
        continue;
      }
      if (empty > 0) add("-", std::exchange(empty, 0));
      add("", count);
    }
    return text + "]";
  }

  void add_histograms() {
    text_ += ", \"histogram\": {\"low\": " + json::list(tensor_.channels, [](const Channel& each) {
               return number(std::ldexp(static_cast<double>(each.histogram.first()), each.histogram.exponent()));
             });
    text_ += ", \"width\": " + json::list(tensor_.channels, [](const Channel& each) {
               return number(std::ldexp(1.0, each.histogram.exponent()));
             });
    text_ += ",\n    \"counts\": " +
             json::list(
                 tensor_.channels, [](const Channel& each) { return bins(each.histogram); }, ",\n      ") +
             "}";
  }

  const TensorTotals& tensor_;
  const std::vector<double>& percentiles_;
  bool counts_;
  std::string text_;
};

}  // namespace

std::string percent_text(double percent) { return fmt::format("{}", percent); }

double percentile(const TensorTotals& tensor, const Channel& channel, double percent) {
  // 99.9 % of 1000 values are 999, whatever the last place of the product says.
  const double exact = percent * static_cast<double>(tensor.count) / 100, whole = std::round(exact);
  const double up = std::fabs(exact - whole) <= 1e-12 * whole ? whole : std::ceil(exact);
  const auto wanted = static_cast<std::uint64_t>(up);
  const std::uint64_t rank = std::clamp<std::uint64_t>(wanted, 1, tensor.count) - 1;
  const std::uint64_t negative = tensor.count - channel.positive - channel.zero;
  if (rank >= negative && rank < negative + channel.zero) return 0;
  return channel.histogram.at(rank, static_cast<double>(channel.min), static_cast<double>(channel.max));
}

std::string statistics_text(const Totals& totals, const std::vector<double>& percentiles, bool counts) {
  std::string text = fmt::format(
      "{{\"format\": \"rewrite-engine/stats\", \"version\": 1,\n\"data\": {{\"samples\": {}, \"random\": {}, \"from\": "
      "{}}},\n\"tensors\": {{",
      totals.samples, totals.random,
      json::list(totals.from, [](const std::string& each) { return json::quoted(each); }));
  bool first = true;
  for (const auto& [name, tensor] : totals.tensors) {
    text += fmt::format("{}\n  {}: {}", first ? "" : ",", json::quoted(name),
                        EntryText(tensor, percentiles, counts).write());
    first = false;
  }
  return text + "\n}}\n";
}

}  // namespace rw::calibrate
