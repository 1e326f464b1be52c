#include "runtime/commands/given/measuring.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "graph/base/printable.hpp"
#include "runtime/commands/given/data_options.hpp"

namespace rw::commands {

double take_tolerance(const Given& given) {
  if (!given.has("--tolerance")) return quality::kTolerance;
  const std::string text = given.text("--tolerance");
  double tolerance = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tolerance);
  if (error != std::errc{} || end != text.data() + text.size() || !(tolerance >= 0 && tolerance <= 1e6))
    throw UsageError(fmt::format("--tolerance {}: expected a number >= 0, as 0.001", graph::printable(text)));
  return tolerance;
}

data::Options data_or_drawn(const Given& given, std::vector<std::string> words) {
  constexpr std::uint64_t kDrawn = 8;
  data::Options options = data_options(given, std::move(words));
  if (options.words.empty() && options.random == 0) options.random = kDrawn;
  return options;
}

data::Batch ShownData::read(std::size_t batch) {
  data::Batch values = data_.read(batch);
  progress_.show(read_);  // what was read before has been gone through
  read_ += quality::samples_in(values);
  return values;
}

quality::Told told_of(const data::Data& data) { return {data.random(), data.notes()}; }

}  // namespace rw::commands
