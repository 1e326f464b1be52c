// Files of samples for tests, put together byte by byte: writers of their own, so that the readers are not their own
// judges.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace rw::test {

using Dims64 = std::vector<std::int64_t>;

// A .npy of format `version` (1 to 3). `descr` as NumPy writes it: "<f4".
std::string npy_text(const std::string& descr, const Dims64& shape, const std::string& elements, bool fortran = false,
                     int version = 1);

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string text(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(text.data(), values.data(), text.size());
  return text;
}

struct Member {
  std::string name, content;
  bool deflated = true;
};
// A ZIP file of these members; `wide`: all sizes and places stand in ZIP64 records.
std::string zip_text(const std::vector<Member>& members, bool wide = false);

// Pixels of red, green and blue, row by row, as an 8-bit PNG, or a JPEG of best quality.
std::string png_text(unsigned width, unsigned height, const std::vector<std::uint8_t>& rgb);
std::string png_head(unsigned width, unsigned height);  // as far as the sizes
std::string jpeg_text(unsigned width, unsigned height, const std::vector<std::uint8_t>& rgb);

}  // namespace rw::test
