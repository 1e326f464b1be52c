#include "runtime/data/resize.hpp"

#include <algorithm>
#include <cmath>

namespace rw::data {
namespace {

// Which old pixels make a new one, and how much of each.
struct Taps {
  std::int64_t first = 0;
  std::vector<float> weights;
};

std::vector<Taps> taps_of(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), reach = std::max(scale, 1.0);
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(centre - reach + 0.5));
    const auto last = std::min(from, static_cast<std::int64_t>(centre + reach + 0.5));
    double sum = 0;
    std::vector<double> weights;
    for (std::int64_t at = first; at < last; ++at) {
      weights.push_back(std::max(0.0, 1 - std::fabs((static_cast<double>(at) - centre + 0.5) / reach)));
      sum += weights.back();
    }
    Taps& each = taps[static_cast<std::size_t>(i)];
    each.first = first;
    for (const double weight : weights) each.weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

// One old row at the new width.
void squeeze(const std::uint8_t* row, const std::vector<Taps>& taps, float* out) {
  for (const Taps& each : taps) {
    float sums[3] = {0, 0, 0};
    const std::uint8_t* pixel = row + each.first * 3;
    for (const float weight : each.weights)
      for (float& sum : sums) sum += weight * static_cast<float>(*pixel++);
    out = std::copy(std::begin(sums), std::end(sums), out);
  }
}

}  // namespace

std::vector<float> resized(const Picture& picture, std::int64_t height, std::int64_t width) {
  const std::vector<Taps> across = taps_of(picture.width, width), down = taps_of(picture.height, height);
  const auto row = static_cast<std::size_t>(width) * 3;
  std::vector<float> out(row * static_cast<std::size_t>(height), 0.0F);
  // Old rows at the new width, kept as long as a new row needs them.
  std::vector<std::vector<float>> rows(static_cast<std::size_t>(picture.height));
  std::int64_t made = 0, dropped = 0;
  for (std::size_t y = 0; y < down.size(); ++y) {
    const auto last = down[y].first + static_cast<std::int64_t>(down[y].weights.size());
    for (; made < last; ++made) {
      std::vector<float>& line = rows[static_cast<std::size_t>(made)];
      line.resize(row);
      squeeze(picture.rgb.data() + made * picture.width * 3, across, line.data());
    }
    for (; dropped < down[y].first; ++dropped) rows[static_cast<std::size_t>(dropped)] = {};
    float* to = out.data() + y * row;
    for (std::size_t tap = 0; tap < down[y].weights.size(); ++tap) {
      const std::vector<float>& line = rows[static_cast<std::size_t>(down[y].first) + tap];
      for (std::size_t x = 0; x < row; ++x) to[x] += down[y].weights[tap] * line[x];
    }
  }
  return out;
}

}  // namespace rw::data
