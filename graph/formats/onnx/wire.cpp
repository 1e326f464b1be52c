#include "graph/formats/onnx/wire.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <iterator>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>
#include <utility>

namespace rw::graph::onnx {
namespace {

Error at_byte(std::uint64_t offset, std::string message) {
  return Error("", fmt::format("byte {}", offset), std::move(message));
}

template <typename Bits>
Bits load(const char* at) {
  static_assert(std::endian::native == std::endian::little);  // as protobuf stores fixed fields
  Bits bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

constexpr std::uint32_t tag(std::uint32_t number, Wire wire) { return number << 3U | static_cast<std::uint32_t>(wire); }

template <typename T>
void append_packed(const Field& field, std::vector<T>& values) {
  const std::string_view payload = field.text();
  if (payload.size() % sizeof(T) != 0)
    throw field.error(fmt::format("a list of {} bytes, which is no multiple of {}", payload.size(), sizeof(T)));
  const std::size_t before = values.size();
  values.resize(before + payload.size() / sizeof(T));
  if (!payload.empty()) std::memcpy(values.data() + before, payload.data(), payload.size());
}

}  // namespace

Error Field::error(std::string message) const { return at_byte(offset, std::move(message)); }

std::string_view Field::text() const {
  if (wire != Wire::bytes) throw error(fmt::format("field {} is a number, expected bytes", number));
  return payload;
}

std::int64_t Field::integer() const {
  if (wire != Wire::varint) throw error(fmt::format("field {} is not encoded as an integer", number));
  return static_cast<std::int64_t>(value);
}

float Field::real() const {
  if (wire != Wire::fixed32) throw error(fmt::format("field {} is not encoded as a float", number));
  return std::bit_cast<float>(static_cast<std::uint32_t>(value));
}

void Field::integers(std::vector<std::int64_t>& values) const {
  if (wire != Wire::bytes) {
    values.push_back(integer());
    return;
  }
  const char* at = payload.data();
  const char* end = at + payload.size();
  try {
    while (at != end) values.push_back(static_cast<std::int64_t>(protozero::decode_varint(&at, end)));
  } catch (const protozero::exception&) {
    throw error(fmt::format("the list of integers in field {} ends within a number", number));
  }
}

void Field::reals(std::vector<float>& values) const {
  if (wire == Wire::bytes) return append_packed(*this, values);
  values.push_back(real());
}

void Field::reals(std::vector<double>& values) const {
  if (wire == Wire::bytes) return append_packed(*this, values);
  if (wire != Wire::fixed64) throw error(fmt::format("field {} is not encoded as a double", number));
  values.push_back(std::bit_cast<double>(value));
}

// Mistakes are told out of line: a large model has a million fields.
void Fields::fail(const char* place, std::string message) const {
  throw at_byte(offset_ + static_cast<std::uint64_t>(place - begin_), std::move(message));
}

void Fields::fail_at_size(std::uint64_t size, const char* at) const {
  fail(rest_.data(), fmt::format("field {} needs {} bytes, {} are left of what it is in", field_.number, size,
                                 rest_.data() + rest_.size() - at));
}

std::uint64_t Fields::varint(const char*& at, const char* end) const {
  const char* const before = at;
  try {
    return protozero::decode_varint(&at, end);
  } catch (const protozero::exception&) {
    fail(before, "the file ends within a number, or it is too long");
  }
}

bool Fields::next() {
  const char *const begin = rest_.data(), *const end = begin + rest_.size();
  if (begin == end) return false;
  const char* at = begin;
  // Almost every tag and length is one byte.
  const auto number_at = [&] {
    const auto first = static_cast<unsigned char>(at == end ? 0x80 : *at);
    return first < 0x80 ? (++at, std::uint64_t{first}) : varint(at, end);
  };
  const auto take = [&](std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(end - at)) fail_at_size(size, at);
    return std::exchange(at, at + size);
  };
  const std::uint64_t key = number_at(), number = key >> 3U;
  if (number == 0 || number >= std::uint64_t{1} << 29U) fail(begin, "no field begins here");
  field_.number = static_cast<std::uint32_t>(number);
  field_.wire = static_cast<Wire>(key & 7U);
  field_.value = 0;
  field_.payload = {};
  const char* place = begin;
  switch (field_.wire) {
    case Wire::varint:
      field_.value = number_at();
      break;
    case Wire::fixed64:
      field_.value = load<std::uint64_t>(take(sizeof(std::uint64_t)));
      break;
    case Wire::bytes: {
      const std::uint64_t size = number_at();
      place = take(size);
      field_.payload = {place, static_cast<std::size_t>(size)};
      break;
    }
    case Wire::fixed32:
      field_.value = load<std::uint32_t>(take(sizeof(std::uint32_t)));
      break;
    default:
      fail(begin, "no field begins here: its wire type is not known");
  }
  field_.offset = offset_ + static_cast<std::uint64_t>(place - begin_);
  field_.whole = {begin, static_cast<std::size_t>(at - begin)};
  rest_ = {at, static_cast<std::size_t>(end - at)};
  return true;
}

TextEntry text_entry(const Field& message) {
  constexpr std::uint32_t kKey = 1, kValue = 2;
  TextEntry entry;
  for (Fields fields(message); fields.next();) {
    if (fields->number == kKey) entry.key = fields->text();
    if (fields->number == kValue) entry.value = fields->text();
  }
  return entry;
}

void append_varint(std::uint64_t value, std::string& out) {
  if (value < 0x80)  // almost every tag and length
    out += static_cast<char>(value);
  else
    protozero::write_varint(std::back_inserter(out), value);
}

void append_header(std::uint32_t number, std::uint64_t size, std::string& out) {
  append_varint(tag(number, Wire::bytes), out);
  append_varint(size, out);
}

void append_integer(std::uint32_t number, std::int64_t value, std::string& out) {
  append_varint(tag(number, Wire::varint), out);
  append_varint(static_cast<std::uint64_t>(value), out);
}

void append_text(std::uint32_t number, std::string_view text, std::string& out) {
  append_header(number, text.size(), out);
  out += text;
}

std::size_t text_size(std::uint32_t number, std::string_view text) {
  return static_cast<std::size_t>(protozero::length_of_varint(tag(number, Wire::bytes)) +
                                  protozero::length_of_varint(text.size())) +
         text.size();
}

void append_real(std::uint32_t number, float value, std::string& out) {
  append_varint(tag(number, Wire::fixed32), out);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  char bytes[sizeof bits];
  std::memcpy(bytes, &bits, sizeof bits);
  out.append(bytes, sizeof bits);
}

std::string header(std::uint32_t number, std::uint64_t size) {
  std::string out;
  append_header(number, size, out);
  return out;
}

}  // namespace rw::graph::onnx
