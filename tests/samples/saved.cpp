#include "tests/samples/saved.hpp"

#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

// libjpeg's header wants <cstdio> before it.
#include <jpeglib.h>

namespace rw::test {
namespace {

std::string little(std::uint64_t value, unsigned size) {
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
  return text;
}

std::string big(std::uint32_t value) {
  std::string text;
  for (unsigned i = 4; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xFFU);
  return text;
}

std::uint32_t sum_of(const std::string& text) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

// `window`: -15 for raw deflate, 15 for the stream of a PNG.
std::string packed(const std::string& content, int window) {
  z_stream z{};
  if (deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string out(deflateBound(&z, content.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string chunk(const std::string& type, const std::string& content) {
  return big(static_cast<std::uint32_t>(content.size())) + type + content + big(sum_of(type + content));
}

}  // namespace

std::string npy_text(const std::string& descr, const Dims64& shape, const std::string& elements, bool fortran,
                     int version) {
  std::string dims;
  for (const std::int64_t dim : shape) dims += std::to_string(dim) + ", ";
  if (shape.size() > 1) dims.resize(dims.size() - 2);
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + dims + "), }";
  const std::size_t start = version == 1 ? 10 : 12;
  header.append(63 - (start + header.size()) % 64, ' ');
  header += '\n';
  return std::string("\x93NUMPY") + static_cast<char>(version) + '\0' + little(header.size(), version == 1 ? 2 : 4) +
         header + elements;
}

std::string zip_text(const std::vector<Member>& members, bool wide) {
  std::string file, directory;
  for (const Member& member : members) {
    const std::string content = member.deflated ? packed(member.content, -15) : member.content;
    const std::string method = little(member.deflated ? 8 : 0, 2), sum = little(sum_of(member.content), 4);
    const std::string sizes = wide ? little(0xFFFFFFFFU, 4) + little(0xFFFFFFFFU, 4)
                                   : little(content.size(), 4) + little(member.content.size(), 4);
    const std::string wide_sizes = little(member.content.size(), 8) + little(content.size(), 8);
    const std::string local_extra = wide ? little(1, 2) + little(16, 2) + wide_sizes : "";
    const std::string extra = wide ? little(1, 2) + little(24, 2) + wide_sizes + little(file.size(), 8) : "";
    directory += little(0x02014b50, 4) + little(45, 2) + little(45, 2) + little(0, 2) + method + little(0, 4) + sum +
                 sizes + little(member.name.size(), 2) + little(extra.size(), 2) + little(0, 2) + little(0, 2) +
                 little(0, 2) + little(0, 4) + little(wide ? 0xFFFFFFFFU : file.size(), 4) + member.name + extra;
    file += little(0x04034b50, 4) + little(45, 2) + little(0, 2) + method + little(0, 4) + sum + sizes +
            little(member.name.size(), 2) + little(local_extra.size(), 2) + member.name + local_extra + content;
  }
  const std::size_t begin = file.size();
  file += directory;
  if (wide) {
    const std::size_t record = file.size();
    file += little(0x06064b50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) + little(0, 4) +
            little(members.size(), 8) + little(members.size(), 8) + little(directory.size(), 8) + little(begin, 8);
    file += little(0x07064b50, 4) + little(0, 4) + little(record, 8) + little(1, 4);
  }
  return file + little(0x06054b50, 4) + little(0, 2) + little(0, 2) + little(wide ? 0xFFFF : members.size(), 2) +
         little(wide ? 0xFFFF : members.size(), 2) + little(directory.size(), 4) +
         little(wide ? 0xFFFFFFFFU : begin, 4) + little(0, 2);
}

std::string png_head(unsigned width, unsigned height) {
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big(width) + big(height) + std::string("\x08\x02\x00\x00\x00", 5));
}

std::string png_text(unsigned width, unsigned height, const std::vector<std::uint8_t>& rgb) {
  std::string rows;
  for (unsigned y = 0; y < height; ++y) {
    rows += '\0';  // no filter
    rows.append(reinterpret_cast<const char*>(rgb.data()) + std::size_t{y} * width * 3, std::size_t{width} * 3);
  }
  return png_head(width, height) + chunk("IDAT", packed(rows, 15)) + chunk("IEND", "");
}

std::string jpeg_text(unsigned width, unsigned height, const std::vector<std::uint8_t>& rgb) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = width;
  jpeg.image_height = height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  for (int i = 0; i < 3; ++i) jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
  jpeg_start_compress(&jpeg, TRUE);
  for (unsigned y = 0; y < height; ++y) {
    JSAMPROW row = const_cast<std::uint8_t*>(rgb.data()) + std::size_t{y} * width * 3;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string text(reinterpret_cast<const char*>(out), size);
  jpeg_destroy_compress(&jpeg);
  std::free(out);
  return text;
}

}  // namespace rw::test
