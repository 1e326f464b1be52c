// Any bytes as the weight file of a small network.
#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  fuzz::scratch_file("w.safetensors", fuzz::text_of(data, size));
  static const std::string network =
      fuzz::scratch_file("m.json", R"({"format": "rewrite-engine/model", "version": 1, "weights": "w.safetensors",
    "inputs": [{"name": "x", "shape": [1, 2]}], "outputs": ["y"], "nodes": [{"name": "g", "op": "Gemm", "inputs": ["x", "w"], "outputs": ["y"]}]})");
  try {
    const graph::Model model = graph::read_model(network);
    graph::write_model(model, {}, "unused.json", true);
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  return 0;
}
