// The protobuf wire format, one field at a time over bytes that stay where they are. Protozero decodes the varints;
// what is added here are 64-bit lengths and the exact extent of every field, so that fields can be copied as they are.
// https://protobuf.dev/programming-guides/encoding
//
// All errors are graph::Error with an empty file and the place "byte N" (N: offset in the file).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/error.hpp"

namespace rw::graph::onnx {

enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct Field {
  std::uint32_t number = 0;  // 1 to 2^29 - 1
  Wire wire = Wire::varint;
  std::uint64_t value = 0;   // of a varint, fixed64 or fixed32: its bits
  std::string_view payload;  // of bytes
  std::string_view whole;    // tag, length and payload
  std::uint64_t offset = 0;  // in the file: of the payload, or of `whole` where there is none

  // Each is an error where the field is encoded in another way.
  std::string_view text() const;  // also messages and packed lists
  std::int64_t integer() const;
  float real() const;  // fixed32
  // Appends the values of a repeated field, packed or one by one.
  void integers(std::vector<std::int64_t>& values) const;
  void reals(std::vector<float>& values) const;
  void reals(std::vector<double>& values) const;

  Error error(std::string message) const;  // at this field
};

// The fields of one message in order.
class Fields {
 public:
  Fields(std::string_view message, std::uint64_t offset) : begin_(message.data()), rest_(message), offset_(offset) {}
  explicit Fields(const Field& message) : Fields(message.text(), message.offset) {}

  // Reads the next field; false: there is none. Error: it leaves the message, or is no field at all.
  bool next();
  const Field& operator*() const { return field_; }
  const Field* operator->() const { return &field_; }

 private:
  std::uint64_t varint(const char*& at, const char* end) const;
  [[noreturn, gnu::cold, gnu::noinline]] void fail(const char* place, std::string message) const;
  [[noreturn, gnu::cold, gnu::noinline]] void fail_at_size(std::uint64_t size, const char* at) const;

  const char* begin_;
  std::string_view rest_;
  std::uint64_t offset_;
  Field field_;
};

// Key and value of a StringStringEntryProto.
struct TextEntry {
  std::string_view key, value;
};
TextEntry text_entry(const Field& message);

// --- writing

void append_varint(std::uint64_t value, std::string& out);
void append_integer(std::uint32_t number, std::int64_t value, std::string& out);
void append_text(std::uint32_t number, std::string_view text, std::string& out);  // a string, bytes or message
void append_real(std::uint32_t number, float value, std::string& out);
std::size_t text_size(std::uint32_t number, std::string_view text);  // how many bytes append_text() appends
// Tag and length of a field of bytes, whose payload follows.
void append_header(std::uint32_t number, std::uint64_t size, std::string& out);
std::string header(std::uint32_t number, std::uint64_t size);

}  // namespace rw::graph::onnx
