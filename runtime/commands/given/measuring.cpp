#include "runtime/commands/given/measuring.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "graph/base/printable.hpp"
#include "graph/formats/output/output.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/run_options.hpp"

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

void check_pages(const Given& given, std::span<const graph::Model* const> models, const data::Data& data,
                 std::span<const std::string> others) {
  std::vector<std::shared_ptr<const graph::MappedFile>> inputs;
  for (const graph::Model* each : models) inputs.insert(inputs.end(), each->sources.begin(), each->sources.end());
  std::vector<std::filesystem::path> read = data.files();
  for (const std::string& each : others)
    if (!each.empty()) read.emplace_back(each);
  graph::Output output(inputs, true);
  for (const char* option : {"--html", "--node-data"}) {
    if (!given.has(option)) continue;
    const std::filesystem::path path = file_name(given, option);
    output.check(path);
    output.keep_free(std::span(&path, 1));
    check_not_read(path, read);
  }
}

quality::Told told_of(const data::Data& data) { return {data.random(), data.notes()}; }

}  // namespace rw::commands
