#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <cstdio>
#include <string>
#include <utility>

// libjpeg's header wants <cstdio> before it.
#include <jpeglib.h>
// and its codes of messages that header.
#include <jerror.h>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/data/decode.hpp"

namespace rw::data {
namespace {

constexpr int kMostScans = 500;  // of a progressive one; each costs a pass over the whole picture

struct Reading {
  jpeg_error_mgr errors{};  // first: libjpeg gives it back
  jpeg_progress_mgr progress{};
  jpeg_decompress_struct jpeg{};
  std::jmp_buf back{};
  std::string_view file;
  Picture picture = {};
  std::array<char, JMSG_LENGTH_MAX> error{};

  explicit Reading(std::string_view bytes) : file(bytes) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() { jpeg_destroy_decompress(&jpeg); }
};

Reading& reading_of(j_common_ptr jpeg) { return *reinterpret_cast<Reading*>(jpeg->err); }

// libjpeg leaves through here.
[[noreturn]] void on_error(j_common_ptr jpeg) {
  Reading& reading = reading_of(jpeg);
  jpeg->err->format_message(jpeg, reading.error.data());
  std::longjmp(reading.back, 1);
}

// What is missing is gray for libjpeg, and an error here.
void on_message(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER)) on_error(jpeg);
}

[[noreturn]] void leave(Reading& reading, const char* why) {
  std::snprintf(reading.error.data(), reading.error.size(), "%s", why);
  std::longjmp(reading.back, 1);
}

void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMostScans)
    leave(reading_of(jpeg), "it has more scans than any picture");
}

void decode(Reading& reading) {
  jpeg_decompress_struct& jpeg = reading.jpeg;
  jpeg_create_decompress(&jpeg);
  jpeg.progress = &reading.progress;
  reading.progress.progress_monitor = on_progress;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(reading.file.data()), reading.file.size());
  jpeg_read_header(&jpeg, TRUE);
  reading.picture.width = jpeg.image_width;
  reading.picture.height = jpeg.image_height;
  if (reading.picture.width > kMostSide || reading.picture.height > kMostSide ||
      reading.picture.width * reading.picture.height > kMostPixels)
    leave(reading, "it has too many pixels");
  jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&jpeg);
  const auto row = static_cast<std::size_t>(reading.picture.width) * 3;
  reading.picture.rgb.resize(row * static_cast<std::size_t>(reading.picture.height));
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW line = reading.picture.rgb.data() + row * jpeg.output_scanline;
    jpeg_read_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_decompress(&jpeg);
}

// No object with a destructor lives here or in decode(): libjpeg comes back by longjmp.
bool guarded_decode(Reading& reading) {
  if (setjmp(reading.back) != 0) return false;
  decode(reading);
  return true;
}

}  // namespace

Picture decode_jpeg(std::string_view file) {
  Reading reading(file);
  reading.jpeg.err = jpeg_std_error(&reading.errors);
  reading.errors.error_exit = on_error;
  reading.errors.emit_message = on_message;
  if (!guarded_decode(reading))
    throw graph::Error("", "", fmt::format("the JPEG cannot be decoded: {}", graph::printable(reading.error.data())));
  return std::move(reading.picture);
}

}  // namespace rw::data
