// Pictures of another size.
#pragma once

#include <vector>

#include "runtime/data/decode.hpp"

namespace rw::data {

// Red, green and blue of each pixel of the resized picture, row by row, from 0 to 255. Both sides by a triangle of the
// width of a new pixel (an old one where it is enlarged): Pillow's BILINEAR, but for its rounding to whole numbers. The
// same size gives the same pixels.
std::vector<float> resized(const Picture& picture, std::int64_t height, std::int64_t width);

}  // namespace rw::data
