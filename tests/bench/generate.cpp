// Makes a network to measure with: its model file, weights and statistics.
//   generate KIND STEM [--operators N] [--channels N] [--format onnx|external|json] [--dtype float32|float16|bfloat16]
//            [--shards N] [--stats-every N] [--sparse]
#include <fmt/format.h>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "tests/bench/save.hpp"

namespace {

constexpr const char* kUsage =
    "usage: generate KIND STEM [OPTION VALUE ...]\n"
    "  KIND                 chain, perceptron, resnet, resnet50, densenet, mobilenet or transformer\n"
    "  STEM                 writes STEM.onnx or STEM.json, STEM.stats.json, and the weight files beside them\n"
    "  --operators N        at least so many; without it as many as the original has\n"
    "  --channels N         of the widest tensors\n"
    "  --format FORMAT      onnx, external (weights in STEM.onnx.data) or json (in STEM.safetensors)\n"
    "  --dtype DTYPE        float32, float16, bfloat16\n"
    "  --shards N           weight files of json\n"
    "  --stats-every N      one layer in N has ranges; 0: none\n"
    "  --sparse             weights are zeros that take no room on the disk\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace rw::bench;
  const auto usage = [] { return std::fputs(kUsage, stderr), 2; };
  if (argc < 3) return usage();
  Size size;
  SaveOptions options;
  for (int i = 3; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--sparse") {
      options.sparse = true;
      continue;
    }
    if (++i == argc) return usage();
    const std::string value = argv[i];
    if (name == "--operators")
      size.operators = std::atoll(value.c_str());
    else if (name == "--channels")
      size.channels = std::atoll(value.c_str());
    else if (name == "--format")
      options.format = value;
    else if (name == "--dtype")
      options.dtype = value;
    else if (name == "--shards")
      options.shards = std::atoi(value.c_str());
    else if (name == "--stats-every")
      options.stats_every = std::atoll(value.c_str());
    else
      return usage();
  }
  try {
    const auto sample = make_sample(argv[1], size);
    if (!sample) return usage();
    const auto path = save(*sample, argv[2], options);
    std::int64_t channels = 0;
    for (const Layer& layer : sample->layers) channels += layer.channels;
    fmt::print("{}: {} operators, {} channels\n", path.string(), sample->layers.size(), channels);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "generate: {}\n", error.what());
    return 1;
  }
}
