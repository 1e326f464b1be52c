// Any bytes as an ONNX model: an error, or a network that is written as it is, with all weights scaled and outputs
// renamed, or as model.json; nothing reaches the disk.
#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "graph/operators/form.hpp"
#include "graph/operators/infer.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

using namespace rw::graph;

Rewriting everything(const Network& network) {
  Rewriting rewriting;
  for (TensorId id = 0; id < network.tensors().size(); ++id) {
    const Tensor& tensor = network.tensor(id);
    if (!tensor.constant || !floating(tensor.dtype) || tensor.producer != kNone) continue;
    const std::vector<std::int64_t> dims(tensor.shape.dims().begin(), tensor.shape.dims().end());
    rewriting.constants.push_back({id, {dims, {*tensor.shape.count()}, {{AxisMask(), {2.0}}}}});
  }
  for (OperatorId op = 0; op < network.operators().size(); op += 3)
    rewriting.graph.outputs.push_back({op, 0, "renamed"});
  return rewriting;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    Model model = read_model(rw::fuzz::scratch_file("m.onnx", rw::fuzz::text_of(data, size)));
    const Forms forms(model.network);
    // Writing takes ten times as long as reading: one of the three ways by turns, or none.
    if (size % 8 == 0) write_model(model, {}, "unused.onnx", true);
    if (size % 8 == 1) write_model(model, everything(model.network), "unused.onnx", true);
    if (size % 8 == 2) write_model(model, everything(model.network), "unused.json", true);
    infer_shapes(model.network, forms);
  } catch (const Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  return 0;
}
