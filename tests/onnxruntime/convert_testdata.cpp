// Sends the conformance models of ONNX (Debian's libonnx-testdata) to model.json and back, and compares what both files
// declare by a reader of its own (tests/support/onnx_said.hpp).
//   convert_testdata DATA FOLDER
// FOLDER gets NAME.json and NAME.onnx of each model, and `list` with lines "MODEL NAME.onnx" for ONNX Runtime. Exit
// status 77: DATA is not there (skipped); 1: something differs, or a model is refused that should not be.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/support/onnx_said.hpp"

namespace {

namespace fs = std::filesystem;
using namespace rw;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Trial {
  const fs::path &model, &folder;
  const std::string& name;

  // What is wrong with it.
  std::vector<std::string> run() const {
    const fs::path json = folder / (name + ".json"), onnx = folder / (name + ".onnx");
    try {
      graph::write_model(graph::read_model(model), {}, json);
      graph::write_model(graph::read_model(json), {}, onnx);
    } catch (const graph::Error& error) {
      return {error.what()};
    }
    return test::differences(test::onnx_said(read_file(model)), test::onnx_said(read_file(onnx)));
  }
};

std::string name_of(const fs::path& model, const fs::path& data) {
  std::string name = fs::relative(model.parent_path(), data).string();
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: convert_testdata DATA FOLDER\n", stderr), 2;
  const fs::path data = argv[1], folder = argv[2];
  if (!fs::exists(data)) return std::printf("skipped: there is no %s\n", argv[1]), 77;
  std::vector<fs::path> models;
  for (const auto& each : fs::recursive_directory_iterator(data))
    if (each.path().filename() == "model.onnx") models.push_back(each.path());
  std::sort(models.begin(), models.end());
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream list(folder / "list");
  std::size_t wrong = 0, converted = 0;
  for (const fs::path& model : models) {
    const std::string name = name_of(model, data);
    const std::vector<std::string> told = Trial{model, folder, name}.run();
    for (const std::string& each : told) std::printf("%s: %s\n", name.c_str(), each.c_str());
    if (!told.empty()) ++wrong;
    if (!fs::exists(folder / (name + ".onnx"))) continue;
    list << model.string() << ' ' << name << ".onnx\n";
    ++converted;
  }
  std::printf("%zu models, %zu of them converted, %zu wrong\n", models.size(), converted, wrong);
  return wrong == 0 && models.size() > 1000 ? 0 : 1;
}
