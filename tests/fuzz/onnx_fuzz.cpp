// libFuzzer: any bytes are an ONNX model or a graph::Error. What is read is written again, as it is and with every weight
// scaled; nothing reaches the disk.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "graph/error.hpp"
#include "graph/form.hpp"
#include "graph/formats/onnx.hpp"
#include "graph/formats/onnx_write.hpp"
#include "graph/formats/output.hpp"
#include "graph/infer_shapes.hpp"

namespace {

using namespace rw::graph;

// A file in memory alone, under a name that can be opened.
const std::string& path_of(const std::uint8_t* data, std::size_t size) {
  static const int descriptor = memfd_create("model.onnx", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  return path;
}

Rewriting double_weights(const Network& network) {
  Rewriting rewriting;
  for (TensorId id = 0; id < network.tensors().size(); ++id) {
    const Tensor& tensor = network.tensor(id);
    if (!tensor.constant || !floating(tensor.dtype) || tensor.producer != kNone) continue;
    const std::vector<std::int64_t> dims(tensor.shape.dims().begin(), tensor.shape.dims().end());
    rewriting.constants.push_back({id, dims, {*tensor.shape.count()}, {{0, {2.0}}}});
  }
  for (OperatorId op = 0; op < network.operators().size(); op += 3) rewriting.outputs.push_back({op, 0, "renamed"});
  return rewriting;
}

void write(const Model& model, const Rewriting& rewriting) {
  try {
    Output output(model.sources, true);
    write_onnx(model, rewriting, "out.onnx", output);
  } catch (const Error&) {  // a value that cannot be scaled
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    Model model = read_onnx(path_of(data, size));
    // Writing takes ten times as long as reading; one of four sizes is enough to meet every kind of input.
    if (size % 4 == 0) write(model, {});
    if (size % 4 == 1) write(model, double_weights(model.network));
    const Forms forms(model.network);
    infer_shapes(model.network, forms);
  } catch (const Error&) {
  }
  return 0;
}
