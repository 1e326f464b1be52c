// Normalizations, at inference: BatchNormalization by stored statistics, the others by those of their own input.
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {
namespace {

// For every element of a tensor of this shape, which channel (axis 1) it lies in.
std::vector<std::size_t> channels_of(const Dims& shape) {
  if (shape.size() < 2) throw std::invalid_argument(fmt::format("{} has no channels", to_string(shape)));
  Dims steps(shape.size(), 0);
  steps[1] = 1;
  return offsets(shape, steps);
}

void check_length(const Array& array, std::int64_t length) {
  if (array.count() != static_cast<std::size_t>(length))
    throw std::invalid_argument(fmt::format("{} values where {} are needed", array.count(), length));
}

// Mean and variance of each channel over the batch itself.
struct BatchMoments {
  std::vector<float> mean, variance;
};
BatchMoments moments_of_batch(const Array& x, std::span<const std::size_t> channel) {
  const auto channels = static_cast<std::size_t>(x.dim(1));
  const float n = static_cast<float>(x.count()) / static_cast<float>(channels);
  BatchMoments out{std::vector<float>(channels, 0), std::vector<float>(channels, 0)};
  for (std::size_t i = 0; i < x.count(); ++i) out.mean[channel[i]] += x.floats()[i] / n;
  for (std::size_t i = 0; i < x.count(); ++i) {
    const float away = x.floats()[i] - out.mean[channel[i]];
    out.variance[channel[i]] += away * away / n;
  }
  return out;
}

// y = (x - mean) * (scale / sqrt(var + epsilon)) + bias
Results batch_normalization(const Call& call) {
  const Array& x = call.input(0);
  if (call.integer("spatial", 1) != 1 || call.outputs > 1) throw std::invalid_argument("only inference is known");
  const std::vector<std::size_t> channel = channels_of(x.shape());
  for (std::size_t slot = 1; slot < 5; ++slot) check_length(call.input(slot), x.dim(1));
  const auto scale = call.input(1).floats(), bias = call.input(2).floats();
  std::vector<float> mean = call.input(3).floats(), variance = call.input(4).floats();
  if (call.integer("training_mode", 0) != 0 && x.count() > 0) {
    BatchMoments own = moments_of_batch(x, channel);
    mean = std::move(own.mean);
    variance = std::move(own.variance);
  }
  const float epsilon = call.number("epsilon", 1e-5F);
  std::vector<float> y = x.floats();
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = channel[i];
    y[i] = (y[i] - mean[c]) * (scale[c] / std::sqrt(variance[c] + epsilon)) + bias[c];
  }
  return one(Array(x.shape(), std::move(y)));
}

struct Moments {
  std::vector<float> mean, inverse_deviation;  // one per row
};

// Each row of `length` values becomes (x - mean) / sqrt(variance + epsilon); without `centered`, x / sqrt(mean of x * x
// + epsilon).
Moments normalize_rows_of(std::vector<float>& values, std::size_t length, float epsilon, bool centered = true) {
  Moments moments;
  const auto n = static_cast<float>(length);
  for (std::size_t begin = 0; begin < values.size(); begin += length) {
    const std::span<float> row(values.data() + begin, length);
    float sum = 0, squares = 0;
    for (const float value : row) sum += value;
    const float mean = centered ? sum / n : 0.0F;
    for (const float value : row) squares += (value - mean) * (value - mean);
    const float factor = 1.0F / std::sqrt(squares / n + epsilon);
    for (float& value : row) value = (value - mean) * factor;
    moments.mean.push_back(mean);
    moments.inverse_deviation.push_back(factor);
  }
  return moments;
}

// y * scale + bias, broadcast to the shape of y; either may be absent.
void scale_and_shift(std::vector<float>& y, const Dims& shape, const Array* scale, const Array* bias) {
  if (scale != nullptr) {
    const std::vector<std::size_t> from = broadcast_offsets(scale->shape(), shape);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] *= scale->floats()[from[i]];
  }
  if (bias != nullptr) {
    const std::vector<std::size_t> from = broadcast_offsets(bias->shape(), shape);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias->floats()[from[i]];
  }
}

std::size_t length_from(const Dims& shape, std::size_t axis) { return count(std::span(shape).subspan(axis)); }

Results layer_normalization(const Call& call) {
  const Array& x = call.input(0);
  const std::size_t axis = axis_of(call.integer("axis", -1), x.rank());
  std::vector<float> y = x.floats();
  Moments moments = normalize_rows_of(y, length_from(x.shape(), axis), call.number("epsilon", 1e-5F));
  scale_and_shift(y, x.shape(), &call.input(1), call.optional(2));
  Results results = one(Array(x.shape(), std::move(y)));
  Dims kept = x.shape();
  for (std::size_t i = axis; i < kept.size(); ++i) kept[i] = 1;
  if (call.outputs > 1) results.emplace_back(kept, std::move(moments.mean));
  if (call.outputs > 2) results.emplace_back(kept, std::move(moments.inverse_deviation));
  return results;
}

Results rms_normalization(const Call& call) {
  const Array& x = call.input(0);
  const std::size_t axis = axis_of(call.integer("axis", -1), x.rank());
  std::vector<float> y = x.floats();
  normalize_rows_of(y, length_from(x.shape(), axis), call.number("epsilon", 1e-5F), false);
  scale_and_shift(y, x.shape(), &call.input(1), nullptr);
  return one(Array(x.shape(), std::move(y)));
}

Results instance_normalization(const Call& call) {
  const Array& x = call.input(0);
  const std::vector<std::size_t> channel = channels_of(x.shape());
  check_length(call.input(1), x.dim(1));
  check_length(call.input(2), x.dim(1));
  std::vector<float> y = x.floats();
  normalize_rows_of(y, length_from(x.shape(), 2), call.number("epsilon", 1e-5F));
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = y[i] * call.input(1).floats()[channel[i]] + call.input(2).floats()[channel[i]];
  return one(Array(x.shape(), std::move(y)));
}

// Scale and bias stand for each group (operator set 18) or for each channel (21); by their length where it decides.
Results group_normalization(const Call& call) {
  const Array& x = call.input(0);
  const std::vector<std::size_t> channel = channels_of(x.shape());
  const std::int64_t groups = call.integer("num_groups", 0);
  if (groups < 1 || x.dim(1) % groups != 0) throw std::invalid_argument("num_groups does not divide the channels");
  const auto per_group = static_cast<std::size_t>(x.dim(1) / groups);
  const bool by_group = call.input(1).count() == static_cast<std::size_t>(groups);
  check_length(call.input(1), by_group ? groups : x.dim(1));
  check_length(call.input(2), by_group ? groups : x.dim(1));
  std::vector<float> y = x.floats();
  normalize_rows_of(y, per_group * length_from(x.shape(), 2), call.number("epsilon", 1e-5F));
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::size_t c = by_group ? channel[i] / per_group : channel[i];
    y[i] = y[i] * call.input(1).floats()[c] + call.input(2).floats()[c];
  }
  return one(Array(x.shape(), std::move(y)));
}

// Before operator set 13 everything from `axis` (default 1) on is one row, afterwards `axis` (default -1) alone.
Results softmax_of(const Call& call, bool logarithm) {
  const Array& x = call.input(0);
  const bool flat = call.older_than(13);
  const std::size_t axis = axis_of(call.integer("axis", flat ? 1 : -1), x.rank());
  std::vector<float> y = x.floats();
  const std::size_t length = flat ? length_from(x.shape(), axis) : static_cast<std::size_t>(x.dim(axis));
  const std::size_t stride = flat ? 1 : static_cast<std::size_t>(strides_of(x.shape())[axis]);
  for (std::size_t line = 0; line * length < y.size(); ++line) {
    float* row = y.data() + line / stride * stride * length + line % stride;
    float top = row[0], sum = 0;
    for (std::size_t i = 0; i < length; ++i) top = std::fmax(top, row[i * stride]);
    for (std::size_t i = 0; i < length; ++i) sum += std::exp(row[i * stride] - top);
    for (std::size_t i = 0; i < length; ++i) {
      float& value = row[i * stride];
      value = logarithm ? value - top - std::log(sum) : std::exp(value - top) / sum;
    }
  }
  return one(Array(x.shape(), std::move(y)));
}

constexpr OperatorRow kNormalizeRows[] = {
    {"BatchNormalization", batch_normalization},
    {"LayerNormalization", layer_normalization},
    {"RMSNormalization", rms_normalization},
    {"InstanceNormalization", instance_normalization},
    {"GroupNormalization", group_normalization},
    {"Softmax", [](const Call& call) { return softmax_of(call, false); }},
    {"LogSoftmax", [](const Call& call) { return softmax_of(call, true); }},
};

}  // namespace

std::span<const OperatorRow> normalize_rows() { return kNormalizeRows; }

}  // namespace rw::evaluator
