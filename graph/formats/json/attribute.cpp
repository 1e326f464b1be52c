#include "graph/formats/json/attribute.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <memory_resource>

#include "graph/formats/json/capture.hpp"
#include "graph/formats/reading/attribute_lists.hpp"
#include "graph/formats/text/tensor.hpp"

namespace rw::graph {
namespace {

// A list in the making, a short one without memory of its own. From the first element on that is no integer they are
// kept as doubles too.
struct List {
  std::array<std::byte, 512> room;
  std::pmr::monotonic_buffer_resource memory{room.data(), room.size()};
  std::pmr::vector<std::int64_t> integers{&memory};
  std::pmr::vector<double> numbers{&memory};
  std::pmr::vector<std::string_view> strings{&memory};
  std::size_t size = 0;
  bool mixed = false;

  void add(json::Value& value) {
    ++size;
    switch (value.kind()) {
      case json::Kind::string:
        strings.push_back(value.string());
        return add_special(strings.back());
      case json::Kind::number:
        break;
      default:
        throw value.expected("an integer, a float or a string");
    }
    if (const auto integer = value.if_integer()) {
      integers.push_back(*integer);
      if (mixed) numbers.push_back(static_cast<double>(*integer));
    } else {
      add_number(value.number());
    }
  }
  void add_special(std::string_view text) {
    if (const auto number = json::special(text)) add_number(*number);
  }
  void add_number(double number) {
    if (!mixed) numbers.assign(integers.begin(), integers.end());
    mixed = true;
    numbers.push_back(number);
  }
  bool all_integers() const { return integers.size() == size; }
  bool all_strings() const { return strings.size() == size; }
  bool all_numbers() const { return numbers.size() == size; }
};

AttributeValue read_list(json::Value& value, Arena& arena) {
  List list;
  value.array([&](json::Value& each) { list.add(each); });
  if (list.all_integers()) return arena.store(std::span<const std::int64_t>(list.integers));
  if (list.all_strings()) {
    for (std::string_view& each : list.strings) each = arena.store(each);
    return arena.store(std::span<const std::string_view>(list.strings));
  }
  if (list.all_numbers()) return arena.store(std::span<const double>(list.numbers));
  throw value.error("its list mixes strings and numbers");
}

double read_number(json::Value& value) {
  const auto named = value.kind() == json::Kind::string ? json::special(value.string()) : std::nullopt;
  return named ? *named : value.number();
}

AttributeValue read_numbers(json::Value& value, Arena& arena) {
  std::vector<double> numbers;
  value.numbers(numbers, json::Specials::text);
  return arena.store(std::span<const double>(numbers));
}

AttributeValue read_strings(json::Value& value, Arena& arena) {
  std::vector<std::string_view> strings;
  value.array([&](json::Value& each) { strings.push_back(arena.store(each.string())); });
  return arena.store(std::span<const std::string_view>(strings));
}

AttributeValue read_type_text(json::Value& value, Arena& arena) {
  return Opaque{.text = arena.store(value.text()), .type = true};
}

AttributeValue read_object(json::Value& value, Arena& arena, std::vector<std::string>& captured) {
  AttributeValue result;
  const bool typed = value.find("tensor", [&](json::Value& each) { result = read_tensor(each, arena); }) ||
                     value.find("float", [&](json::Value& each) { result = read_number(each); }) ||
                     value.find("floats", [&](json::Value& each) { result = read_numbers(each, arena); }) ||
                     value.find("type", [&](json::Value& each) { result = read_type_text(each, arena); }) ||
                     value.find("strings", [&](json::Value& each) { result = read_strings(each, arena); });
  if (typed) return result;
  const bool graph = value.find("graph", [&](json::Value& each) {
    std::vector<std::string> defines;
    read_captures(each, captured, defines);
    std::vector<std::string_view> kept;
    for (const std::string& name : defines) kept.push_back(arena.store(name));
    result = Opaque{arena.store(each.text()), arena.store(std::span<const std::string_view>(kept))};
  });
  if (!graph)
    throw value.error(R"(expected {"tensor": {...}}, {"graph": {...}}, {"float": ...}, {"floats": [...]}, )"
                      R"({"strings": [...]} or {"type": {...}})");
  return result;
}

AttributeValue read_value(json::Value& value, Arena& arena, std::vector<std::string>& captured) {
  switch (value.kind()) {
    case json::Kind::number:
      if (const auto integer = value.if_integer()) return *integer;
      return value.number();
    case json::Kind::string:
      return arena.store(value.string());
    case json::Kind::array:
      return read_list(value, arena);
    case json::Kind::object:
      return read_object(value, arena, captured);
    default:
      throw value.expected("an integer, a float, a string, a list of them, a tensor or a graph");
  }
}

}  // namespace

void read_attributes(json::Value& object, Arena& arena, std::vector<Attribute>& attributes,
                     std::vector<std::string>& captured) {
  object.object([&](std::string_view name, json::Value& value) {
    try {
      attributes.push_back({arena.store(name), read_value(value, arena, captured)});
    } catch (const Error& error) {
      throw Error("", error.place, fmt::format("attribute \"{}\": {}", name, error.message));
    }
  });
  if (const auto twice = name_twice(attributes))
    throw object.error(fmt::format("attribute \"{}\" stands here twice", *twice));
}

}  // namespace rw::graph
