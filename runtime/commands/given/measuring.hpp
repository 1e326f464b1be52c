// What commands that measure networks do alike: compare, score, and a run with --verify or --score.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <vector>

#include "graph/model.hpp"
#include "runtime/commands/given/command.hpp"
#include "runtime/data/data.hpp"
#include "runtime/quality/compare.hpp"
#include "runtime/quality/tell.hpp"
#include "runtime/text/progress.hpp"

namespace rw::commands {

inline constexpr Option kToleranceOption = {
    "--tolerance",     "T", "how far outputs may lie apart, over their largest value (0.001)", 0, false,
    Completes::nothing};

// From the option above. UsageError: no number >= 0.
double take_tolerance(const Given& given);

// What is told of data besides what was measured on it.
quality::Told told_of(const data::Data& data);

// How data is read; where there is none, 8 samples are drawn.
data::Options data_or_drawn(const Given& given, std::vector<std::string> words);

// Shows on a terminal how many samples have been gone through.
class ShownData final : public data::Data {
 public:
  // Borrows the data. `total`: so many samples will be read, about, some of them several times.
  ShownData(data::Data& data, std::uint64_t total)
      : data_(data),
        progress_(runtime::Progress::terminal(), total, runtime::Progress::Clock::now(),
                  runtime::Progress::kMeasuring) {}

  std::uint64_t samples() const override { return data_.samples(); }
  std::size_t batches() const override { return data_.batches(); }
  data::Batch read(std::size_t batch) override;
  bool random() const override { return data_.random(); }
  const std::vector<std::string>& notes() const override { return data_.notes(); }
  const std::vector<std::filesystem::path>& files() const override { return data_.files(); }

 private:
  data::Data& data_;
  runtime::Progress progress_;
  std::uint64_t read_ = 0;
};

// Before anything is measured: the files of --html and --node-data, where they are given, can be written and are none
// of those that are read: of the models, of the data, and `others`. Error, UsageError: why not.
void check_pages(const Given& given, std::span<const graph::Model* const> models, const data::Data& data,
                 std::span<const std::string> others);

// On standard output, as text or, with --json, as data.
template <typename What>
void print_told(const Given& given, const What& told) {
  if (given.has("--json"))
    fmt::print("{}\n", told_json(told));
  else
    fmt::print("{}", told_text(told));
}

}  // namespace rw::commands
