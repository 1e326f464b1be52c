#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <new>
#include <string>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/data/decode.hpp"

namespace rw::data {
namespace {

struct Reading {
  std::string_view rest;
  Picture picture = {};
  std::vector<png_bytep> rows = {};
  std::string error = {};
  png_structp png = nullptr;
  png_infop info = nullptr;

  explicit Reading(std::string_view file) : rest(file) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
};

// libpng leaves through here.
[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  static_cast<Reading*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void give(png_structp png, png_bytep out, std::size_t count) {
  std::string_view& rest = static_cast<Reading*>(png_get_io_ptr(png))->rest;
  if (rest.size() < count) png_error(png, "it is truncated");
  std::memcpy(out, rest.data(), count);
  rest.remove_prefix(count);
}

void decode(Reading& reading) {
  png_structp png = reading.png;
  png_set_user_limits(png, kMostSide, kMostSide);
  png_set_chunk_malloc_max(png, std::size_t{1} << 23U);
  png_set_read_fn(png, &reading, give);
  png_read_info(png, reading.info);
  reading.picture.width = png_get_image_width(png, reading.info);
  reading.picture.height = png_get_image_height(png, reading.info);
  if (reading.picture.width * reading.picture.height > kMostPixels) png_error(png, "it has too many pixels");
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, reading.info);
  const auto row = static_cast<std::size_t>(reading.picture.width) * 3;
  if (png_get_rowbytes(png, reading.info) != row) png_error(png, "its colours cannot be turned into RGB");
  reading.picture.rgb.resize(row * static_cast<std::size_t>(reading.picture.height));
  for (std::size_t y = 0; y < static_cast<std::size_t>(reading.picture.height); ++y)
    reading.rows.push_back(reading.picture.rgb.data() + y * row);
  png_read_image(png, reading.rows.data());
  png_read_end(png, nullptr);
}

// No object with a destructor lives here or in decode(): libpng comes back by longjmp.
bool guarded_decode(Reading& reading) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  decode(reading);
  return true;
}

}  // namespace

Picture decode_png(std::string_view file) {
  Reading reading(file);
  reading.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, on_error, on_warning);
  if (reading.png) reading.info = png_create_info_struct(reading.png);
  if (!reading.info) throw std::bad_alloc();
  if (!guarded_decode(reading))
    throw graph::Error("", "", fmt::format("the PNG cannot be decoded: {}", graph::printable(reading.error)));
  return std::move(reading.picture);
}

}  // namespace rw::data
