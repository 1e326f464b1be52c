#include "graph/formats/weights/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "graph/base/error.hpp"
#include "graph/base/name_table.hpp"
#include "graph/base/parallel.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/shape.hpp"
#include "graph/formats/text/splices.hpp"
#include "graph/mark.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;  // as the reference implementation has it
constexpr std::size_t kLengthBytes = 8;

// The fields of one tensor in the header.
struct Field {
  Arena& arena;
  DType dtype = DType::undefined;
  Shape shape;
  std::int64_t begin = 0, end = 0;

  void read_dtype(json::Value& value) {
    const std::string_view name = value.string();
    const auto found = name.empty() ? std::nullopt : dtype_of_safetensors(name);
    if (!found) throw value.error(fmt::format("its element type \"{}\" is not known here", name));
    dtype = *found;
  }
  void read_shape(json::Value& value) { shape = read_constant_shape(value, arena); }
  void read_offsets(json::Value& value) {
    std::size_t count = 0;
    value.integers([&](std::int64_t each) { (count++ == 0 ? begin : end) = each; });
    if (count != 2 || begin < 0 || end < begin)
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
  const auto begin = static_cast<std::uint64_t>(field.begin), end = static_cast<std::uint64_t>(field.end);
  if (end > data.size())
    throw value.error(
        fmt::format("its bytes {} to {} leave the file, which has {} bytes of data", begin, end, data.size()));
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
  const auto before_in_file = [&](auto* a, auto* b) { return extent(a) < extent(b); };
  if (!std::is_sorted(order.begin(), order.end(), before_in_file))  // as a rule they are
    std::sort(order.begin(), order.end(), before_in_file);
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
  if (at != data.size()) throw Error("", "", fmt::format("its last {} bytes belong to no tensor", data.size() - at));
}

std::uint64_t header_length(std::string_view text) {
  if (text.size() < kLengthBytes)
    throw Error("", "", fmt::format("is not safetensors: it has {} bytes, expected at least 8", text.size()));
  std::uint64_t length = 0;
  std::memcpy(&length, text.data(), kLengthBytes);
  if (length > text.size() - kLengthBytes)
    throw Error(
        "", "",
        fmt::format("is not safetensors: its header of {} bytes is longer than the file of {}", length, text.size()));
  if (length > kLongestHeader)
    throw Error("", "", fmt::format("its header of {} bytes is too long: at most {} are read", length, kLongestHeader));
  return length;
}

void read_header(Safetensors& result) {
  const std::string_view text = result.file->text();
  const std::uint64_t length = header_length(text);
  const std::span<const std::byte> data = result.file->bytes().subspan(kLengthBytes + length);
  const json::Range range = {kLengthBytes, static_cast<std::uint32_t>(kLengthBytes + length)};
  NameTable names;
  const auto name_of = [&](std::uint32_t index) { return result.tensors[index].name; };
  json::Document(text, range).read([&](json::Value& root) {
    root.object([&](std::string_view key, json::Value& value) {
      if (key == "__metadata__") {
        if (value.kind() != json::Kind::object) throw value.expected("an object");
        if (!result.metadata.empty()) throw value.duplicate(key);
        value.object([&](std::string_view each_key, json::Value& each) {
          if (each_key == kMarkKey && each.kind() == json::Kind::string)
            result.mark = each.string();
          else
            each.check();
        });
        result.metadata = json::cut(text, value.range());
        return;
      }
      const std::string_view name = result.file->offset_of(key.data()) ? key : result.arena.store(key);
      names.prefetch(name);
      try {
        result.tensors.push_back({name, read_tensor(value, data, result.arena)});
      } catch (const Error& error) {
        throw json::at_place(error, fmt::format("tensor '{}'", name));
      }
      const auto index = static_cast<std::uint32_t>(result.tensors.size() - 1);
      if (names.intern(name, index, name_of) != index) throw value.duplicate(name);
    });
  });
  check_layout(result.tensors, data);
}

}  // namespace

Safetensors read_safetensors(std::shared_ptr<const MappedFile> file) {
  Safetensors result;
  result.file = std::move(file);
  const std::string path = result.file->path().string();
  try {
    read_header(result);
  } catch (const Error& error) {
    throw Error(path, error.place, error.message);
  }
  result.file->check_intact();
  return result;
}

// --- writing

namespace {

constexpr std::uint64_t kElsewhere = UINT64_MAX;  // a tensor that does not come from the file: behind all others

// Where a tensor comes from and where it goes to.
struct Piece {
  const TensorToStore* tensor;
  std::uint64_t from = kElsewhere;   // in the source file
  std::uint64_t begin = 0, end = 0;  // in the data of the new file
};

std::span<const std::int64_t> shape_of(const TensorToStore& tensor) {
  return tensor.edit ? std::span<const std::int64_t>(tensor.edit->shape) : tensor.source->shape.dims();
}

std::uint64_t size_of(const TensorToStore& tensor) {
  return tensor.edit ? result_size(*tensor.source, *tensor.edit) : tensor.source->bytes.size();
}

// Pieces in the order of the tensors; their places in the data follow the order of the source.
std::vector<Piece> lay_out(const MappedFile& file, std::span<const TensorToStore> tensors) {
  std::vector<Piece> pieces;
  pieces.reserve(tensors.size());
  for (const TensorToStore& each : tensors)
    pieces.push_back({&each, file.offset_of(each.source->bytes.data()).value_or(kElsewhere)});
  std::vector<Piece*> order;
  order.reserve(pieces.size());
  for (Piece& each : pieces) order.push_back(&each);
  std::stable_sort(order.begin(), order.end(), [](const Piece* a, const Piece* b) { return a->from < b->from; });
  std::uint64_t at = 0;
  for (Piece* each : order) {
    each->begin = at;
    at += size_of(*each->tensor);
    each->end = at;
  }
  return pieces;
}

// Appended piece by piece: the header of a network with a million weights is 100 MB of text.
void append_entry(const Piece& piece, std::string& text) {
  if (text.size() > 1) text += ',';
  json::append_quoted(piece.tensor->name, text);
  text.append(R"(:{"dtype":")").append(row(piece.tensor->source->dtype).safetensors).append(R"(","shape":[)");
  const char* between = "";
  for (const std::int64_t dim : shape_of(*piece.tensor)) {
    json::append_number(static_cast<std::uint64_t>(dim), text.append(between));
    between = ",";
  }
  json::append_number(piece.begin, text.append(R"(],"data_offsets":[)"));
  json::append_number(piece.end, text.append(","));
  text += "]}";
}

// The metadata of a file with another mark; an object that is empty then goes.
std::string marked(std::string_view metadata, const std::string& mark) {
  const std::string item = mark.empty() ? "" : fmt::format("\"{}\":\"{}\"", kMarkKey, mark);
  if (metadata.empty()) return item.empty() ? "" : "{" + item + "}";
  std::string text(metadata);
  text.append(MappedFile::kPadding, ' ');
  Splices splices;
  std::vector<json::Range> removed;
  bool others = false, there = false;
  std::uint32_t end = 0;  // of the object, its brace
  json::Document(text, {0, static_cast<std::uint32_t>(metadata.size())}).read([&](json::Value& root) {
    root.object([&](std::string_view key, json::Value& value) {
      value.check();
      if (key != kMarkKey) {
        others = true;
      } else if (mark.empty()) {
        removed.push_back({value.key_begin(), value.range().end});
      } else {
        splices.replace(value.range(), fmt::format("\"{}\"", mark));
        there = true;
      }
    });
    end = root.range().end - 1;
  });
  if (mark.empty() && !others) return "";
  splices.remove_items(text, removed);
  // Behind the last one, so that the object is as it was when it is taken out again.
  if (!item.empty() && !there) {
    const std::size_t last = text.find_last_not_of(" \t\r\n", end - 1) + 1;
    splices.insert(static_cast<std::uint32_t>(last), (others ? "," : "") + item);
  }
  std::string result = splices.apply(text);
  result.resize(result.size() - MappedFile::kPadding);
  return result;
}

std::string header_of(std::span<const Piece> pieces, std::string_view metadata) {
  std::string text = "{";
  if (!metadata.empty()) text += fmt::format(R"("__metadata__":{})", metadata);
  for (const Piece& each : pieces) append_entry(each, text);
  text += '}';
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');  // so that the data is aligned
  return text;
}

// Neighbours that nothing changes are copied in one go.
void write_data(const MappedFile& file, std::vector<Piece>& pieces, OutputFile& out) {
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t from = 0, size = 0;  // not yet copied
  const auto copy_pending = [&] {
    out.copy(file, from, size);
    size = 0;
  };
  for (const Piece& each : pieces) {
    if (each.from == kElsewhere) {
      copy_pending();
      const TensorToStore& tensor = *each.tensor;
      if (tensor.edit)
        out.write(Scaler(*tensor.source, *tensor.edit, tensor.name).result());
      else
        out.write(tensor.source->bytes);
      continue;
    }
    if (each.tensor->edit) {
      copy_pending();
      out.scale(file, each.from, Scaler(*each.tensor->source, *each.tensor->edit, each.tensor->name));
      continue;
    }
    if (size > 0 && from + size != each.from) copy_pending();
    if (size == 0) from = each.from;
    size += each.end - each.begin;
  }
  copy_pending();
}

}  // namespace

void write_safetensors(std::span<const SafetensorsToWrite> files) {
  struct Laid {
    std::vector<Piece> pieces;
    std::string header;
    OutputFile* out;
  };
  std::vector<Laid> laid;
  laid.reserve(files.size());
  for (const SafetensorsToWrite& each : files) {
    std::vector<Piece> pieces = lay_out(*each.from->file, each.tensors);
    std::string header =
        header_of(pieces, each.mark ? marked(each.from->metadata, *each.mark) : std::string(each.from->metadata));
    std::uint64_t data = 0;
    for (const Piece& piece : pieces) data = std::max(data, piece.end);
    OutputFile& out = each.file(kLengthBytes + header.size() + data);
    laid.push_back({std::move(pieces), std::move(header), &out});
  }
  parallel_for(files.size(), [&](std::size_t i) {
    const auto length = static_cast<std::uint64_t>(laid[i].header.size());
    laid[i].out->write(std::as_bytes(std::span(&length, 1)));
    laid[i].out->write(laid[i].header);
    write_data(*files[i].from->file, laid[i].pieces, *laid[i].out);
  });
}

}  // namespace rw::graph
