#include "graph/formats/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "graph/error.hpp"
#include "graph/formats/json.hpp"
#include "graph/formats/json_shape.hpp"
#include "graph/name_table.hpp"

namespace rw::graph {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // as the reference implementation has it
constexpr std::size_t kLengthBytes = 8;

// The fields of one tensor in the header.
struct Field {
  Arena& arena;
  DType dtype = DType::undefined;
  Shape shape;
  std::vector<std::int64_t> offsets;

  void read_dtype(json::Value& value) {
    const std::string_view name = value.string();
    const auto found = name.empty() ? std::nullopt : dtype_of_safetensors(name);
    if (!found) throw value.error(fmt::format("its element type \"{}\" is not known here", name));
    dtype = *found;
  }
  void read_shape(json::Value& value) { shape = read_constant_shape(value, arena); }
  void read_offsets(json::Value& value) {
    value.integers(offsets);
    if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0])
      throw value.error("\"data_offsets\": expected [begin, end] with 0 <= begin <= end");
  }
};

constexpr std::array<json::Key<Field>, 3> kFieldKeys = {{
    {"dtype", true, &Field::read_dtype},
    {"shape", true, &Field::read_shape},
    {"data_offsets", true, &Field::read_offsets},
}};

Literal read_tensor(json::Value& value, std::span<const std::byte> data, Arena& arena) {
  Field field{arena};
  json::read_keys(value, kFieldKeys, field);
  const auto begin = static_cast<std::uint64_t>(field.offsets[0]);
  const auto end = static_cast<std::uint64_t>(field.offsets[1]);
  if (end > data.size())
    throw value.error(fmt::format("its bytes {} to {} leave the file, which has {} bytes of data", begin, end,
                                  data.size()));
  const std::size_t expected = byte_count(value, field.dtype, field.shape);
  if (end - begin != expected)
    throw value.error(fmt::format("it has {} bytes, but {} of shape {} takes {}", end - begin, name(field.dtype),
                                  to_string(field.shape), expected));
  return {field.dtype, field.shape, data.subspan(begin, end - begin)};
}

// Every byte of the data belongs to exactly one tensor.
void check_layout(std::span<const StoredTensor> tensors, std::span<const std::byte> data) {
  std::vector<const StoredTensor*> order;
  order.reserve(tensors.size());
  for (const StoredTensor& each : tensors) order.push_back(&each);
  const auto extent = [&](const StoredTensor* each) {
    const auto begin = static_cast<std::size_t>(each->value.bytes.data() - data.data());
    return std::pair(begin, begin + each->value.bytes.size());
  };
  std::sort(order.begin(), order.end(), [&](auto* a, auto* b) { return extent(a) < extent(b); });
  std::size_t at = 0;
  const StoredTensor* before = nullptr;
  for (const StoredTensor* each : order) {
    const std::size_t begin = extent(each).first;
    if (begin < at)
      throw Error("", fmt::format("tensor '{}'", each->name),
                  fmt::format("it shares bytes with tensor '{}'", before->name));
    if (begin > at)
      throw Error("", fmt::format("tensor '{}'", each->name),
                  fmt::format("the {} bytes before it belong to no tensor", begin - at));
    at = extent(each).second;
    if (!each->value.bytes.empty()) before = each;
  }
  if (at != data.size())
    throw Error("", "", fmt::format("its last {} bytes belong to no tensor", data.size() - at));
}

std::uint64_t header_length(std::string_view text) {
  if (text.size() < kLengthBytes)
    throw Error("", "", fmt::format("is not safetensors: it has {} bytes, expected at least 8", text.size()));
  std::uint64_t length = 0;
  std::memcpy(&length, text.data(), kLengthBytes);
  if (length > text.size() - kLengthBytes)
    throw Error("", "", fmt::format("is not safetensors: its header of {} bytes is longer than the file of {}", length,
                                    text.size()));
  if (length > kLongestHeader)
    throw Error("", "", fmt::format("its header of {} bytes is too long: at most {} are read", length, kLongestHeader));
  return length;
}

void read_header(Safetensors& result, Arena& arena) {
  const std::string_view text = result.file->text();
  const std::uint64_t length = header_length(text);
  const std::span<const std::byte> data = result.file->bytes().subspan(kLengthBytes + length);
  const json::Range range = {kLengthBytes, static_cast<std::uint32_t>(kLengthBytes + length)};
  NameTable names;
  json::Document(text, range).read([&](json::Value& root) {
    root.object([&](std::string_view key, json::Value& value) {
      if (key == "__metadata__") {
        if (value.kind() != json::Kind::object) throw value.expected("an object");
        if (!result.metadata.empty()) throw value.duplicate(key);
        result.metadata = value.text();
        return;
      }
      const std::string_view name = arena.store(key);
      const auto fresh = static_cast<std::uint32_t>(result.tensors.size());
      if (names.intern(name, fresh, [](std::string_view same) { return same; }) != fresh) throw value.duplicate(name);
      try {
        result.tensors.push_back({name, read_tensor(value, data, arena)});
      } catch (const Error& error) {
        throw json::at_place(error, fmt::format("tensor '{}'", name));
      }
    });
  });
  check_layout(result.tensors, data);
}

}  // namespace

Safetensors read_safetensors(std::shared_ptr<const MappedFile> file, Arena& arena) {
  Safetensors result;
  result.file = std::move(file);
  const std::string path = result.file->path().string();
  try {
    read_header(result, arena);
  } catch (const Error& error) {
    throw Error(path, error.place, error.message);
  }
  result.file->check_intact();
  return result;
}

}  // namespace rw::graph
