#include "graph/formats/text/shape.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace rw::graph {
namespace {

// The dimensions that a list has, as many as there can be.
class Dims {
 public:
  void add(std::int64_t dim) {
    if (count_ < values_.size()) values_[count_] = dim;
    ++count_;
  }
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

Shape read_shape(json::Value& value, Arena& arena) {
  Dims dims;
  value.array([&](json::Value& each) {
    if (each.kind() == json::Kind::string) {
      each.string();
      return dims.add(kUnknown);
    }
    const auto dim = each.if_integer();
    if (!dim || *dim == 0 || *dim < kUnknown)
      throw each.expected("a dimension: a positive integer, or -1 or a name where it is not known");
    dims.add(*dim);
  });
  return dims.store(value, arena);
}

DType read_dtype(json::Value& value) {
  const std::string_view wanted = value.string();
  if (const auto dtype = dtype_named(wanted)) return *dtype;
  throw value.error(
      fmt::format("the element type \"{}\" is not known, expected float32, float16, bfloat16, float64, int8, uint8, "
                  "int32, int64 or bool",
                  wanted));
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

struct Entry {
  Arena& arena;
  Declared said;

  void take_name(json::Value& value) { said.name = value.string(); }
  void take_dtype(json::Value& value) { said.dtype = read_dtype(value); }
  void take_shape(json::Value& value) { said.shape = read_shape(value, arena); }
  static const std::array<json::Key<Entry>, 3> kKeys;
};
const std::array<json::Key<Entry>, 3> Entry::kKeys = {{
    {"name", true, &Entry::take_name},
    {"dtype", false, &Entry::take_dtype},
    {"shape", false, &Entry::take_shape},
}};

}  // namespace

Declared read_declared(json::Value& value, Arena& arena) {
  Entry entry{arena, {}};
  if (value.kind() == json::Kind::string)
    entry.said.name = value.string();
  else
    json::read_keys(value, Entry::kKeys, entry);
  if (entry.said.name.empty()) throw value.error("expected the name of a tensor, found an empty one");
  return entry.said;
}

}  // namespace rw::graph
