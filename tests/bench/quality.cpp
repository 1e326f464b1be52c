// What rounding to eight bits costs networks: quality [-n COUNT] [-i INPUTS.npy] MODEL...
// Prints for each model the signal to noise in dB, the mean over 6 draws of the luck of rounding with its spread, for
// weights with one step a tensor and one a channel (w, wc), and the same with rounded activations (wa, wca). Without
// INPUTS they are drawn. The models that `rewrite-engine` wrote of one network compute the same, so that each is
// compared with itself in float.
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "graph/model.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/quantize.hpp"
#include "tests/support/random.hpp"

namespace {

using namespace rw::test;

Array drawn(Dims shape) {
  std::size_t count = 1;
  for (const std::int64_t each : shape) count *= static_cast<std::size_t>(each);
  Random random(5);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
  return Array(std::move(shape), std::move(values));
}

Array first_of(const Array& all, std::int64_t count) {
  Dims shape = all.shape();
  shape[0] = std::min(shape[0], count);
  const auto values = static_cast<std::ptrdiff_t>(all.count() / static_cast<std::size_t>(all.dim(0)) *
                                                  static_cast<std::size_t>(shape[0]));
  return Array(shape, std::vector<float>(all.floats().begin(), all.floats().begin() + values));
}

void measure(const std::string& path, const std::string& inputs, std::int64_t count) {
  const rw::graph::Model model = rw::graph::read_model(path);
  const rw::graph::Tensor& input = model.network.tensor(model.network.inputs()[0]);
  Dims shape(input.shape.dims().begin(), input.shape.dims().end());
  if (shape[0] < 0) shape[0] = count;
  const Array values = inputs.empty() ? drawn(shape) : first_of(read_npy(inputs), count);
  const std::string output(model.network.tensor(model.network.outputs()[0]).name);
  fmt::print("{:<44}", path.substr(path.rfind('/') + 1));
  for (const Rounding mode :
       {Rounding{false, false}, Rounding{true, false}, Rounding{false, true}, Rounding{true, true}}) {
    constexpr unsigned kDraws = 6;
    double sum = 0, squares = 0;
    for (unsigned draw = 1; draw <= kDraws; ++draw) {
      Rounding rounding = mode;
      rounding.jitter = 0.08;
      rounding.seed = draw;
      const double found = signal_to_noise(model.network, {{std::string(input.name), values}}, output, rounding);
      sum += found;
      squares += found * found;
    }
    const double mean = sum / kDraws;
    fmt::print(" {:6.1f} +-{:3.1f}", mean, std::sqrt(std::max(0.0, squares / kDraws - mean * mean)));
  }
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::string inputs;
  std::int64_t count = 32;
  fmt::print("{:<44} {:>11} {:>11} {:>11} {:>11}\n", "", "w", "wc", "wa", "wca");
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-i" && i + 1 < argc)
      inputs = argv[++i];
    else if (word == "-n" && i + 1 < argc)
      count = std::atoll(argv[++i]);
    else
      measure(word, inputs, count);
  }
}
