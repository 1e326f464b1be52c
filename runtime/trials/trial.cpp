#include "runtime/trials/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "graph/values/elements.hpp"

namespace rw::trials {
namespace {

using evaluator::Array;
using graph::kNone;
using graph::TensorId;

// The same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0xD1B54A32D192ED03U) {}
  std::uint64_t next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return state_;
  }
  std::size_t below(std::size_t size) { return static_cast<std::size_t>((next() >> 11U) % size); }
  double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

double drawn(Random& random, std::span<const double> bounds) {
  const double around = bounds.empty() ? 0 : bounds[random.below(bounds.size())];
  switch (random.below(8)) {
    case 0:
      return around;
    case 1:
      return 0;
    case 2:
      return std::round((random.unit() - 0.5) * 8);
    case 3:
      return around + (random.unit() - 0.5);
    default:
      return (random.unit() - 0.5) * 8 * std::max(1.0, std::fabs(around) / 2);
  }
}

// A value that the type has.
double rounded(double value, graph::DType dtype) {
  if (dtype != graph::DType::float16 && dtype != graph::DType::bfloat16) return value;
  const auto bytes = graph::from_double({&value, 1}, dtype);
  return graph::element({dtype, graph::Shape(std::span<const std::int64_t>()), bytes}, 0);
}

std::int64_t whole(Random& random, graph::DType dtype, bool edges) {
  static constexpr std::array<std::int64_t, 16> kEdges = {0,   1,    2,    3,     -1,    127,   128, 255,
                                                          256, -128, -129, 32767, 65535, 65536, 7,   16'777'217};
  if (!edges || dtype == graph::DType::boolean) return static_cast<std::int64_t>(random.below(2));
  const std::int64_t value = kEdges[random.below(kEdges.size())];
  const patterns::WholeRange range = patterns::range_of(dtype);
  const auto number = static_cast<double>(value);
  return number >= range.least && number <= range.most ? value : 5;
}

bool same_bits(const Array& a, const Array& b) {
  if (a.is_float() != b.is_float() || a.shape() != b.shape()) return false;
  if (!a.is_float()) return std::equal(a.ints().begin(), a.ints().end(), b.ints().begin());
  const auto x = a.floats(), y = b.floats();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i])))) return false;
  return true;
}

double largest(const evaluator::Arrays& arrays, const graph::Network& network, std::span<const TensorId> tensors) {
  double out = 0;
  for (const TensorId id : tensors) {
    const auto found = arrays.find(std::string(network.tensor(id).name));
    if (found == arrays.end()) continue;
    for (const float value : found->second.to_floats())
      if (std::isfinite(value)) out = std::max(out, std::fabs(static_cast<double>(value)));
  }
  return out;
}

// Inputs and constants, but for bounds that are meant to be large.
std::vector<TensorId> terms_of(const graph::Network& network) {
  constexpr double kBound = 1e3;
  std::vector<TensorId> out;
  for (TensorId id = 0; id < network.tensors().size(); ++id) {
    const graph::Tensor& tensor = network.tensor(id);
    if (tensor.is_input) out.push_back(id);
    if (!tensor.constant || !graph::floating(tensor.dtype)) continue;
    bool large = false;
    graph::for_each_element(*tensor.constant,
                            [&](std::size_t, double value) { large = large || std::fabs(value) > kBound; });
    if (!large) out.push_back(id);
  }
  return out;
}

// The largest difference of two results of one shape; infinite where one is NaN or infinite and the other is not.
double difference(const Array& a, const Array& b) {
  const std::vector<float> x = a.to_floats(), y = b.to_floats();
  double out = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    const double each = std::fabs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
    out = std::max(out, std::isfinite(each) ? each : std::numeric_limits<double>::infinity());
  }
  return out;
}

}  // namespace

double tolerance(graph::DType dtype) {
  constexpr double kFloat32 = 1e-5;
  const double rounding = graph::row(dtype).rounding;
  return graph::floating(dtype) ? std::max(kFloat32, 8 * rounding) : 0;
}

evaluator::Arrays draw_inputs(const patterns::Pair& pair, std::span<const double> bounds, std::uint64_t seed,
                              bool edges) {
  evaluator::Arrays out;
  Random random(seed + 1);
  for (const auto& [outside, id] : pair.inputs) {
    const graph::Tensor& tensor = pair.network.tensor(id);
    evaluator::Dims shape(tensor.shape.dims().begin(), tensor.shape.dims().end());
    const std::size_t count = evaluator::count(shape);
    if (tensor.dtype == graph::DType::undefined || graph::floating(tensor.dtype)) {
      std::vector<float> values(count);
      for (float& value : values) value = static_cast<float>(rounded(drawn(random, bounds), tensor.dtype));
      out[std::string(tensor.name)] = Array(std::move(shape), std::move(values));
    } else {
      std::vector<std::int64_t> values(count);
      for (std::int64_t& value : values) value = whole(random, tensor.dtype, edges);
      out[std::string(tensor.name)] = Array(std::move(shape), std::move(values));
    }
  }
  return out;
}

Verdict compare(const patterns::Pair& pair, const evaluator::Arrays& inputs) {
  Verdict out;
  evaluator::Arrays arrays;
  try {
    arrays = evaluator::evaluate(pair.network, inputs);
  } catch (const std::exception& error) {  // the evaluator's own, and what an impossible shape makes of a vector
    out.why = error.what();
    return out;
  }
  // What either side makes, and what it is made of: sums that cancel are as far off as their terms are large.
  const double scale =
      std::max({largest(arrays, pair.network, pair.left_tensors), largest(arrays, pair.network, pair.right_tensors),
                largest(arrays, pair.network, terms_of(pair.network))});
  out.form = Verdict::Form::agrees;
  out.bit_exact = true;
  for (const patterns::Pair::Result& each : pair.results) {
    const Array& left = arrays.at(std::string(pair.network.tensor(each.left).name));
    const Array& right = arrays.at(std::string(pair.network.tensor(each.right).name));
    if (left.shape() != right.shape() || left.is_float() != right.is_float()) {
      out = {Verdict::Form::refused, false, 0, "the results have different shapes", each.tensor};
      return out;
    }
    if (same_bits(left, right)) continue;
    out.bit_exact = false;
    const double here = difference(left, right) / (scale > 0 ? scale : 1);
    out.difference = std::max(out.difference, here);
    if (here > tolerance(pair.network.tensor(each.left).dtype)) {
      out.form = Verdict::Form::differs;
      out.tensor = each.tensor;
    }
  }
  return out;
}

double cost(const graph::Network& network) {
  double out = 0;
  const auto elements = [&](TensorId id) {
    const graph::Shape& shape = network.tensor(id).shape;
    const auto count = shape.known() ? shape.count() : std::nullopt;
    return count ? static_cast<double>(*count) : std::numeric_limits<double>::infinity();
  };
  for (const graph::Operator& op : network.operators()) {
    double each = 1;
    for (std::size_t slot = 1; slot < op.inputs.size(); ++slot)
      if (op.inputs[slot] != kNone) each = std::max(each, elements(op.inputs[slot]));
    // One element of a convolution or a product reads the weights of one output channel.
    if (op.inputs.size() > 1 && op.inputs[1] != kNone && network.tensor(op.inputs[1]).shape.known() &&
        network.tensor(op.inputs[1]).shape.rank() > 1)
      each =
          std::max(1.0, each / static_cast<double>(std::max<std::int64_t>(1, network.tensor(op.inputs[1]).shape[0])));
    for (const graph::Attribute& attribute : op.attributes)
      if (attribute.name == "kernel_shape")
        if (const auto* list = std::get_if<std::span<const std::int64_t>>(&attribute.value)) {
          double window = 1;
          for (const std::int64_t size : *list) window *= static_cast<double>(std::max<std::int64_t>(1, size));
          each = std::max(each, window);
        }
    for (const TensorId output : op.outputs)
      if (output != kNone) out += elements(output) * each;
  }
  return out;
}

}  // namespace rw::trials
