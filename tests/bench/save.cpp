#include "tests/bench/save.hpp"

#include <fmt/format.h>
#include <fmt/os.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <stdexcept>

#include "tests/support/onnx_file.hpp"

namespace rw::bench {
namespace {

namespace onnx = rw::test::onnx;

struct DTypeRow {
  std::string_view name, safetensors;
  int onnx;
  std::int64_t size;
};
constexpr std::array kDTypes = {DTypeRow{"float32", "F32", 1, 4}, DTypeRow{"float16", "F16", 10, 2},
                                DTypeRow{"bfloat16", "BF16", 16, 2}};

const DTypeRow& dtype_row(const SaveOptions& options) {
  for (const DTypeRow& row : kDTypes)
    if (row.name == options.dtype) return row;
  throw std::runtime_error("no such dtype: " + options.dtype);
}

// A file that is written front to back; holes are skipped.
class File {
 public:
  explicit File(std::filesystem::path path) : path_(std::move(path)), stream_(path_, std::ios::binary) {}
  void text(std::string_view bytes) { stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); }

  // Small numbers that differ, one chunk of them again and again: below 2 in magnitude in each of the types.
  void elements(std::int64_t count, const DTypeRow& dtype, bool sparse) {
    const std::int64_t bytes = count * dtype.size;
    if (sparse) {
      stream_.seekp(bytes, std::ios::cur);
      return;
    }
    if (chunk_.empty()) {
      for (std::uint32_t i = 0; i < (1U << 16U); ++i) {
        const std::uint32_t noise = i * 2654435761U >> 8U;
        // The sign, an exponent of 2^-8 to 2^-1 and noise below it.
        const std::uint32_t exponent = dtype.onnx == 10 ? 7U + i % 8U : 119U + i % 8U;
        const int mantissa = dtype.onnx == 1 ? 23 : dtype.onnx == 10 ? 10 : 7;
        const std::uint32_t bits =
            (i / 8U % 2U) << (8 * dtype.size - 1) | exponent << mantissa | (noise & ((1U << mantissa) - 1U));
        for (std::int64_t byte = 0; byte < dtype.size; ++byte) chunk_ += static_cast<char>(bits >> (8 * byte) & 0xFFU);
      }
    }
    for (std::int64_t done = 0; done < bytes; done += static_cast<std::int64_t>(chunk_.size()))
      text(std::string_view(chunk_).substr(
          0, static_cast<std::size_t>(std::min<std::int64_t>(static_cast<std::int64_t>(chunk_.size()), bytes - done))));
  }

  void close() {
    const std::streamoff size = stream_.tellp();
    stream_.close();
    if (stream_) std::filesystem::resize_file(path_, static_cast<std::uintmax_t>(size));  // a hole at the end, too
    if (!stream_) throw std::runtime_error("cannot write a file");
  }

 private:
  std::filesystem::path path_;
  std::ofstream stream_;
  std::string chunk_;
};

std::string whole_bytes(const Constant& constant) { return onnx::raw(constant.whole); }

// --- ONNX

std::string encode(const Layer& layer) {
  onnx::Parts attributes;
  for (const auto& [name, values] : layer.lists) attributes.push_back(onnx::attribute(name, values));
  for (const auto& [name, value] : layer.numbers) attributes.push_back(onnx::attribute(name, value));
  return onnx::bytes(1, onnx::node(layer.op, layer.inputs, {layer.output}, attributes, layer.name));
}

void save_onnx(const Sample& sample, const std::filesystem::path& stem, const SaveOptions& options) {
  const DTypeRow& dtype = dtype_row(options);
  const bool external = options.format == "external";
  const std::string data_name = stem.filename().string() + ".onnx.data";
  std::string nodes, ends;
  for (const Layer& layer : sample.layers) nodes += encode(layer);
  ends = onnx::bytes(2, "sample") + onnx::bytes(11, onnx::value("x", sample.input)) +
         onnx::bytes(12, onnx::value(sample.layers.back().output, {}));
  // Heads of the initializers; the elements of those with `inside` follow in the file.
  struct Initializer {
    std::string head;
    std::int64_t inside = 0;
  };
  std::vector<Initializer> initializers;
  std::int64_t offset = 0;
  std::uint64_t total = nodes.size() + ends.size();
  for (const Constant& constant : sample.constants) {
    const std::int64_t bytes = constant.count() * dtype.size;
    Initializer each;
    if (!constant.whole.empty()) {
      each.head = onnx::bytes(5, onnx::ints(constant.name, constant.shape, constant.whole));
    } else if (external) {
      each.head = onnx::bytes(5, onnx::external(constant.name, dtype.onnx, constant.shape, data_name,
                                                std::to_string(offset), std::to_string(bytes)));
      offset += bytes;
    } else {
      const std::string head = onnx::tensor_head(constant.name, dtype.onnx, constant.shape) + onnx::varint(9 * 8 + 2) +
                               onnx::varint(static_cast<std::uint64_t>(bytes));
      each.inside = bytes;
      each.head = onnx::varint(5 * 8 + 2) + onnx::varint(head.size() + static_cast<std::uint64_t>(bytes)) + head;
    }
    total += each.head.size() + static_cast<std::uint64_t>(each.inside);
    initializers.push_back(std::move(each));
  }
  File file(stem.string() + ".onnx");
  file.text(onnx::number(1, 8) + onnx::bytes(8, onnx::number(2, 17)) + onnx::varint(7 * 8 + 2) + onnx::varint(total));
  file.text(nodes);
  for (const Initializer& each : initializers) {
    file.text(each.head);
    if (each.inside > 0) file.elements(each.inside / dtype.size, dtype, options.sparse);
  }
  file.text(ends);
  file.close();
  if (!external) return;
  File data(stem.parent_path() / data_name);
  for (const Constant& constant : sample.constants)
    if (constant.whole.empty()) data.elements(constant.count(), dtype, options.sparse);
  data.close();
}

// --- model.json and safetensors

std::string quoted_list(const std::vector<std::string>& names) {
  return names.empty() ? "[]" : fmt::format("[\"{}\"]", fmt::join(names, "\", \""));
}

std::string encode_json(const Layer& layer) {
  std::string attributes;
  for (const auto& [name, values] : layer.lists)
    attributes += fmt::format("{}\"{}\": [{}]", attributes.empty() ? "" : ", ", name, fmt::join(values, ", "));
  for (const auto& [name, value] : layer.numbers)
    attributes += fmt::format("{}\"{}\": {}", attributes.empty() ? "" : ", ", name, value);
  return fmt::format(R"({{"name": "{}", "op": "{}", "inputs": {}, "outputs": ["{}"]{}}})", layer.name, layer.op,
                     quoted_list(layer.inputs), layer.output,
                     attributes.empty() ? "" : fmt::format(", \"attributes\": {{{}}}", attributes));
}

void save_weights(std::span<const Constant> constants, const std::filesystem::path& path, const SaveOptions& options) {
  const DTypeRow& dtype = dtype_row(options);
  std::string header = "{";
  std::int64_t offset = 0;
  for (const Constant& each : constants) {
    const std::int64_t bytes = each.whole.empty() ? each.count() * dtype.size : each.count() * 8;
    header += fmt::format(R"({}"{}": {{"dtype": "{}", "shape": [{}], "data_offsets": [{}, {}]}})",
                          header.size() > 1 ? ", " : "", each.name, each.whole.empty() ? dtype.safetensors : "I64",
                          fmt::join(each.shape, ", "), offset, offset + bytes);
    offset += bytes;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  File file(path);
  file.text(onnx::raw(std::vector<std::uint64_t>{header.size()}));
  file.text(header);
  for (const Constant& each : constants)
    if (each.whole.empty())
      file.elements(each.count(), dtype, options.sparse);
    else
      file.text(whole_bytes(each));
  file.close();
}

void save_json(const Sample& sample, const std::filesystem::path& stem, const SaveOptions& options) {
  std::vector<std::string> files;
  const std::span<const Constant> all = sample.constants;
  for (int shard = 0; shard < options.shards; ++shard) {
    const std::string part = options.shards == 1 ? "" : fmt::format("-{:05}-of-{:05}", shard + 1, options.shards);
    files.push_back(fmt::format("{}{}.safetensors", stem.filename().string(), part));
    const std::size_t first = all.size() * static_cast<std::size_t>(shard) / static_cast<std::size_t>(options.shards),
                      last =
                          all.size() * static_cast<std::size_t>(shard + 1) / static_cast<std::size_t>(options.shards);
    save_weights(all.subspan(first, last - first), stem.parent_path() / files.back(), options);
  }
  auto file = fmt::output_file(stem.string() + ".json");
  file.print(
      "{{\n  \"format\": \"rewrite-engine/model\", \"version\": 1,\n  \"name\": \"sample\",\n"
      "  \"opset\": {{\"\": 17}},\n  \"inputs\": [{{\"name\": \"x\", \"shape\": [{}]}}],\n"
      "  \"outputs\": [\"{}\"],\n  \"weights\": {},\n  \"nodes\": [",
      fmt::join(sample.input, ", "), sample.layers.back().output,
      options.shards == 1 ? fmt::format("\"{}\"", files[0]) : quoted_list(files));
  for (std::size_t i = 0; i < sample.layers.size(); ++i)
    file.print("{}\n    {}", i ? "," : "", encode_json(sample.layers[i]));
  file.print("\n  ]\n}}\n");
  file.close();
}

// Ranges as they come behind a Relu: 0 and a maximum that differs by channel.
void save_statistics(const Sample& sample, const std::filesystem::path& path, std::int64_t every) {
  auto file = fmt::output_file(path.string());
  file.print("{{");
  for (std::size_t i = 0; i < sample.layers.size(); i += static_cast<std::size_t>(every)) {
    const Layer& layer = sample.layers[i];
    std::vector<double> least(static_cast<std::size_t>(layer.channels), 0.0), most;
    for (std::int64_t channel = 0; channel < layer.channels; ++channel)
      most.push_back(0.5 + static_cast<double>((static_cast<std::int64_t>(i) * 31 + channel * 17) % 97) / 16);
    file.print("{}\n  \"{}\": {{\"min\": [{}], \"max\": [{}]}}", i ? "," : "", layer.output, fmt::join(least, ", "),
               fmt::join(most, ", "));
  }
  file.print("\n}}\n");
  file.close();
}

}  // namespace

std::filesystem::path save(const Sample& sample, const std::filesystem::path& stem, const SaveOptions& options) {
  if (options.stats_every > 0) save_statistics(sample, stem.string() + ".stats.json", options.stats_every);
  if (options.format == "json") {
    save_json(sample, stem, options);
    return stem.string() + ".json";
  }
  save_onnx(sample, stem, options);
  return stem.string() + ".onnx";
}

}  // namespace rw::bench
