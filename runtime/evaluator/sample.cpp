// Operators that read pictures between their pixels, bilinearly.
#include <cmath>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {
namespace {

// One plane of a picture.
struct Plane {
  const float* values;
  std::int64_t height, width;

  float at(std::int64_t y, std::int64_t x) const {  // 0 outside
    return y < 0 || x < 0 || y >= height || x >= width ? 0 : values[y * width + x];
  }
  float between(float y, float x) const {
    const float y0 = std::floor(y), x0 = std::floor(x), wy = y - y0, wx = x - x0;
    const auto iy = static_cast<std::int64_t>(y0), ix = static_cast<std::int64_t>(x0);
    return (1 - wy) * (1 - wx) * at(iy, ix) + (1 - wy) * wx * at(iy, ix + 1) + wy * (1 - wx) * at(iy + 1, ix) +
           wy * wx * at(iy + 1, ix + 1);
  }
};

Plane plane_of(const Array& x, std::int64_t batch, std::int64_t channel) {
  const std::int64_t area = x.dim(2) * x.dim(3);
  return {x.floats().data() + (batch * x.dim(1) + channel) * area, x.dim(2), x.dim(3)};
}

// Zeros outside, grid of (x, y) in [-1, 1].
Results grid_sample(const Call& call) {
  const Array &x = call.input(0), &grid = call.input(1);
  if (x.rank() != 4 || call.text("padding_mode", "zeros") != "zeros") throw std::invalid_argument("not known");
  if (grid.rank() != 4 || grid.dim(0) != x.dim(0) || grid.dim(3) != 2 || !grid.is_float())
    throw std::invalid_argument("the grid does not fit the input");
  const bool corners = call.integer("align_corners", 0) != 0;
  const auto place = [&](float position, std::int64_t size) {
    const auto width = static_cast<float>(size);
    return corners ? (position + 1) / 2 * (width - 1) : ((position + 1) * width - 1) / 2;
  };
  const Dims shape = {x.dim(0), x.dim(1), grid.dim(1), grid.dim(2)};
  const std::int64_t points = shape[2] * shape[3];
  std::vector<float> y;
  for (std::int64_t n = 0; n < shape[0]; ++n)
    for (std::int64_t c = 0; c < shape[1]; ++c)
      for (std::int64_t i = 0; i < points; ++i) {
        const float* at = grid.floats().data() + (n * points + i) * 2;
        y.push_back(plane_of(x, n, c).between(place(at[1], x.dim(2)), place(at[0], x.dim(3))));
      }
  return one(Array(shape, std::move(y)));
}

// The mean of 2 x 2 samples in each bin of a region [x1, y1, x2, y2] (coordinate_transformation_mode half_pixel).
Results roi_align(const Call& call) {
  const Array &x = call.input(0), &rois = call.input(1), &batch = call.input(2);
  if (call.text("mode", "avg") != "avg") throw std::invalid_argument("mode is not known");
  if (x.rank() != 4 || rois.rank() != 2 || rois.dim(1) != 4 || batch.count() != static_cast<std::size_t>(rois.dim(0)))
    throw std::invalid_argument("the regions do not fit the input");
  for (const std::int64_t each : batch.ints())
    if (each < 0 || each >= x.dim(0)) throw std::invalid_argument("a region of no image");
  const std::int64_t height = call.integer("output_height", 1), width = call.integer("output_width", 1);
  const Dims shape = {rois.dim(0), x.dim(1), height, width};
  std::vector<float> y;
  for (std::int64_t r = 0; r < shape[0]; ++r) {
    const float* roi = rois.floats().data() + r * 4;
    const float high = (roi[3] - roi[1]) / static_cast<float>(height),
                wide = (roi[2] - roi[0]) / static_cast<float>(width);
    for (std::int64_t c = 0; c < shape[1]; ++c)
      for (std::int64_t i = 0; i < height * width; ++i) {
        const std::int64_t row = i / width, column = i % width;
        float sum = 0;
        for (const float v : {0.25F, 0.75F})
          for (const float u : {0.25F, 0.75F})
            sum += plane_of(x, batch.ints()[static_cast<std::size_t>(r)], c)
                       .between(roi[1] - 0.5F + (static_cast<float>(row) + v) * high,
                                roi[0] - 0.5F + (static_cast<float>(column) + u) * wide);
        y.push_back(sum / 4);
      }
  }
  return one(Array(shape, std::move(y)));
}

constexpr OperatorRow kSampleRows[] = {
    {"GridSample", grid_sample},
    {"RoiAlign", roi_align},
};

}  // namespace

std::span<const OperatorRow> sample_rows() { return kSampleRows; }

}  // namespace rw::evaluator
