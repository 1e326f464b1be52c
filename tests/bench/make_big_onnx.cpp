// Makes a model with 2.5 GiB of external data: FOLDER/big.onnx, big.bin and big.stats.json. Pairs of 1x1 convolutions
// widen and narrow again; each has 128 MiB of weights.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/onnx_file.hpp"

namespace {

using namespace rw::test::onnx;

constexpr std::int64_t kNarrow = 4096, kWide = 8192;
constexpr int kPairs = 10;
constexpr std::uint64_t kBytes = static_cast<std::uint64_t>(kNarrow) * kWide * sizeof(float);

// Small numbers that differ, one chunk of them again and again.
void write_weights(std::ofstream& file) {
  std::vector<float> chunk(std::size_t{1} << 18U);
  for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = static_cast<float>(i * 2654435761U % 2001) * 1e-5F - 0.01F;
  const std::string bytes = raw(chunk);
  for (std::uint64_t done = 0; done < kBytes; done += bytes.size()) file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string range(const std::string& tensor, std::int64_t channels) {
  std::string low, high;
  for (std::int64_t i = 0; i < channels; ++i) {
    low += (i ? ", " : "") + std::string("0");
    high += (i ? ", " : "") + std::to_string(i % 7 + 1);
  }
  return "\"" + tensor + "\": {\"min\": [" + low + "], \"max\": [" + high + "]}";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: make_big_onnx FOLDER\n", stderr), 2;
  const std::filesystem::path folder = argv[1];
  std::ofstream data(folder / "big.bin", std::ios::binary);
  Parts nodes, weights;
  std::string last = "x", stats;
  for (int i = 0; i < 2 * kPairs; ++i) {
    const std::string id = std::to_string(i), conv = "conv" + id, relu = "relu" + id;
    const std::int64_t in = i % 2 ? kWide : kNarrow, out = i % 2 ? kNarrow : kWide;
    nodes.push_back(node("Conv", {last, "w" + id}, {conv}, {}, conv));
    nodes.push_back(node("Relu", {conv}, {relu}, {}, relu));
    weights.push_back(external("w" + id, 1, {out, in, 1, 1}, "big.bin", std::to_string(kBytes * static_cast<std::uint64_t>(i)), std::to_string(kBytes)));
    stats += (i ? ",\n" : "") + range(relu, out);
    last = relu;
    write_weights(data);
  }
  std::ofstream(folder / "big.onnx", std::ios::binary)
      << model(graph(nodes, weights, {value("x", {1, kNarrow, 1, 1})}, {value(last, {1, kNarrow, 1, 1})}));
  std::ofstream(folder / "big.stats.json") << "{" << stats << "}\n";
  return data.flush() ? 0 : 1;
}
