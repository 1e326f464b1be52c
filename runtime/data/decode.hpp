// PNG and JPEG, decoded by libpng and libjpeg (turbo); nothing of the formats is known here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rw::data {

// Pixels of red, green and blue, row by row. Gray has three equal ones; what is transparent shows its own colour, and
// 16 bits are cut to 8.
struct Picture {
  std::int64_t height = 0, width = 0;
  std::vector<std::uint8_t> rgb;
};

// Sides and area of a picture that is decoded: what claims more is refused before memory is taken for it.
inline constexpr std::int64_t kMostSide = 16384, kMostPixels = std::int64_t{1} << 26;

// graph::Error (no file): truncated, damaged, too large, or of colours that the library does not turn into RGB.
Picture decode_png(std::string_view file);
Picture decode_jpeg(std::string_view file);

}  // namespace rw::data
