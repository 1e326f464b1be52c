#include "runtime/commands/given/data_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "graph/base/error.hpp"
#include "graph/base/mapped_file.hpp"
#include "graph/base/printable.hpp"
#include "runtime/calibrate/collect.hpp"
#include "runtime/commands/given/measuring.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/regions/analysis.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {
namespace {

UsageError wrong(std::string_view option, const std::string& text, std::string_view expected) {
  return UsageError(fmt::format("{} {}: expected {}", option, graph::printable(text), expected));
}

std::array<std::int64_t, 2> take_size(const Given& given) {
  const std::string text = given.text("--size");
  constexpr std::string_view kExpected = "a number of pixels, or HEIGHTxWIDTH";
  std::array<std::int64_t, 2> size = {0, 0};
  const char* end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, size[0]);
  size[1] = size[0];
  if (error == std::errc{} && next != end && *next == 'x') {
    const auto second = std::from_chars(next + 1, end, size[1]);
    next = second.ptr;
    error = second.ec;
  }
  if (error != std::errc{} || next != end || size[0] < 1 || size[1] < 1) throw wrong("--size", text, kExpected);
  return size;
}

void take_image_options(const Given& given, data::ImageOptions& images) {
  if (given.has("--size")) images.size = take_size(given);
  if (given.has("--mean"))
    images.mean =
        take_numbers(given, "--mean", -1, 1, "numbers from -1 to 1: pixels run from 0 to 1 (127 of 255 is 0.498)");
  if (given.has("--std"))
    images.std = take_numbers(given, "--std", 1e-6, 1,
                              "numbers above 0, at most 1: pixels run from 0 to 1 (128 of 255 is 0.502)");
  if (given.has("--layout")) {
    const std::string layout = given.text("--layout");
    if (layout != "nchw" && layout != "nhwc") throw wrong("--layout", layout, "nchw or nhwc");
    images.layout = layout == "nchw" ? data::Layout::nchw : data::Layout::nhwc;
  }
  if (given.has("--rgb") && given.has("--bgr")) throw UsageError("--rgb and --bgr: take one of them out");
  images.bgr = given.has("--bgr");
  images.rgb = given.has("--rgb");
}

// "DATA", "--data FILES or --verify FILES"
std::string names_of(std::initializer_list<std::string_view> from) {
  std::string text;
  for (const std::string_view name : from)
    text += fmt::format("{}{}{}", text.empty() ? "" : " or ", name, name.starts_with("--") ? " FILES" : "");
  return text;
}

constexpr std::size_t kMostRandom = 10'000'000, kMostBatch = 65536;

}  // namespace

std::vector<double> take_numbers(const Given& given, std::string_view option, double least, double most,
                                 std::string_view expected) {
  const std::string text = given.text(option);
  std::vector<double> numbers;
  const char *at = text.data(), *end = at + text.size();
  while (true) {
    double number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || !(number >= least && number <= most)) throw wrong(option, text, expected);
    numbers.push_back(number);
    if (next == end) return numbers;
    if (*next != ',') throw wrong(option, text, expected);
    at = next + 1;
  }
}

void check_images_read(const Given& given, std::initializer_list<std::string_view> from) {
  if (std::any_of(from.begin(), from.end(), [&](std::string_view name) { return given.has(name); })) return;
  for (const Option& option : kImageOptions)
    if (given.has(option.name))
      throw UsageError(fmt::format("{} says how images are read, and there are none: {}take it out", option.name,
                                   from.size() == 0 ? "" : fmt::format("add {}, or ", names_of(from))));
}

data::Options data_options(const Given& given, std::vector<std::string> words) {
  const auto asked = [&](const Option& option) { return given.knows(option.name) && given.has(option.name); };
  data::Options options{.words = std::move(words)};
  if (asked(kRandomOption)) options.random = std::min(take_count(given, "--random"), kMostRandom);
  if (options.random > 0 && !options.words.empty())
    throw UsageError("--random draws samples, and there is data, too: take one of them out");
  if (asked(kSeedOption)) options.seed = take_count(given, "--seed");
  if (asked(kSeedOption) && !options.words.empty())
    throw UsageError("--seed says which samples are drawn, and there is data: take one of them out");
  if (asked(kBatchOption)) options.batch = std::min(take_count(given, "--batch"), kMostBatch);
  take_image_options(given, options.images);
  return options;
}

void check_not_read(const std::filesystem::path& out, std::span<const std::filesystem::path> files) {
  const auto identity = graph::identity_of(out);
  for (const auto& file : files)
    if (identity && graph::identity_of(file) == identity)
      throw graph::Error(out.string(), "", "it is one of the files that are read");
}

calibrate::Totals measure(graph::Model& model, const dsl::Program& program, data::Data& data) {
  const runtime::Analysis analysis = runtime::analyse(model.network, program.laws);
  ShownData shown(data, data.samples());
  return calibrate::collect(model.network, analysis.channels, shown);
}

std::string measured_ranges(const Given& given, const dsl::Program& program, graph::Model& model) {
  if (!given.has("--data")) return {};
  if (given.has("--stats")) throw UsageError("--data measures the ranges that --stats has: take one of them out");
  const auto data = data::open(model.network, data_options(given, given.list("--data")));
  for (const std::string_view option : {"--out", "--json", "--plan", "--html", "--node-data"})
    if (given.knows(option) && given.has(option)) check_not_read(given.text(option), data->files());
  for (const std::string& note : data->notes()) runtime::complain(fmt::format("note: {}\n", graph::printable(note)));
  return calibrate::statistics_text(measure(model, program, *data), {}, false);
}

}  // namespace rw::commands
