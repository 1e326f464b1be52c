// The networks of tests/data/operators.txt as ONNX files, and what the engine says of their outputs, for judge_outputs:
// FOLDER/N.onnx and FOLDER/outputs.json.
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "graph/model.hpp"
#include "graph/operators/infer.hpp"
#include "tests/support/operator_lines.hpp"
#include "tests/support/shell.hpp"

namespace {

using namespace rw;
using namespace rw::test;

std::string list(std::span<const std::int64_t> dims) {
  std::string text;
  for (const std::int64_t dim : dims) text += fmt::format("{}{}", text.empty() ? "" : ",", dim < 0 ? -1 : dim);
  return "[" + text + "]";
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char each : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(each));
  return text;
}

std::string name_of(graph::DType type) { return type == graph::DType::undefined ? "string" : std::string(name(type)); }

// One object: the file, what goes in, what the engine says of what comes out.
std::string entry(const OperatorLine& written, Spelling spelling, const std::filesystem::path& path) {
  write_file(path, onnx_model(written, spelling));
  graph::Model model = graph::read_model(path);
  graph::infer_shapes(model.network, graph::Forms(model.network));
  const OperatorLine line = spelled(written, spelling);
  std::string inputs, outputs;
  for (std::size_t slot = 0; slot < line.inputs.size(); ++slot) {
    const auto& each = line.inputs[slot];
    if (!each || each->constant) continue;
    inputs += fmt::format(R"({}{{"name": "{}", "type": "{}", "dims": {}, "bytes": "{}"}})", inputs.empty() ? "" : ", ",
                          input_name(slot), name_of(each->type), list(each->dims),
                          each->type == graph::DType::undefined ? "" : hex(each->bytes()));
  }
  for (std::size_t slot = 0; slot < line.outputs.size(); ++slot) {
    if (!line.outputs[slot]) continue;
    const graph::Tensor& said = model.network.tensor(*model.network.find(output_name(slot)));
    outputs += fmt::format(R"({}{{"name": "{}", "type": "{}", "dims": {}, "anyFront": {}}})",
                           outputs.empty() ? "" : ", ", output_name(slot), name(said.dtype),
                           said.shape.known() ? list(said.shape.dims()) : "null", said.shape.any_front());
  }
  return fmt::format(R"({{"file": "{}", "op": "{}", "text": "{}, spelling {}", "inputs": [{}], "outputs": [{}]}})",
                     path.filename().string(), line.op, line.text, static_cast<int>(spelling), inputs, outputs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  std::string entries;
  int count = 0;
  for (const OperatorLine& line : operator_lines())
    for (const Spelling spelling : kSpellings)
      entries += fmt::format("{}{}", entries.empty() ? "" : ",\n",
                             entry(line, spelling, folder / fmt::format("{}.onnx", ++count)));
  write_file(folder / "outputs.json", "[\n" + entries + "\n]\n");
}
