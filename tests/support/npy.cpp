#include "tests/support/npy.hpp"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace rw::test {
namespace {

// The text behind 'key': in the header, which is a Python dict of three known keys; empty where it is not there.
std::string_view behind(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}':", key));
  return at == std::string_view::npos ? std::string_view() : header.substr(at + key.size() + 3);
}

Dims tuple(std::string_view text) {  // " (500, 1, 16, 16), ..."
  Dims dims;
  const std::size_t open = text.find('('), close = text.find(')');
  if (open == std::string_view::npos || close == std::string_view::npos) throw std::invalid_argument("no shape");
  std::string inside(text.substr(open + 1, close - open - 1));
  for (std::size_t at = 0; at < inside.size();) {
    std::size_t end = inside.find(',', at);
    if (end == std::string::npos) end = inside.size();
    const std::string item = inside.substr(at, end - at);
    if (item.find_first_not_of(' ') != std::string::npos) dims.push_back(std::stoll(item));
    at = end + 1;
  }
  return dims;
}

template <typename T>
Array values(Dims shape, std::string_view bytes) {
  std::vector<T> result(count(shape));
  if (bytes.size() != result.size() * sizeof(T)) throw std::invalid_argument("the values do not fill the shape");
  if (!result.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return Array(std::move(shape), std::move(result));
}

Array parse(std::string_view file) {
  if (file.substr(0, 6) != "\x93NUMPY" || file.size() < 12) throw std::invalid_argument("not a .npy file");
  const bool second = file[6] == 2;  // of the format: the length of the header has four bytes instead of two
  if (!second && file[6] != 1) throw std::invalid_argument("a format that is not known");
  std::size_t length = 0;
  for (std::size_t i = second ? 4 : 2; i-- > 0;) length = length << 8U | static_cast<unsigned char>(file[8 + i]);
  const std::size_t begin = second ? 12 : 10;
  if (length > file.size() - begin) throw std::invalid_argument("the header is cut off");
  const std::string_view header = file.substr(begin, length), bytes = file.substr(begin + length);
  if (behind(header, "fortran_order").substr(0, 6) != " False") throw std::invalid_argument("not in C order");
  const std::string_view type = behind(header, "descr").substr(0, 6);
  if (type == " '<f4'") return values<float>(tuple(behind(header, "shape")), bytes);
  if (type == " '<i8'") return values<std::int64_t>(tuple(behind(header, "shape")), bytes);
  throw std::invalid_argument("neither float32 nor int64");
}

}  // namespace

Array read_npy(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("cannot read '{}'", path.string()));
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  try {
    return parse(content);
  } catch (const std::logic_error& error) {
    throw std::runtime_error(fmt::format("'{}': {}", path.string(), error.what()));
  }
}

}  // namespace rw::test
