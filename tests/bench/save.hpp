// Samples as files.
#pragma once

#include <filesystem>
#include <string>

#include "tests/bench/networks.hpp"

namespace rw::bench {

struct SaveOptions {
  std::string format = "onnx";    // "onnx", "external" (onnx with its weights in OUT.data) or "json"
  std::string dtype = "float32";  // of the weights: float32, float16, bfloat16
  int shards = 1;                 // weight files of "json"
  std::int64_t stats_every = 1;   // every so many-th layer has ranges, in OUT.stats.json; 0: none
  bool sparse = false;            // weights are holes in the file: zeros that take no room on the disk
};

// Writes `stem` + .onnx or .json and what belongs to it; the file that stands for the model.
std::filesystem::path save(const Sample& sample, const std::filesystem::path& stem, const SaveOptions& options);

}  // namespace rw::bench
