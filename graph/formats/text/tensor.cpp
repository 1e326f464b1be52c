#include "graph/formats/text/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <cmath>
#include <limits>
#include <type_traits>

#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/shape.hpp"
#include "graph/values/elements.hpp"

namespace rw::graph {
namespace {

template <typename Codec>
void put_float(json::Value& value, DType dtype, std::byte* to) {
  const auto named = value.kind() == json::Kind::string ? json::special(value.string()) : std::nullopt;
  const double number = named ? *named : value.number();
  const auto stored = Codec::narrow(number);
  if (std::isfinite(number) && !std::isfinite(Codec::widen(stored)))
    throw value.error(fmt::format("{} is too large for {}", number, name(dtype)));
  std::memcpy(to, &stored, sizeof(stored));
}

template <typename Stored>
void put_integer(json::Value& value, DType dtype, std::byte* to) {
  const std::int64_t number = value.integer();
  const auto stored = static_cast<Stored>(number);
  // An unsigned 64-bit value that does not fit a signed one is not read; a negative one has no unsigned form.
  if (static_cast<std::int64_t>(stored) != number || (std::is_unsigned_v<Stored> && number < 0))
    throw value.error(fmt::format("{} does not fit {}", number, name(dtype)));
  std::memcpy(to, &stored, sizeof(stored));
}

void put_boolean(json::Value& value, std::byte* to) {
  std::int64_t number = 0;
  if (value.kind() == json::Kind::boolean)
    number = value.text() == "true" ? 1 : 0;
  else
    number = value.integer();
  if (number != 0 && number != 1) throw value.expected("true, false, 1 or 0");
  *to = static_cast<std::byte>(number);
}

void put(json::Value& value, DType dtype, std::byte* to) {
  if (dtype == DType::boolean) return put_boolean(value, to);
  with_codec(dtype, [&](auto codec) {
    using Codec = decltype(codec);
    if constexpr (Codec::kFloating)
      put_float<Codec>(value, dtype, to);
    else
      put_integer<typename Codec::Stored>(value, dtype, to);
  });
}

// Every element takes a digit and a comma at least, so that a shape that asks for more than there can be is found out
// before memory is taken for it.
std::span<std::byte> room_for(const json::Value& item, std::size_t text_size, DType dtype, Shape shape, Arena& arena) {
  const std::size_t bytes = byte_count(item, dtype, shape);
  if (bytes / size(dtype) > text_size / 2 + 1)
    throw item.error(fmt::format("\"data\" has fewer elements than the shape {} asks for", to_string(shape)));
  return arena.make<std::byte>(bytes);
}

struct TensorFields {
  Arena& arena;
  TensorText text;
  DType dtype = DType::undefined;
  Shape shape;

  void take_dtype(json::Value& value) { dtype = read_dtype(value); }
  void take_shape(json::Value& value) {
    shape = read_constant_shape(value, arena);
    text.shape = value.range();
  }
};

constexpr std::array<json::Key<TensorFields>, 3> kTensorKeys = {{
    {"dtype", true, &TensorFields::take_dtype},
    {"shape", true, &TensorFields::take_shape},
    {"data", true, nullptr},  // when type and shape are known
}};

}  // namespace

Literal read_tensor(json::Value& value, Arena& arena, TensorText* text) {
  TensorFields fields{arena, {}};
  json::read_keys(value, kTensorKeys, fields);
  fields.text.whole = value.range();
  const std::span<std::byte> bytes = room_for(value, value.range().size(), fields.dtype, fields.shape, arena);
  const std::size_t step = size(fields.dtype);
  const std::size_t wanted = bytes.size() / step;
  value.find("data", [&](json::Value& data) {
    std::size_t found = 0;
    data.array([&](json::Value& each) {
      if (found < wanted)
        put(each, fields.dtype, bytes.data() + found * step);
      else
        each.check();
      ++found;
    });
    if (found != wanted)
      throw data.error(
          fmt::format("\"data\" has {} elements, the shape {} asks for {}", found, to_string(fields.shape), wanted));
    fields.text.data = data.range();
  });
  if (text) *text = fields.text;
  return {fields.dtype, fields.shape, bytes};
}

std::string write_data(const Literal& value) {
  std::string text = "[";
  const std::size_t elements = count(value);
  with_codec(value.dtype, [&](auto codec) {
    using Codec = decltype(codec);
    using Stored = typename Codec::Stored;
    for (std::size_t i = 0; i < elements; ++i) {
      if (i > 0) text += ", ";
      const auto stored = load<Stored>(value.bytes.data() + i * sizeof(Stored));
      if constexpr (Codec::kFloating)
        json::append_number<Codec>(stored, text);
      else
        fmt::format_to(std::back_inserter(text), "{}", stored);
    }
  });
  return text + "]";
}

std::string write_shape(std::span<const std::int64_t> dims) {
  std::string text = "[";
  for (const std::int64_t dim : dims)
    fmt::format_to(std::back_inserter(text), "{}{}", text.size() > 1 ? ", " : "", std::max(dim, kUnknown));
  return text + "]";
}

bool can_be_text(const Literal& value) {
  return value.dtype != DType::boolean ||
         std::all_of(value.bytes.begin(), value.bytes.end(), [](std::byte each) { return each <= std::byte{1}; });
}

std::string write_tensor(const Literal& value) {
  if (!can_be_text(value))
    throw Error("", "",
                "an element of type bool that is neither 0 nor 1 has no place in model.json; keep the model's format");
  return fmt::format(R"({{"dtype": "{}", "shape": {}, "data": {}}})", name(value.dtype),
                     write_shape(value.shape.dims()), write_data(value));
}

}  // namespace rw::graph
