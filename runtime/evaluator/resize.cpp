// Resize (nearest and linear) and its forerunner Upsample, one axis after the other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {
namespace {

struct ResizedAxis {
  std::int64_t input, output;
  float scale;
};

// Where element `at` of the output lies on the input axis.
using Coordinate = float (*)(float at, const ResizedAxis& axis);
struct CoordinateRow {
  std::string_view name;
  Coordinate of;
};

float half_pixel(float at, const ResizedAxis& axis) { return (at + 0.5F) / axis.scale - 0.5F; }

constexpr CoordinateRow kCoordinates[] = {
    {"half_pixel", half_pixel},
    {"asymmetric", [](float at, const ResizedAxis& axis) { return at / axis.scale; }},
    {"align_corners",
     [](float at, const ResizedAxis& axis) {
       return axis.output == 1 ? 0.0F : at * static_cast<float>(axis.input - 1) / static_cast<float>(axis.output - 1);
     }},
    {"pytorch_half_pixel",
     [](float at, const ResizedAxis& axis) { return axis.output == 1 ? 0.0F : half_pixel(at, axis); }},
    {"half_pixel_symmetric",
     [](float at, const ResizedAxis& axis) {
       const float adjustment = static_cast<float>(axis.output) / (axis.scale * static_cast<float>(axis.input));
       return static_cast<float>(axis.input) / 2 * (1 - adjustment) + half_pixel(at, axis);
     }},
};

struct RoundingRow {
  std::string_view name;
  float (*of)(float coordinate);
};

constexpr RoundingRow kRoundings[] = {
    {"round_prefer_floor", [](float x) { return std::ceil(x - 0.5F); }},
    {"round_prefer_ceil", [](float x) { return std::floor(x + 0.5F); }},
    {"floor", [](float x) { return std::floor(x); }},
    {"ceil", [](float x) { return std::ceil(x); }},
};

template <typename NamedRow, std::size_t n>
auto find(const NamedRow (&rows)[n], std::string_view name) {
  for (const NamedRow& row : rows)
    if (row.name == name) return row.of;
  throw std::invalid_argument(fmt::format("'{}' is not known", name));
}

// Element i of the output is (1 - weight) * input[low] + weight * input[high].
struct Blend {
  std::int64_t low, high;
  float weight;
};

std::vector<Blend> blends(const ResizedAxis& axis, Coordinate coordinate, float (*rounding)(float)) {
  std::vector<Blend> result;
  const auto inside = [&](float at) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(at), 0, axis.input - 1);
  };
  for (std::int64_t i = 0; i < axis.output; ++i) {
    const float at = coordinate(static_cast<float>(i), axis);
    if (rounding != nullptr) {
      result.push_back({inside(rounding(at)), inside(rounding(at)), 0});
    } else {
      const float low = std::floor(at);
      result.push_back({inside(low), inside(low + 1), at - low});
    }
  }
  return result;
}

Array resized(const Array& x, std::size_t axis, const std::vector<Blend>& blends) {
  Dims shape = x.shape();
  shape[axis] = static_cast<std::int64_t>(blends.size());
  const auto stride = static_cast<std::size_t>(strides_of(x.shape())[axis]);
  const auto length = static_cast<std::size_t>(x.dim(axis));
  const auto values = x.floats();
  std::vector<float> y;
  y.reserve(count(shape));
  for (std::size_t outer = 0; outer < values.size(); outer += stride * length)
    for (const Blend& blend : blends)
      for (std::size_t i = 0; i < stride; ++i) {
        const float low = values[outer + static_cast<std::size_t>(blend.low) * stride + i];
        const float high = values[outer + static_cast<std::size_t>(blend.high) * stride + i];
        y.push_back(blend.weight == 0 ? low : (1 - blend.weight) * low + blend.weight * high);
      }
  return Array(std::move(shape), std::move(y));
}

// What is asked of each axis: by sizes where they are given, else by scales.
std::vector<ResizedAxis> axes_of(const Call& call, const Array& x, std::size_t scales_slot) {
  std::vector<ResizedAxis> axes;
  for (const std::int64_t dim : x.shape()) axes.push_back({dim, dim, 1});
  Dims which;
  for (std::size_t i = 0; i < x.rank(); ++i) which.push_back(static_cast<std::int64_t>(i));
  which = call.integers("axes", which);
  const Array* sizes = call.optional(3);
  const Array* scales = call.optional(scales_slot);
  const bool by_size = sizes != nullptr && sizes->count() > 0;
  if (!by_size && scales == nullptr && !call.has("scales")) throw std::invalid_argument("no scales and no sizes");
  const std::vector<float> factors =
      by_size ? std::vector<float>()
              : call.numbers("scales", scales != nullptr ? std::vector<float>(scales->floats()) : std::vector<float>());
  if ((by_size ? sizes->count() : factors.size()) != which.size())
    throw std::invalid_argument("scales or sizes do not fit the input");
  for (std::size_t i = 0; i < which.size(); ++i) {
    ResizedAxis& axis = axes[axis_of(which[i], x.rank())];
    const auto input = static_cast<float>(axis.input);
    const float scaled = by_size ? 0 : std::floor(input * factors[i]);
    if (!(scaled >= 0 && scaled < 0x1p40F)) throw std::invalid_argument("a scale does not fit the input");
    axis.output = by_size ? sizes->ints()[i] : static_cast<std::int64_t>(scaled);
    if (axis.input < 1 || axis.output < 1) throw std::invalid_argument("a picture without pixels");
    axis.scale = by_size ? static_cast<float>(axis.output) / input : factors[i];
  }
  return axes;
}

Results resize(const Call& call) {
  Array x = call.input(0);
  // Upsample and the first Resize take (X, scales), and know one way to place and to round.
  const bool old = call.inputs.size() <= 2;
  const std::string_view mode = call.text("mode", "nearest");
  if (mode != "nearest" && mode != "linear") throw std::invalid_argument(fmt::format("mode '{}' is not known", mode));
  if (call.integer("antialias", 0) != 0 || call.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    throw std::invalid_argument("antialias and keep_aspect_ratio_policy are not known");
  const Coordinate coordinate =
      find(kCoordinates, call.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"));
  const auto rounding = find(kRoundings, call.text("nearest_mode", old ? "floor" : "round_prefer_floor"));
  const std::vector<ResizedAxis> axes = axes_of(call, x, old ? 1 : 2);
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i].output != axes[i].input || axes[i].scale != 1)
      x = resized(x, i, blends(axes[i], coordinate, mode == "nearest" ? rounding : nullptr));
  return one(std::move(x));
}

constexpr OperatorRow kResizeRows[] = {
    {"Resize", resize},
    {"Upsample", resize},
};

}  // namespace

std::span<const OperatorRow> resize_rows() { return kResizeRows; }

}  // namespace rw::evaluator
