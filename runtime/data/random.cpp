#include "runtime/data/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>
#include <string_view>
#include <vector>

namespace rw::data {
namespace {

using graph::kNone;
using graph::Network;
using graph::TensorId;

// splitmix64 (Vigna): a sequence that begins anew for each sample.
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t sample)
      : state_(mixed(mixed(mixed(seed) ^ stream) ^ sample)) {}

  std::uint64_t next() { return mixed(state_ += kStep); }
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }  // in [0, 1)

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
  static std::uint64_t mixed(std::uint64_t x) {
    x += kStep;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
  }
  std::uint64_t state_;
};

// Operators whose input of this slot holds positions along an axis of input `of`.
struct Indexing {
  std::string_view type;
  std::uint32_t slot, of;
  std::int64_t axis;  // where the attribute is absent
};
constexpr std::array<Indexing, 2> kIndexing = {{{"Gather", 1, 0, 0}, {"GatherElements", 1, 0, 0}}};

// Operators whose output holds values of input 0 alone.
constexpr std::array<std::string_view, 10> kMoving = {"Cast",      "Identity",  "Reshape", "Flatten", "Squeeze",
                                                      "Unsqueeze", "Transpose", "Slice",   "Expand",  "Tile"};

std::optional<std::int64_t> positions(const Network& network, const graph::Operator& op, const Indexing& indexing) {
  const TensorId from = op.inputs[indexing.of];
  if (from == kNone) return {};
  std::int64_t number = indexing.axis;
  if (const auto* value = op.find("axis"))
    if (const auto* given = std::get_if<std::int64_t>(value)) number = *given;
  const graph::Tensor& tensor = network.tensor(from);
  const graph::Shape shape = tensor.shape.known() || !tensor.constant ? tensor.shape : tensor.constant->shape;
  const auto axis = shape.axis(number);
  if (!axis || shape[*axis] <= 0) return {};
  return shape[*axis];
}

class RandomSegment : public Segment {
 public:
  RandomSegment(evaluator::Dims sample, std::uint64_t count, std::uint64_t seed, std::uint64_t stream,
                std::int64_t bound)
      : sample_(std::move(sample)), count_(count), seed_(seed), stream_(stream), bound_(bound) {}

  std::uint64_t count() const override { return count_; }
  const evaluator::Dims& sample() const override { return sample_; }

  void read(std::uint64_t first, std::uint64_t count, Values& values) override {
    const std::size_t size = evaluator::count(sample_);
    for (std::uint64_t i = first; i < first + count; ++i) {
      Draw draw(seed_, stream_, i);
      if (values.floating())
        values.append(floats(draw, size));
      else
        values.append(integers(draw, size));
    }
  }

 private:
  static std::vector<float> floats(Draw& draw, std::size_t size) {
    std::vector<float> out(size);
    for (std::size_t i = 0; i < size; i += 2) {  // Box and Muller: two at a time
      const double radius = std::sqrt(-2 * std::log(1 - draw.uniform())), angle = 2 * std::numbers::pi * draw.uniform();
      out[i] = static_cast<float>(radius * std::cos(angle));
      if (i + 1 < size) out[i + 1] = static_cast<float>(radius * std::sin(angle));
    }
    return out;
  }

  std::vector<std::int64_t> integers(Draw& draw, std::size_t size) const {
    std::vector<std::int64_t> out(size);
    for (std::int64_t& each : out) each = static_cast<std::int64_t>(draw.uniform() * static_cast<double>(bound_));
    return out;
  }

  evaluator::Dims sample_;
  std::uint64_t count_, seed_, stream_;
  std::int64_t bound_;
};

}  // namespace

std::optional<std::int64_t> index_bound(const Network& network, TensorId input) {
  std::optional<std::int64_t> least;
  std::vector<TensorId> open = {input};
  std::set<TensorId> seen = {input};
  while (!open.empty()) {
    const TensorId tensor = open.back();
    open.pop_back();
    for (const graph::Use& use : network.consumers(tensor)) {
      const graph::Operator& op = network.op(use.op);
      const std::string_view type = network.type_name(op.type);
      for (const Indexing& each : kIndexing)
        if (type == each.type && use.slot == each.slot)
          if (const auto bound = positions(network, op, each)) least = std::min(least.value_or(*bound), *bound);
      const bool moves = use.slot == 0 && std::find(kMoving.begin(), kMoving.end(), type) != kMoving.end();
      if (moves && op.outputs[0] != kNone && seen.insert(op.outputs[0]).second) open.push_back(op.outputs[0]);
    }
  }
  return least;
}

std::unique_ptr<Segment> random_segment(const Network& network, TensorId input, evaluator::Dims sample,
                                        std::uint64_t count, std::uint64_t seed) {
  const std::int64_t bound = index_bound(network, input).value_or(2);
  return std::make_unique<RandomSegment>(std::move(sample), count, seed, input, bound);
}

}  // namespace rw::data
