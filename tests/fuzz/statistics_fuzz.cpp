// Any bytes as --stats of a small network.
#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

using namespace rw;

constexpr std::string_view kNetwork = R"({"format": "rewrite-engine/model", "version": 1,
  "inputs": [{"name": "x", "shape": [1, 2, 4, 4]}], "outputs": ["y"],
  "nodes": [{"name": "r", "op": "Relu", "inputs": ["x"], "outputs": ["y"]}], "calibration": {"y": {"min": [0, 0], "max": [1, 2]}}})";

// Read for a thousand inputs together: what they add is taken off again, but for the memory of its numbers.
graph::Model& network() {
  static std::optional<graph::Model> model;
  static unsigned uses = 0;
  if (uses++ % 1000 == 0) {
    model.reset();
    model.emplace(graph::read_model(fuzz::scratch_file("m.json", kNetwork)));
  }
  return *model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  graph::Model& model = network();
  const graph::Statistics statistics = model.statistics;
  const std::uint64_t bytes = model.bytes;
  const std::size_t sources = model.sources.size();
  try {
    graph::read_statistics(fuzz::scratch_file("s.json", fuzz::text_of(data, size)), model);
    graph::write_model(model, {}, "unused.json", true);
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  model.statistics = statistics;
  model.bytes = bytes;
  model.sources.resize(sources);
  return 0;
}
