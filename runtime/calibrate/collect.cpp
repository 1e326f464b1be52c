#include "runtime/calibrate/collect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "graph/base/error.hpp"
#include "graph/base/parallel.hpp"
#include "graph/base/printable.hpp"
#include "runtime/executor/session.hpp"

namespace rw::calibrate {
namespace {

using graph::Error;
using graph::kNone;
using graph::Network;
using graph::TensorId;

// The values of one channel: `blocks` runs of `length` floats, each `step` behind the one before.
struct Strip {
  const float* first;
  std::size_t blocks, length, step;
};

// False: a value is not finite.
bool count(const Strip& strip, bool fresh, Channel& channel) {
  float least = fresh ? std::numeric_limits<float>::infinity() : channel.min;
  float most = fresh ? -std::numeric_limits<float>::infinity() : channel.max;
  double sum = channel.sum, squares = channel.squares;
  std::uint64_t positive = 0, zero = 0;
  bool finite = true;
  channel.histogram.fetch();
  for (std::size_t block = 0; block < strip.blocks; ++block) {
    const float* values = strip.first + block * strip.step;
    for (std::size_t i = 0; i < strip.length; ++i) {
      const float value = values[i];
      finite &= std::fabs(value) <= std::numeric_limits<float>::max();
      least = std::min(least, value);
      most = std::max(most, value);
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
      positive += value > 0 ? 1 : 0;
      zero += value == 0 ? 1 : 0;
    }
  }
  if (!finite) return false;
  channel.min = least;
  channel.max = most;
  channel.sum = sum;
  channel.squares = squares;
  channel.positive += positive;
  channel.zero += zero;
  channel.histogram.reach(static_cast<double>(least), static_cast<double>(most));
  for (std::size_t block = 0; block < strip.blocks; ++block)
    channel.histogram.add(strip.first + block * strip.step, strip.length);
  return true;
}

class Collector {
 public:
  Collector(const Network& network, const graph::ChannelAxes& channels) : network_(network), channels_(channels) {}

  void watch(const executor::Value& value) {
    if (value.floats.empty()) return;  // integers, or no values at all
    TensorTotals& tensor = totals_.tensors[std::string(network_.tensor(value.tensor).name)];
    const std::optional<std::size_t> axis = axis_of(value);
    const std::size_t channels = axis ? static_cast<std::size_t>(value.shape[*axis]) : 1;
    const bool fresh = tensor.channels.empty();
    if (fresh) {
      tensor.channels.resize(channels);
      if (axis) tensor.axis = name_of_axis(value, *axis);
    }
    if (tensor.channels.size() != channels)
      throw Error(
          "", place(value.tensor),
          fmt::format("it has {} now, and had {} before", graph::plural(channels, "channel"), tensor.channels.size()));
    count_all(value, axis, fresh, tensor);
  }

  Totals take() { return std::move(totals_); }

 private:
  std::string place(TensorId id) const {
    return fmt::format("tensor '{}'", graph::printable(network_.tensor(id).name));
  }

  // The one axis of its channels, of a tensor as it is now; nothing: it has none, or two, or another number of them.
  std::optional<std::size_t> axis_of(const executor::Value& value) const {
    if (!channels_.has(value.tensor)) return {};
    const auto axis = channels_.axes(value.tensor).only();
    const int rank = network_.tensor(value.tensor).shape.rank();
    if (!axis || rank - *axis > static_cast<int>(value.shape.size())) return {};
    const std::size_t at = value.shape.size() - static_cast<std::size_t>(rank - *axis);
    if (value.shape[at] != static_cast<std::int64_t>(channels_.count(value.tensor))) return {};
    return at;
  }

  // From the front where the file knows how many axes it has.
  int name_of_axis(const executor::Value& value, std::size_t axis) const {
    const bool counted = !network_.tensor(value.tensor).shape.any_front();
    return static_cast<int>(axis) - (counted ? 0 : static_cast<int>(value.shape.size()));
  }

  void count_all(const executor::Value& value, std::optional<std::size_t> axis, bool fresh, TensorTotals& tensor) {
    const std::size_t channels = tensor.channels.size(), all = value.floats.size();
    std::size_t length = all;
    if (axis) {
      length = 1;
      for (std::size_t i = *axis + 1; i < value.shape.size(); ++i) length *= static_cast<std::size_t>(value.shape[i]);
    }
    const std::size_t step = length * channels;
    const auto count_one = [&](std::size_t channel) {
      const Strip strip{value.floats.data() + channel * length, all / step, length, step};
      if (!count(strip, fresh, tensor.channels[channel]))
        throw Error("", place(value.tensor), "it has values that are not finite on this data");
    };
    constexpr std::size_t kWorthThreads = 1U << 16U;  // values
    graph::parallel_for_if(all >= kWorthThreads, channels, count_one);
    tensor.count += all / channels;
  }

  const Network& network_;
  const graph::ChannelAxes& channels_;
  Totals totals_;
};

std::unique_ptr<executor::Session> open_session(const Network& network) {
  try {
    return executor::open(network, {.threads = graph::threads(), .watched = activations(network)});
  } catch (const std::runtime_error& error) {
    throw Error("", "", error.what());
  }
}

}  // namespace

std::vector<TensorId> activations(const Network& network) {
  std::vector<TensorId> found;
  for (TensorId id = 0; id < network.tensors().size(); ++id) {
    const graph::Tensor& tensor = network.tensor(id);
    const bool real = tensor.dtype == graph::DType::undefined || graph::floating(tensor.dtype);
    if (real && !tensor.constant && (tensor.is_input || tensor.producer != kNone)) found.push_back(id);
  }
  return found;
}

Totals collect(const Network& network, const graph::ChannelAxes& channels, data::Data& data) {
  Collector collector(network, channels);
  const auto session = open_session(network);
  try {
    const auto watch = [&](const executor::Value& value) { collector.watch(value); };
    for (std::size_t i = 0; i < data.batches(); ++i) session->run(data.read(i), watch);
  } catch (const Error&) {
    throw;
  } catch (const std::system_error&) {
    throw;
  } catch (const std::runtime_error& error) {  // what the session says of the network
    throw Error("", "", error.what());
  }
  Totals totals = collector.take();
  totals.samples = data.samples();
  totals.random = data.random();
  for (const auto& file : data.files()) totals.from.push_back(file.filename().string());
  return totals;
}

}  // namespace rw::calibrate
