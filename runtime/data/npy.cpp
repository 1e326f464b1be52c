#include "runtime/data/npy.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/values/axis_mask.hpp"

namespace rw::data {
namespace {

using graph::DType;
using graph::Error;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMostHeader = std::size_t{1} << 20U;

// NumPy's codes of element types, without the byte order in front.
struct CodeRow {
  std::string_view code;
  DType dtype;
};
constexpr std::array<CodeRow, 12> kCodes = {{
    {"f2", DType::float16},
    {"f4", DType::float32},
    {"f8", DType::float64},
    {"i1", DType::int8},
    {"u1", DType::uint8},
    {"i2", DType::int16},
    {"u2", DType::uint16},
    {"i4", DType::int32},
    {"u4", DType::uint32},
    {"i8", DType::int64},
    {"u8", DType::uint64},
    {"b1", DType::boolean},
}};

// Reads the Python dict {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, which NumPy takes as a literal.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, StoredArray& array) : rest_(text), array_(array) {}

  void read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = text();
      expect(':');
      if (key == "descr")
        once(0), read_type();
      else if (key == "fortran_order")
        once(1), array_.fortran = truth();
      else if (key == "shape")
        once(2), read_shape();
      else
        throw wrong(fmt::format("the key '{}' is none of a .npy", graph::printable(key)));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip();
    if (!rest_.empty()) throw wrong("something follows the dict");
    if (seen_ != 7) throw wrong("it needs the keys 'descr', 'fortran_order' and 'shape'");
  }

 private:
  Error wrong(const std::string& what) const {
    return {array_.file, array_.place, fmt::format("its .npy header cannot be read: {}", what)};
  }

  void once(unsigned key) {
    if ((seen_ >> key & 1U) != 0) throw wrong("a key stands there twice");
    seen_ |= 1U << key;
  }

  void skip() {
    const std::size_t at = rest_.find_first_not_of(" \n\t");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }

  bool take(char sign) {
    skip();
    if (rest_.empty() || rest_[0] != sign) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char sign) {
    if (!take(sign)) throw wrong(fmt::format("expected {}", sign));
  }

  std::string_view text() {
    skip();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) throw wrong("expected a text in quotes");
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) throw wrong("a text does not end");
    const std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return inside;
  }

  bool truth() {
    skip();
    for (const auto& [word, value] : {std::pair(std::string_view("True"), true), {std::string_view("False"), false}})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    throw wrong("'fortran_order' is neither True nor False");
  }

  void read_type() {
    skip();
    if (!rest_.empty() && rest_[0] == '[')
      throw Error(array_.file, array_.place, "its elements are records, expected numbers");
    const std::string_view descr = text();
    for (const CodeRow& row : kCodes)
      if (descr.size() == 3 && descr.substr(1) == row.code &&
          std::string_view("<>|=").find(descr[0]) != std::string_view::npos) {
        array_.dtype = row.dtype;
        array_.swapped = descr[0] == '>';
        return;
      }
    throw Error(array_.file, array_.place,
                fmt::format("its element type is '{}', expected floats of 16, 32 or 64 bits, integers or booleans",
                            graph::printable(descr)));
  }

  void read_shape() {
    expect('(');
    array_.shape.clear();
    while (!take(')')) {
      skip();
      std::int64_t dim = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (error != std::errc{} || dim < 0) throw wrong("a dimension of 'shape' is no whole number");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (!rest_.empty() && rest_[0] == 'L') rest_.remove_prefix(1);  // of Python 2
      array_.shape.push_back(dim);
      if (array_.shape.size() > static_cast<std::size_t>(graph::kMaxRank))
        throw wrong(fmt::format("it has more than {} dimensions", graph::kMaxRank));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    if (!graph::product(array_.shape)) throw wrong("its shape has more elements than there can be");
  }

  std::string_view rest_;
  StoredArray& array_;
  unsigned seen_ = 0;
};

}  // namespace

std::size_t npy_elements_at(std::string_view start) {
  if (!start.starts_with(kMagic)) throw Error("", "", "it is no .npy file (it does not begin as one)");
  if (start.size() < kNpyStart) throw Error("", "", "it is truncated: the .npy header is cut off");
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(start[at])); };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3)
    throw Error("", "", fmt::format("it is a .npy of version {}, expected 1 to 3", version));
  const std::size_t length =
      version == 1 ? byte(8) | byte(9) << 8U : byte(8) | byte(9) << 8U | byte(10) << 16U | byte(11) << 24U;
  if (length > kMostHeader) throw Error("", "", fmt::format("its .npy header has {} bytes, more than any has", length));
  return length + (version == 1 ? 10 : 12);
}

void read_npy_header(std::string_view head, StoredArray& array) {
  std::size_t end = 0;
  try {
    end = npy_elements_at(head.substr(0, kNpyStart));
  } catch (const Error& error) {
    throw Error(array.file, array.place, error.message);
  }
  if (end > head.size()) throw Error(array.file, array.place, "it is truncated: the .npy header is cut off");
  const std::size_t begin = head[6] == 1 ? 10 : 12;
  HeaderReader(head.substr(begin, end - begin), array).read();
}

}  // namespace rw::data
