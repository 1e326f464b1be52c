// JSON read front to back over text that stays where it is. json.cpp is the one unit that sees simdjson; everything
// that reads JSON goes through this header. Every value that is read or passed over is checked, so that what is copied
// to the output is JSON too.
//
// All errors are graph::Error with an empty file and the place "line L, column C"; the caller knows the file, and
// at_place() puts the name of a node or tensor before the line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/base/function_ref.hpp"

namespace rw::graph::json {

enum class Kind : std::uint8_t { object, array, string, number, boolean, null };

// Bytes [begin, end) of the whole text. JSON files are smaller than 4 GiB.
struct Range {
  std::uint32_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
  friend bool operator==(const Range&, const Range&) = default;
};

inline std::string_view cut(std::string_view whole, Range range) { return whole.substr(range.begin, range.size()); }

// A number that is also text: "inf", "-inf", "nan", since JSON has no way to write them.
std::optional<double> special(std::string_view text);

// In which forms a list may have numbers that are not finite: in none, as such texts, or also without quotes as Python
// writes them (NaN, Infinity, -Infinity, which is not JSON) and null.
enum class Specials : std::uint8_t { none, text, any };

class DocumentState;

// A value while its turn is: it is given to a callback, is read by at most one of the methods, and is gone when the
// callback returns. (An object may be read again before that; it then starts over.)
class Value {
 public:
  Kind kind() const;
  Range range() const;                                    // scalars at any time; objects and arrays once they are read
  std::uint32_t begin() const;                            // of range()
  std::uint32_t key_begin() const { return key_begin_; }  // of a member: the opening quote of its key

  // Each is an error where the value is of another kind or out of range: "expected a string, found 3".
  std::string_view string();  // without escapes; lives as long as the document and its text
  double number();            // finite
  std::int64_t integer();     // not 1.0 or 1e3
  bool boolean();
  std::optional<std::int64_t> if_integer();  // has no value where it is none: read it as what it is then
  std::optional<double> special() const;     // a number that is not finite, in any form but null; reads nothing

  // Calls f for each member or element in order. What f leaves unread is passed over unchecked: somebody reads it
  // later.
  void object(FunctionRef<void(std::string_view key, Value& value)> f);
  void array(FunctionRef<void(Value& value)> f);
  // Reads an object as far as its first member of this name and calls f for it; false: it has none.
  bool find(std::string_view key, FunctionRef<void(Value& value)> f);
  // All elements of an array; into a list they are appended.
  void numbers(std::vector<double>& values, Specials specials = Specials::none);
  void integers(FunctionRef<void(std::int64_t)> f);
  void integers(std::vector<std::int64_t>& values) {
    integers([&](std::int64_t each) { values.push_back(each); });
  }

  // Reads the value, whatever it is, and checks that it is JSON; with Specials::any numbers may stand in it as Python
  // writes them.
  void check(Specials specials = Specials::none);
  std::string_view text();  // the same as check(); its text as it stands in the file
  // Of an object that can still be read: its text if it is JSON, known by counting brackets and checked by nobody.
  std::string_view unchecked_text();
  void skip();  // passes over it, which somebody has checked before

  Error error(std::string_view message) const;  // with the place of this value
  Error expected(std::string_view what) const;  // "expected {what}, found {this value}"
  Error duplicate(std::string_view key) const;  // "key "{key}" stands here twice"

 private:
  friend class Document;
  friend class DocumentState;
  Value(DocumentState& state, const void* native) noexcept;
  bool is_integer() const;  // a number without point and exponent
  // Calls f for each member until it says true; says whether it did.
  bool members(FunctionRef<bool(std::string_view key, Value& value)> f);

  DocumentState* state_;
  std::uint32_t key_begin_ = 0;
  bool read_ = false;                            // an object that was begun
  bool stopped_ = false;                         // and left before its end
  alignas(8) std::array<std::byte, 24> native_;  // simdjson's value
  alignas(8) std::array<std::byte, 24> object_;  // simdjson's object, once read_
};

class Document {
 public:
  // `range` of `whole`, behind which MappedFile::kPadding bytes can be read; both outlive the document.
  Document(std::string_view whole, Range range);
  // All of it. Error: empty or 4 GiB and more.
  explicit Document(std::string_view whole);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Reads the one value of the text, which must be an object (or an array, where that is expected).
  void read(FunctionRef<void(Value& root)> f, Kind expected = Kind::object);

 private:
  std::unique_ptr<DocumentState> state_;
};

// "line L, column C" (from 1; columns count bytes) of an offset.
std::string line_of(std::string_view whole, std::size_t offset);

// The error with `name` before the line, as in "node 'a', line 3, column 7".
Error at_place(const Error& error, std::string_view name);

// --- objects with known keys

// One key: what it is called, whether it must be there, and the method of a reader that takes its value (null: noted
// only).
template <typename Reader>
struct Key {
  std::string_view name;
  bool needed;
  void (Reader::*read)(Value&);
};

// Collects what a table-driven reading of one object has seen.
class Seen {
 public:
  void key(std::size_t row, std::string_view name, const Value& value);  // Error: seen before
  void unknown(std::string_view name);
  bool has(std::size_t row) const { return (rows_ >> row & 1U) != 0; }
  void require(std::size_t row, std::string_view name, const Value& object) const;  // Error: not seen

 private:
  std::uint64_t rows_ = 0;
  std::vector<std::string> unknown_;  // the first few, to guess from
};

// Reads `object` by a table; keys that the table does not have are checked and kept as they are. Returns what was seen.
// Error: a key of the table stands twice, a needed one is missing.
template <typename Reader, std::size_t n>
Seen read_keys(Value& object, const std::array<Key<Reader>, n>& rows, Reader& reader) {
  static_assert(n <= 64);
  Seen seen;
  std::size_t next = 0;  // keys come in the order of the table as a rule
  object.object([&](std::string_view key, Value& value) {
    for (std::size_t tried = 0; tried < n; ++tried) {
      const std::size_t i = (next + tried) % n;
      if (rows[i].name != key) continue;
      next = i + 1;
      seen.key(i, key, value);
      if (rows[i].read) (reader.*rows[i].read)(value);
      return;
    }
    seen.unknown(key);
    value.check();
  });
  for (std::size_t i = 0; i < n; ++i)
    if (rows[i].needed) seen.require(i, rows[i].name, object);
  return seen;
}

}  // namespace rw::graph::json
