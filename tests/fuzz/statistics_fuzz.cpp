// Any bytes as --stats of a small network.
#include "graph/error.hpp"
#include "graph/model.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  static const std::string network = fuzz::scratch_file("m.json", R"({"format": "rewrite-engine/model", "version": 1,
    "inputs": [{"name": "x", "shape": [1, 2, 4, 4]}], "outputs": ["y"],
    "nodes": [{"name": "r", "op": "Relu", "inputs": ["x"], "outputs": ["y"]}], "calibration": {"y": {"min": [0, 0], "max": [1, 2]}}})");
  graph::Model model = graph::read_model(network);
  try {
    graph::read_statistics(fuzz::scratch_file("s.json", fuzz::text_of(data, size)), model);
    graph::write_model(model, {}, "unused.json", true);
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  return 0;
}
