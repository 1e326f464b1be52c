// The one unit that includes simdjson.
//
// Strings are not unescaped by simdjson: its buffer has room for every string once, and objects are read twice here
// where an order of keys asks for it. A string without escapes, which is almost every one, is a view of the text
// itself.
#include "graph/formats/text/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <utility>

#include "graph/base/mapped_file.hpp"
#include "graph/base/utf8.hpp"

namespace rw::graph::json {
namespace {

namespace od = simdjson::ondemand;

constexpr int kMaxDepth = 200;              // of a value that is only checked
constexpr std::size_t kNativeDepth = 2048;  // nested networks (3 levels each, 200 of them), and what is in them
static_assert(MappedFile::kPadding >= simdjson::SIMDJSON_PADDING);

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// How many bytes come before the first quote or backslash; eight at a time, as keys are most of a model.
std::size_t plain_length(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  // The lowest bit that is set belongs to the first byte that is zero.
  const auto zeros = [](std::uint64_t word) { return (word - kOnes) & ~word & (kOnes << 7U); };
  std::size_t at = 0;
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    const std::uint64_t found = zeros(word ^ (kOnes * '"')) | zeros(word ^ (kOnes * '\\'));
    if (found != 0) return at + static_cast<std::size_t>(__builtin_ctzll(found)) / 8;
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The grammar of RFC 8259: -? (0 / [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
bool is_number(std::string_view text) {
  const auto take = [&](auto matches) {
    if (text.empty() || !matches(text.front())) return false;
    text.remove_prefix(1);
    return true;
  };
  const auto digits = [&] {
    const std::size_t before = text.size();
    while (take(is_digit)) {
    }
    return text.size() < before;
  };
  take([](char c) { return c == '-'; });
  if (!take([](char c) { return c == '0'; }) && !digits()) return false;
  if (take([](char c) { return c == '.'; }) && !digits()) return false;
  if (take([](char c) { return c == 'e' || c == 'E'; })) {
    take([](char c) { return c == '+' || c == '-'; });
    if (!digits()) return false;
  }
  return text.empty();
}

std::optional<char32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  char32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c))
      value = value * 16 + static_cast<char32_t>(c - '0');
    else if (lower >= 'a' && lower <= 'f')
      value = value * 16 + static_cast<char32_t>(lower - 'a' + 10);
    else
      return std::nullopt;
  }
  return value;
}

// Takes the escape that follows a backslash at the front of `text`; false: there is no such escape.
bool unescape_one(std::string_view& text, std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  if (text.empty()) return false;
  if (const std::size_t at = kNames.find(text.front()); at != std::string_view::npos) {
    out.push_back(kValues[at]);
    text.remove_prefix(1);
    return true;
  }
  if (text.front() != 'u') return false;
  auto point = hex4(text.substr(1));
  if (!point) return false;
  text.remove_prefix(5);
  if (*point >= 0xD800 && *point < 0xDC00) {  // the first half of a surrogate pair
    const auto low = text.substr(0, 2) == "\\u" ? hex4(text.substr(2)) : std::nullopt;
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
    text.remove_prefix(6);
    point = 0x10000 + ((*point - 0xD800) << 10U) + (*low - 0xDC00);
  } else if (*point >= 0xDC00 && *point <= 0xDFFF) {
    return false;
  }
  append_utf8(*point, out);
  return true;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (!unescape_one(text, out)) return std::nullopt;
  }
  return out;
}

// What the first pass over the text finds wrong it does not place, so that the place is looked for here: strings and
// characters are followed from the front.
std::pair<std::size_t, std::string> first_flaw(std::string_view text, std::size_t offset) {
  std::size_t opened = 0;
  bool inside = false;
  while (offset < text.size()) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (byte >= 0x80) {
      const Utf8 character = decode_utf8(text.substr(offset));
      if (!character.valid) return {offset, fmt::format("is not JSON: the byte 0x{:02x} is not UTF-8 here", byte)};
      offset += character.size;
      continue;
    }
    if (inside && byte < 0x20)
      return {offset, fmt::format("is not JSON: the control character 0x{:02x} stands in a string; write \\u{:04x}",
                                  byte, byte)};
    if (inside && byte == '\\') {
      offset += 2;
      continue;
    }
    if (byte == '"') {
      inside = !inside;
      opened = offset;
    }
    ++offset;
  }
  if (inside) return {opened, "is not JSON: the string that begins here is not closed"};
  return {text.size(), "is not JSON: it ends too early"};
}

std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {"an object", "a list",    "a string",
                                                      "a number",  "a boolean", "null"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace

std::optional<double> special(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "inf") return kInfinity;
  if (text == "-inf") return -kInfinity;
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

namespace {

// As Python writes them.
std::optional<double> bare_special(std::string_view token) {
  if (token == "NaN") return special("nan");
  if (token == "Infinity") return special("inf");
  return token == "-Infinity" ? special("-inf") : std::nullopt;
}

}  // namespace

std::string line_of(std::string_view whole, std::size_t offset) {
  const std::string_view before = whole.substr(0, std::min(offset, whole.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", line, before.size() - start + 1);
}

Error at_place(const Error& error, std::string_view name) {
  return Error(error.file, error.place.empty() ? std::string(name) : fmt::format("{}, {}", name, error.place),
               error.message);
}

// --- document

class DocumentState {
 public:
  DocumentState(std::string_view text, Range part) : whole(text), range(part) {}

  std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - whole.data()); }
  Error error_at(std::size_t offset, std::string_view message) const {
    return Error("", line_of(whole, offset), std::string(message));
  }
  Error malformed() {
    const char* at = nullptr;
    const bool placed = document.current_location().get(at) == simdjson::SUCCESS;
    return error_at(placed ? offset(at) : range.end,
                    "is not JSON: a value, comma, colon or bracket is missing or out of place");
  }
  void must(simdjson::error_code code) {
    if (code != simdjson::SUCCESS) throw malformed();
  }

  // Text of the token at `begin`, up to the next one.
  std::string_view string_at(std::string_view token);
  std::string_view key(const char* raw);

  std::string_view whole;
  Range range;
  od::parser parser;
  od::document document;
  std::deque<std::string> unescaped;  // strings with escapes; addresses stay
};

// The content of a string in quotes.
std::string_view DocumentState::string_at(std::string_view token) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') throw malformed();
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside;
  auto plain = unescape(inside);
  if (!plain)
    throw error_at(offset(token.data()), "is not JSON: the string that begins here has an escape that does not exist");
  return unescaped.emplace_back(std::move(*plain));
}

// A key, told by the position behind its opening quote. The closing quote is looked for within the text, whatever
// happened to the file in the meantime.
std::string_view DocumentState::key(const char* raw) {
  const std::size_t begin = offset(raw);
  std::size_t end = begin;
  const std::string_view rest = whole.substr(begin);
  if (const std::size_t plain = plain_length(rest); plain < rest.size() && rest[plain] == '"')
    return rest.substr(0, plain);
  while (true) {
    end = whole.find('"', end);
    if (end == std::string_view::npos) throw malformed();
    std::size_t slashes = 0;
    while (end - slashes > begin && whole[end - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 == 0) break;
    ++end;
  }
  return string_at(whole.substr(begin - 1, end - begin + 2));
}

Document::Document(std::string_view whole, Range range) : state_(std::make_unique<DocumentState>(whole, range)) {}

Document::Document(std::string_view whole) {
  constexpr std::size_t kLongest = simdjson::SIMDJSON_MAXSIZE_BYTES - simdjson::SIMDJSON_PADDING;
  if (whole.empty()) throw Error("", "", "is empty, expected JSON");
  if (whole.size() > kLongest)
    throw Error("", "",
                "is larger than 4 GB, the most that JSON may have here; large tensors belong into a weight file");
  // A byte order mark is not JSON, but some editors put one there.
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  const std::size_t begin = whole.substr(0, kMark.size()) == kMark ? kMark.size() : 0;
  state_ = std::make_unique<DocumentState>(
      whole, Range{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(whole.size())});
}

Document::~Document() = default;

void Document::read(FunctionRef<void(Value&)> f, Kind expected) {
  DocumentState& state = *state_;
  const std::string_view text = cut(state.whole, state.range);
  if (trim_right(text).empty()) throw Error("", "", "is empty, expected JSON");
  if (state.parser.allocate(text.size(), kNativeDepth) != simdjson::SUCCESS)
    throw Error("", "", "is too large for the memory of this machine");
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + MappedFile::kPadding);
  if (state.parser.iterate(padded).get(state.document) != simdjson::SUCCESS) {
    const auto [offset, message] = first_flaw(state.whole, state.range.begin);
    throw state.error_at(offset, message);
  }
  // simdjson stops at the bracket that closes the text. Without one it would go on to what stands behind, so that a
  // text that does not end with its bracket is not given to it (as a value, which is how it is read here, it does not
  // look).
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const char last = trim_right(text).back();
  if (text[first] != '{' && text[first] != '[')
    throw state.error_at(state.range.begin + first, "expected an object, {...}");
  if (last != (text[first] == '{' ? '}' : ']'))
    throw state.error_at(state.range.end, "is not JSON: it does not end with the bracket that closes it");
  od::value native;
  state.must(state.document.get_value().get(native));
  Value root(state, &native);
  if (root.kind() != expected) throw root.expected(expected == Kind::object ? "an object, {...}" : "a list, [...]");
  f(root);
  if (root.stopped_) root.object([](std::string_view, Value&) {});
  const char* rest = nullptr;
  if (state.document.current_location().get(rest) == simdjson::SUCCESS)
    throw state.error_at(state.offset(rest), "is not JSON: there is more behind its end");
}

// --- values

namespace {

using Storage = std::array<std::byte, 24>;

template <typename Native>
Native& native_of(Storage& bytes) {
  static_assert(sizeof(Native) <= sizeof(Storage));
  static_assert(alignof(Native) <= 8);
  static_assert(std::is_trivially_copyable_v<Native> && std::is_trivially_destructible_v<Native>);
  return *std::launder(reinterpret_cast<Native*>(bytes.data()));
}
// Looking at a value is const for us and not for simdjson.
od::value& native(const Storage& bytes) { return native_of<od::value>(const_cast<Storage&>(bytes)); }

}  // namespace

Value::Value(DocumentState& state, const void* native) noexcept : state_(&state) {
  new (native_.data()) od::value(*static_cast<const od::value*>(native));
  new (object_.data()) od::object();
}

Kind Value::kind() const {
  od::json_type type{};
  if (native(native_).type().get(type) != simdjson::SUCCESS) throw error("is not JSON: expected a value here");
  switch (type) {
    case od::json_type::object:
      return Kind::object;
    case od::json_type::array:
      return Kind::array;
    case od::json_type::string:
      return Kind::string;
    case od::json_type::number:
      return Kind::number;
    case od::json_type::boolean:
      return Kind::boolean;
    case od::json_type::null:
      break;
  }
  return Kind::null;
}

std::uint32_t Value::begin() const { return state_->offset(native(native_).raw_json_token().data()); }

Range Value::range() const {
  const std::string_view token = native(native_).raw_json_token();
  const std::uint32_t begin = state_->offset(token.data());
  if (token.front() != '{' && token.front() != '[')
    return {begin, begin + static_cast<std::uint32_t>(trim_right(token).size())};
  // What has been read ends before the next token, with nothing but spaces between.
  const char* next = nullptr;
  const bool more = state_->document.current_location().get(next) == simdjson::SUCCESS;
  const std::uint32_t limit = more ? state_->offset(next) : state_->range.end;
  const std::string_view upto = trim_right(state_->whole.substr(begin, limit - begin));
  return {begin, begin + static_cast<std::uint32_t>(upto.size())};
}

std::string_view Value::string() {
  const std::string_view token = native(native_).raw_json_token();
  if (token.front() != '"') throw expected("a string");
  return state_->string_at(trim_right(token));
}

double Value::number() {
  double result = 0;
  if (kind() != Kind::number) throw expected("a number");
  if (native(native_).get_double().get(result) == simdjson::SUCCESS) return result;
  if (is_number(cut(state_->whole, range()))) throw error("is too large for a number");
  throw expected("a number");
}

bool Value::boolean() {
  bool result = false;
  if (kind() != Kind::boolean || native(native_).get_bool().get(result) != simdjson::SUCCESS)
    throw expected("true or false");
  return result;
}

std::int64_t Value::integer() {
  if (const auto result = if_integer()) return *result;
  throw expected("an integer");
}

std::optional<std::int64_t> Value::if_integer() {
  std::int64_t result = 0;
  if (kind() != Kind::number) return std::nullopt;
  if (native(native_).get_int64().get(result) == simdjson::SUCCESS) return result;
  if (is_integer()) throw error("is too large for an integer of 64 bits");
  return std::nullopt;
}

bool Value::is_integer() const {
  const std::string_view token = cut(state_->whole, range());
  return is_number(token) && token.find_first_of(".eE") == std::string_view::npos;
}

std::optional<double> Value::special() const {
  const std::string_view token = trim_right(native(native_).raw_json_token());
  if (token.size() > 2 && token.front() == '"') return json::special(token.substr(1, token.size() - 2));
  return bare_special(token);
}

bool Value::members(FunctionRef<bool(std::string_view, Value&)> f) {
  auto& members = native_of<od::object>(object_);
  if (read_) {
    bool ignored = false;
    state_->must(members.reset().get(ignored));
  } else {
    if (native(native_).get_object().get(members) != simdjson::SUCCESS) throw expected("an object");
    read_ = true;
  }
  for (auto each : members) {
    od::field field;
    state_->must(std::move(each).get(field));
    const char* raw = field.key().raw();
    Value value(*state_, &field.value());
    value.key_begin_ = state_->offset(raw) - 1;
    if (f(state_->key(raw), value)) return stopped_ = true;
  }
  return stopped_ = false;
}

void Value::object(FunctionRef<void(std::string_view, Value&)> f) {
  members([&](std::string_view key, Value& value) {
    f(key, value);
    return false;
  });
}

bool Value::find(std::string_view key, FunctionRef<void(Value&)> f) {
  return members([&](std::string_view name, Value& value) {
    if (name == key) f(value);
    return name == key;
  });
}

void Value::array(FunctionRef<void(Value&)> f) {
  od::array elements;
  if (native(native_).get_array().get(elements) != simdjson::SUCCESS) throw expected("a list");
  for (auto each : elements) {
    od::value element;
    state_->must(each.get(element));
    Value value(*state_, &element);
    f(value);
  }
}

namespace {

// A number that is not finite, where it may stand.
std::optional<double> number_in(const Value& value, Specials specials) {
  if (specials == Specials::none) return std::nullopt;
  const auto named = value.special();
  if (specials == Specials::text) return named && value.kind() == Kind::string ? named : std::nullopt;
  return named || value.kind() != Kind::null ? named : special("nan");
}

}  // namespace

void Value::numbers(std::vector<double>& values, Specials specials) {
  od::array elements;
  if (native(native_).get_array().get(elements) != simdjson::SUCCESS) throw expected("a list of numbers");
  for (auto each : elements) {
    od::value element;
    state_->must(each.get(element));
    double number = 0;
    if (element.get_double().get(number) != simdjson::SUCCESS) {
      Value value(*state_, &element);
      const auto named = number_in(value, specials);
      number = named ? *named : value.number();
    }
    values.push_back(number);
  }
}

void Value::integers(FunctionRef<void(std::int64_t)> f) {
  od::array elements;
  if (native(native_).get_array().get(elements) != simdjson::SUCCESS) throw expected("a list of integers");
  for (auto each : elements) {
    od::value element;
    state_->must(each.get(element));
    std::int64_t number = 0;
    if (element.get_int64().get(number) != simdjson::SUCCESS) number = Value(*state_, &element).integer();
    f(number);
  }
}

namespace {

void check_scalar(const Value& value, std::string_view token) {
  const bool literal = token == "true" || token == "false" || token == "null";
  if (!literal && !is_number(token)) throw value.error("is not JSON: expected a value here");
}

void check_value(Value& value, std::string_view whole, Specials specials, int depth) {
  if (specials == Specials::any && value.special()) return;
  if (depth > kMaxDepth) throw value.error(fmt::format("is nested more than {} levels deep", kMaxDepth));
  switch (value.kind()) {
    case Kind::object:
      value.object([&](std::string_view, Value& member) { check_value(member, whole, specials, depth + 1); });
      break;
    case Kind::array:
      value.array([&](Value& element) { check_value(element, whole, specials, depth + 1); });
      break;
    case Kind::string:
      value.string();
      break;
    default:
      check_scalar(value, cut(whole, value.range()));
  }
}

}  // namespace

void Value::check(Specials specials) { check_value(*this, state_->whole, specials, 0); }

std::string_view Value::text() {
  check();
  return cut(state_->whole, range());
}

std::string_view Value::unchecked_text() {
  auto& members = native_of<od::object>(object_);
  if (native(native_).get_object().get(members) != simdjson::SUCCESS) throw expected("an object");
  read_ = true;
  std::string_view text;
  if (members.raw_json().get(text) != simdjson::SUCCESS) return {};  // who reads it will find out why
  return trim_right(text);
}

void Value::skip() {
  const Kind found = kind();
  if (found == Kind::object) unchecked_text();
  if (found != Kind::array) return;
  od::array elements;
  state_->must(native(native_).get_array().get(elements));
  std::string_view text;
  state_->must(elements.raw_json().get(text));
}

Error Value::error(std::string_view message) const { return state_->error_at(begin(), message); }

Error Value::expected(std::string_view what) const {
  const Kind found = kind();
  constexpr std::size_t kShown = 40;
  std::string_view token =
      found == Kind::object || found == Kind::array ? std::string_view() : cut(state_->whole, range());
  if (token.size() > kShown) token = {};
  return error(token.empty() ? fmt::format("expected {}, found {}", what, name_of(found))
                             : fmt::format("expected {}, found {}", what, token));
}

Error Value::duplicate(std::string_view key) const {
  return state_->error_at(key_begin_, fmt::format("the key \"{}\" stands here for the second time", key));
}

// --- objects with known keys

void Seen::key(std::size_t row, std::string_view name, const Value& value) {
  if (has(row)) throw value.duplicate(name);
  rows_ |= std::uint64_t{1} << row;
}

void Seen::unknown(std::string_view name) {
  constexpr std::size_t kKept = 8;
  if (unknown_.size() < kKept) unknown_.emplace_back(name);
}

void Seen::require(std::size_t row, std::string_view name, const Value& object) const {
  if (has(row)) return;
  for (const std::string& other : unknown_) {
    const bool near = other.substr(0, 3) == name.substr(0, 3) ||
                      std::is_permutation(other.begin(), other.end(), name.begin(), name.end());
    if (near) throw object.error(fmt::format("the key \"{}\" is missing; is \"{}\" meant to be it?", name, other));
  }
  throw object.error(fmt::format("the key \"{}\" is missing", name));
}

}  // namespace rw::graph::json
