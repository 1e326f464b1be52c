#include "graph/formats/onnx/encode.hpp"

#include <fmt/format.h>

#include <utility>

#include "graph/formats/onnx/schema.hpp"
#include "graph/formats/onnx/wire.hpp"

namespace rw::graph::onnx {

std::string tensor_head(std::string_view name, DType dtype, std::span<const std::int64_t> dims) {
  std::string head;
  append_dims(dims, head);
  append_integer(TensorProto::kDataType, row(dtype).onnx, head);
  append_text(TensorProto::kName, name, head);
  return head;
}

void append_dims(std::span<const std::int64_t> dims, std::string& out) {
  for (const std::int64_t dim : dims) append_integer(TensorProto::kDims, dim, out);
}

void append_entry(std::uint32_t number, std::string_view key, std::string_view value, std::string& out) {
  append_header(number, text_size(StringStringEntry::kKey, key) + text_size(StringStringEntry::kValue, value), out);
  append_text(StringStringEntry::kKey, key, out);
  append_text(StringStringEntry::kValue, value, out);
}

void append_external(const ExternalPlace& place, std::string& out) {
  constexpr std::size_t kBeside = 100;  // keys, numbers and lengths
  out.reserve(out.size() + place.location.size() + kBeside);
  append_entry(TensorProto::kExternalData, "location", place.location, out);
  append_entry(TensorProto::kExternalData, "offset", fmt::format("{}", place.offset), out);
  append_entry(TensorProto::kExternalData, "length", fmt::format("{}", place.length), out);
  append_integer(TensorProto::kDataLocation, 1, out);
}

void append_tensor(std::uint32_t number, const std::string& head, Pieces&& elements, Pieces& out) {
  const std::string raw = header(TensorProto::kRawData, elements.size());
  out.text(header(number, head.size() + raw.size() + elements.size()));
  out.text(head + raw);
  out.append(std::move(elements));
}

}  // namespace rw::graph::onnx
