// Trained networks with their statistics go through the three rules of equalization and keep their function.
// RW_MODELS names a folder of further models (*.json) to do the same with.
#include <cstdlib>
#include <filesystem>

#include "graph/model.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/random.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> models() {
  std::vector<fs::path> all;
  const auto gather = [&](const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (entry.path().extension() == ".json" && name.find(".stats.") == std::string::npos) all.push_back(entry.path());
    }
  };
  gather(data_path(""));
  if (const char* more = std::getenv("RW_MODELS")) gather(more);
  return all;
}

// Images of digits for the networks that were trained on them, else a random picture.
Array input_of(const graph::Network& network) {
  const graph::Tensor& input = network.tensor(network.inputs()[0]);
  Dims shape(input.shape.dims().begin(), input.shape.dims().end());
  if (shape == Dims{-1, 1, 16, 16}) {
    const Array images = read_npy(data_path("digits_x.npy"));
    shape[0] = 20;
    return Array(shape,
                 std::vector<float>(images.floats().begin(), images.floats().begin() + std::ptrdiff_t{20} * 256));
  }
  std::size_t count = 1;
  for (auto& dim : shape) count *= static_cast<std::size_t>(dim = dim < 0 ? 1 : dim);
  Random random(5);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
  return Array(shape, values);
}

std::size_t largest_at(const Array& scores, std::size_t row) {
  const std::size_t classes = scores.count() / static_cast<std::size_t>(scores.shape()[0]);
  const auto first = scores.floats().begin() + static_cast<std::ptrdiff_t>(row * classes);
  return static_cast<std::size_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) - first);
}

}  // namespace

TEST_CASE("Trained networks keep their function under equalization, and bit by bit with --exact") {
  for (const fs::path& path : models()) {
    INFO(path.string());
    const graph::Model before = graph::read_model(path);
    const Array input = input_of(before.network);
    const std::string name(before.network.tensor(before.network.inputs()[0]).name);
    const Arrays expected = evaluate(before.network, {{name, input}});
    for (const bool exact : {false, true}) {
      const TemporaryFolder folder;
      std::vector<std::string> arguments = {path.string(), "equalization", "-o", (folder / "out.json").string()};
      if (exact) arguments.emplace_back("--exact");
      const Outcome outcome = run_engine(arguments);
      INFO(outcome.err);
      REQUIRE(outcome.status == 0);
      const graph::Model after = graph::read_model(folder / "out.json");
      const Arrays found = evaluate(after.network, {{name, input}});
      for (const graph::TensorId output : before.network.outputs()) {
        const std::string tensor(before.network.tensor(output).name);
        if (exact)
          CHECK(identical(expected.at(tensor), found.at(tensor)));
        else
          CHECK(difference(expected.at(tensor), found.at(tensor)) <= 1e-5);
      }
    }
  }
}

TEST_CASE("Equalized networks for digits are as accurate as before") {
  const Array images = read_npy(data_path("digits_x.npy")), labels = read_npy(data_path("digits_y.npy"));
  constexpr std::size_t kCount = unless_sanitized<std::size_t>(100, 20);
  const Array some(Dims{kCount, 1, 16, 16},
                   std::vector<float>(images.floats().begin(), images.floats().begin() + kCount * 256));
  const auto right = [&](const std::filesystem::path& model) {
    const Array scores = evaluate(graph::read_model(model).network, {{"x", some}}).at("y");
    std::size_t count = 0;
    for (std::size_t i = 0; i < kCount; ++i)
      count += static_cast<std::int64_t>(largest_at(scores, i)) == labels.ints()[i];
    return count;
  };
  for (const char* name : {"digits_res", "digits_dense_imb", "digits_mbv2_relu_imb"}) {
    INFO(name);
    const TemporaryFolder folder;
    const std::string before = data_path(std::string(name) + ".json");
    REQUIRE(run_engine({before, "equalization", "-o", (folder / "out.json").string()}).status == 0);
    const std::size_t now = right(folder / "out.json");
    CHECK(now >= right(before));
    CHECK(100 * now >= unless_sanitized<std::size_t>(97, 95) * kCount);
  }
}
