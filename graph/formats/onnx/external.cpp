#include "graph/formats/onnx/external.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/output/beside.hpp"

namespace rw::graph::onnx {
namespace {

std::uint64_t number(const Field& field, std::string_view key, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    throw field.error(fmt::format("external data: its {} \"{}\" is no number of bytes", key, text));
  return value;
}

}  // namespace

void ExternalText::take(const Field& entry) {
  std::string_view key, value;
  for (Fields fields(entry); fields.next();) {
    if (fields->number == StringStringEntry::kKey) key = fields->text();
    if (fields->number == StringStringEntry::kValue) value = fields->text();
  }
  if (key == "location") location = value;
  if (key == "offset") offset = number(entry, key, value);
  if (key == "length") length = number(entry, key, value);
}

std::span<const std::byte> ExternalFiles::view(const ExternalText& text, std::uint64_t size) {
  if (text.location.empty()) throw Error("", "", "external data without a location");
  auto found =
      std::find_if(files_.begin(), files_.end(), [&](const File& each) { return each.location == text.location; });
  if (found == files_.end())
    found = files_.insert(files_.end(), {std::string(text.location), open_beside(model_, text.location)});
  const std::span<const std::byte> bytes = found->file->bytes();
  if (text.length.value_or(size) != size)
    throw Error("", "", fmt::format("its external data has {} bytes, its type and shape take {}", *text.length, size));
  if (text.offset > bytes.size() || size > bytes.size() - text.offset)
    throw Error("", "",
                fmt::format("its external data, {} bytes from byte {}, leaves the file '{}' of {} bytes", size,
                            text.offset, text.location, bytes.size()));
  return bytes.subspan(text.offset, size);
}

}  // namespace rw::graph::onnx
