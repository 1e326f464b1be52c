#include "tests/graph/files.hpp"

#include <algorithm>
#include <stdexcept>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"

namespace rw::test {

std::string error_of(const std::function<void()>& run, const std::filesystem::path& folder) {
  try {
    run();
  } catch (const graph::Error& error) {
    std::string text = error.what();
    const std::string prefix = folder.string() + "/";
    for (auto at = text.find(prefix); !folder.empty() && at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }
  return "no error";
}

std::string safetensors_file(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof(length));
  return file.append(header).append(data);
}

std::string model_text(std::string_view rest) {
  return std::string(R"({"format": "rewrite-engine/model", "version": 1, )").append(rest).append("}\n");
}

std::string conv_model() {
  return model_text(R"("name": "tiny", "opset": {"": 17},
"inputs": [{"name": "x", "dtype": "float32", "shape": [-1, 1, 4, 4]}], "outputs": ["y"], "weights": "w.safetensors",
"tensors": {"b": {"dtype": "float32", "shape": [2], "data": [0.5, -1], "note": "kept"}},
"nodes": [{"name": "conv", "op": "Conv", "inputs": ["x", "w", "b"], "outputs": ["y"], "attributes": {"group": 1}}],
"calibration": {"y": {"min": [-1, 0.25], "max": [1.5, 2], "source": "kept"}}, "mine": [1, 2.50, {"a": null}])");
}

std::string conv_weights() {
  return safetensors_file(
      R"({"__metadata__":{"made":"by hand"},"w":{"dtype":"F32","shape":[2,1,1,1],"data_offsets":[0,8]}})",
      bytes_of<float>({1.5F, -3}));
}

graph::Model read_text(const TemporaryFolder& folder, std::string_view text) {
  write_file(folder / "m.json", std::string(text));
  return graph::read_model(folder / "m.json");
}

std::vector<double> values_of(const graph::Network& network, std::string_view tensor) {
  const auto id = network.find(tensor);
  if (!id || !network.tensor(*id).constant) throw std::runtime_error("no constant " + std::string(tensor));
  return graph::to_double(*network.tensor(*id).constant);
}

std::vector<std::string> listing(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(folder)) names.push_back(each.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("nothing to replace: " + std::string(from));
  return text.replace(at, from.size(), to);
}

}  // namespace rw::test
