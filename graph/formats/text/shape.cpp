#include "graph/formats/text/shape.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <vector>

#include "graph/values/element.hpp"

namespace rw::graph {
namespace {

constexpr std::string_view kTypes =
    "float32, float16, bfloat16, float64, int8, uint8, int16, uint16, int32, uint32, int64, uint64";

// The dimensions that a list has, as many as there can be.
class Dims {
 public:
  void add(std::int64_t dim) {
    if (count_ < values_.size()) values_[count_] = dim;
    ++count_;
  }
  std::size_t count() const { return count_; }
  Shape store(const json::Value& value, Arena& arena) const {
    if (count_ > values_.size())
      throw value.error(fmt::format("a shape of {} dimensions, at most {} are possible", count_, kMaxRank));
    return Shape(arena.store(std::span(values_).first(count_)));
  }

 private:
  std::array<std::int64_t, kMaxRank> values_;  // not filled: most shapes are short
  std::size_t count_ = 0;
};

}  // namespace

Shape read_constant_shape(json::Value& value, Arena& arena) {
  Dims dims;
  value.integers([&](std::int64_t dim) {
    if (dim < 0) throw value.error(fmt::format("a dimension is {}: a constant has dimensions of 0 and more", dim));
    dims.add(dim);
  });
  return dims.store(value, arena);
}

DType read_dtype(json::Value& value) {
  const std::string_view wanted = value.string();
  if (const auto dtype = dtype_named(wanted)) return *dtype;
  throw value.error(fmt::format("the element type \"{}\" is not known, expected {} or bool", wanted, kTypes));
}

std::size_t byte_count(const json::Value& value, DType dtype, Shape shape) {
  const auto elements = shape.count();
  std::size_t bytes = 0;
  if (!elements || __builtin_mul_overflow(static_cast<std::size_t>(*elements), size(dtype), &bytes) ||
      bytes > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()))
    throw value.error(fmt::format("its shape {} has more elements than can be counted", to_string(shape)));
  return bytes;
}

namespace {

using Kind = ValueType::Kind;

void read_shape(json::Value& value, Arena& arena, ValueType& type) {
  Dims dims;
  std::vector<std::string_view> names;  // from the first one on
  value.array([&](json::Value& each) {
    if (each.kind() == json::Kind::string) {
      names.resize(dims.count());
      names.push_back(arena.store(each.string()));
      return dims.add(kUnknown);
    }
    const auto dim = each.if_integer();
    if (!dim || *dim < kUnknown)
      throw each.expected("a dimension: an integer of 0 or more, or -1 or a name where it is not known");
    dims.add(*dim);
  });
  type.shape = dims.store(value, arena);
  if (names.empty()) return;
  names.resize(dims.count());
  type.names = arena.store(std::span<const std::string_view>(names));
}

std::int32_t read_element(json::Value& value) {
  const std::string_view wanted = value.string();
  if (const auto code = declarable(wanted)) return *code;
  throw value.error(fmt::format("the element type \"{}\" is not known, expected {}, bool or string", wanted, kTypes));
}

struct TypeReader {
  Arena& arena;
  int depth;
  ValueType type = {};

  void take_dtype(json::Value& value) { is(Kind::tensor, value), type.element = read_element(value); }
  void take_shape(json::Value& value) { is(Kind::tensor, value), read_shape(value, arena, type); }
  void take_sequence(json::Value& value) { is(Kind::sequence, value), hold(value); }
  void take_optional(json::Value& value) { is(Kind::optional, value), hold(value); }
  void take_map(json::Value& value);

  void is(Kind kind, const json::Value& value) {
    if (type.kind != Kind::none && type.kind != kind)
      throw value.error(R"(expected one of a tensor ("dtype", "shape"), a "sequence", an "optional" and a "map")");
    type.kind = kind;
  }
  void hold(json::Value& value);
};

constexpr std::array<json::Key<TypeReader>, 5> kTypeKeys = {{
    {"dtype", false, &TypeReader::take_dtype},
    {"shape", false, &TypeReader::take_shape},
    {"sequence", false, &TypeReader::take_sequence},
    {"optional", false, &TypeReader::take_optional},
    {"map", false, &TypeReader::take_map},
}};

struct MapReader {
  TypeReader& outer;

  void take_key(json::Value& value) { outer.type.element = read_element(value); }
  void take_value(json::Value& value) { outer.hold(value); }
};
constexpr std::array<json::Key<MapReader>, 2> kMapKeys = {{
    {"key", true, &MapReader::take_key},
    {"value", true, &MapReader::take_value},
}};

ValueType read_type_within(json::Value& value, Arena& arena, int depth) {
  if (depth > ValueType::kMostDeep)
    throw value.error(fmt::format("types within types, more than {} deep", ValueType::kMostDeep));
  TypeReader reader{arena, depth};
  if (value.kind() == json::Kind::array)
    reader.take_shape(value);
  else
    json::read_keys(value, kTypeKeys, reader);
  return reader.type;
}

void TypeReader::hold(json::Value& value) { type.of = arena.keep(read_type_within(value, arena, depth + 1)); }
void TypeReader::take_map(json::Value& value) {
  is(Kind::map, value);
  MapReader reader{*this};
  json::read_keys(value, kMapKeys, reader);
}

struct Entry : TypeReader {
  std::string_view name = {};
  bool constant = false;

  void take_name(json::Value& value) { name = value.string(); }
  void take_constant(json::Value& value) { constant = value.boolean(); }
};
constexpr std::array<json::Key<Entry>, 7> kEntryKeys = {{
    {"name", true, &Entry::take_name},
    {"dtype", false, &Entry::take_dtype},
    {"shape", false, &Entry::take_shape},
    {"sequence", false, &Entry::take_sequence},
    {"optional", false, &Entry::take_optional},
    {"map", false, &Entry::take_map},
    {"constant", false, &Entry::take_constant},
}};

}  // namespace

ValueType read_type(json::Value& value, Arena& arena) { return read_type_within(value, arena, 1); }

Declared read_declared(json::Value& value, Arena& arena) {
  Entry entry{{arena, 1}};
  if (value.kind() == json::Kind::string)
    entry.name = value.string();
  else
    json::read_keys(value, kEntryKeys, entry);
  if (entry.name.empty()) throw value.error("expected the name of a tensor, found an empty one");
  return {entry.name, entry.type, entry.constant};
}

}  // namespace rw::graph
