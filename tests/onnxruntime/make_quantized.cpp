// A network as QuantizeLinear and DequantizeLinear have it, put in by hand where ONNX Runtime's static quantization
// puts them, and what the engine says of the noise, for judge_quantized: FOLDER/NAME.onnx and FOLDER/quantized.json.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include "graph/model.hpp"
#include "graph/operators/infer.hpp"
#include "runtime/quality/trial.hpp"
#include "tests/quality/samples.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/shell.hpp"

namespace {

using namespace rw;
using namespace rw::test::onnx;
namespace fs = std::filesystem;

enum class Steps { none, tensor, channel };  // none: float

using Ranges = std::map<std::string, std::pair<double, double>>;

// Numbers that differ, about evenly in [-1, 1].
std::vector<float> numbers(const Dims& dims, double seed) {
  std::size_t count = 1;
  for (const std::int64_t dim : dims) count *= static_cast<std::size_t>(dim);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(std::fmod(std::fabs(std::sin(seed += 1.37) * 4096), 2) - 1);
  return values;
}

class Writer {
 public:
  Writer(Steps steps, const Ranges& ranges) : steps_(steps), ranges_(ranges) {}

  std::string op(const std::string& type, const std::string& id, const Names& from, const Parts& attributes = {}) {
    nodes_.push_back(node(type, from, {id}, attributes, id));
    return id;
  }
  // The tensor, rounded by its range, or that of another.
  std::string rounded(const std::string& id, const std::string& like = "") {
    if (steps_ == Steps::none) return id;
    const auto [low, high] = ranges_.at(like.empty() ? id : like);
    const auto step = static_cast<float>((high - low) / 255);
    weights_.push_back(floats(id + ".step", {}, {step}));
    const auto zero = static_cast<unsigned char>(std::nearbyint(-low / ((high - low) / 255)));
    weights_.push_back(tensor(id + ".zero", 2, {}, std::string(1, static_cast<char>(zero))));
    op("QuantizeLinear", id + ".q", {id, id + ".step", id + ".zero"});
    return op("DequantizeLinear", id + ".d", {id + ".q", id + ".step", id + ".zero"});
  }
  std::string weight(const std::string& id, const Dims& dims) {
    std::vector<float> values = numbers(dims, static_cast<double>(id.size()) + 0.1 * id[0]);
    const auto channels = static_cast<std::size_t>(dims[0]);
    const std::size_t each = values.size() / channels;
    // Channels out of balance, so that it matters which steps they have.
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= std::exp2(-static_cast<float>(i / each % 4)) / 4;
    if (steps_ == Steps::none) {
      weights_.push_back(floats(id, dims, values));
      return id;
    }
    const bool one = steps_ == Steps::tensor;
    std::vector<float> steps(one ? 1 : channels, 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      float& step = steps[one ? 0 : i / each];
      step = std::max(step, std::fabs(values[i]) / 127);
    }
    std::string whole;
    for (std::size_t i = 0; i < values.size(); ++i)
      whole += static_cast<char>(static_cast<signed char>(std::nearbyint(values[i] / steps[one ? 0 : i / each])));
    weights_.push_back(tensor(id + ".q", 3, dims, whole));
    weights_.push_back(floats(id + ".step", one ? Dims{} : Dims{dims[0]}, steps));
    weights_.push_back(tensor(id + ".zero", 3, one ? Dims{} : Dims{dims[0]}, std::string(one ? 1 : channels, '\0')));
    return op("DequantizeLinear", id + ".d", {id + ".q", id + ".step", id + ".zero"},
              {attribute("axis", std::int64_t{0})});
  }
  std::string constant(const std::string& id, const Dims& dims, const std::vector<float>& values) {
    weights_.push_back(floats(id, dims, values));
    return id;
  }
  std::string conv(const std::string& id, const std::string& x, std::int64_t in, std::int64_t out) {
    return op("Conv", id, {x, weight(id + ".w", {out, in, 3, 3}), constant(id + ".b", {out}, numbers({out}, 3))},
              {attribute("pads", Dims{1, 1, 1, 1})});
  }
  void output(const std::string& id, const Dims& dims) { outputs_.push_back(value(id, dims)); }

  std::string file() const { return model(test::onnx::graph(nodes_, weights_, {value("x", {1, 3, 8, 8})}, outputs_)); }

 private:
  Steps steps_;
  const Ranges& ranges_;
  Parts nodes_, weights_, outputs_;
};

std::string network(Steps steps, const Ranges& ranges) {
  Writer w(steps, ranges);
  const Parts two = {attribute("kernel_shape", Dims{2, 2}), attribute("strides", Dims{2, 2})};
  const auto x = w.rounded("x");
  const auto ra = w.rounded(w.op("Relu", "ra", {w.conv("a", x, 3, 8)}));  // Relu belongs to the layer before
  const auto m = w.op("MaxPool", "m", {ra}, two);                         // chooses among rounded values
  const auto six = w.op("Clip", "cb", {w.conv("b", m, 8, 8), w.constant("low", {}, {0}), w.constant("high", {}, {1})});
  const auto s = w.rounded(w.op("Add", "s", {w.rounded(six), w.rounded(w.conv("c", m, 8, 8))}));
  // It has the steps of its input: of an odd number of values, whose mean lies never half-way between two steps.
  const auto p = w.rounded(w.op("AveragePool", "p", {s}, {attribute("kernel_shape", Dims{3, 3})}), "s");
  const auto t = w.rounded(w.op("Tanh", "t", {p}));  // rounded because Concat reads it
  const auto k = w.rounded(w.op("Concat", "k", {p, t}, {attribute("axis", std::int64_t{1})}));
  const auto g = w.rounded(w.op("GlobalAveragePool", "g", {k}));
  const auto f = w.rounded(w.op("Flatten", "f", {g}));
  const auto y = w.rounded(w.op("Gemm", "y", {f, w.weight("y.w", {5, 16}), w.constant("y.b", {5}, numbers({5}, 9))},
                                {attribute("transB", std::int64_t{1})}));
  const auto z = w.rounded(w.op("Softmax", "z", {y}, {attribute("axis", std::int64_t{1})}));
  w.output(y, {1, 5});
  w.output(z, {1, 5});
  return w.file();
}

std::string list(const auto& values) {
  std::string text;
  for (const auto value : values) text += fmt::format("{}{}", text.empty() ? "" : ",", value);
  return "[" + text + "]";
}

constexpr std::size_t kSamples = 16;  // the first half sets the ranges

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const fs::path folder = argv[1];
  fs::create_directories(folder);
  test::write_file(folder / "float.onnx", network(Steps::none, {}));
  graph::Model model = graph::read_model(folder / "float.onnx");
  graph::infer_shapes(model.network, graph::Forms(model.network));
  std::vector<data::Batch> batches;
  std::string samples;
  Ranges ranges = {{"z", {0, 1}}};
  for (std::size_t i = 0; i < kSamples; ++i) {
    const evaluator::Array x({1, 3, 8, 8}, numbers({1, 3, 8, 8}, static_cast<double>(i)));
    batches.push_back({{model.network.inputs()[0], x}});
    if (i >= kSamples / 2) samples += (samples.empty() ? "" : ",\n") + list(x.to_floats());
    if (i < kSamples / 2)
      for (const auto& [name, array] : evaluator::evaluate(model.network, {{"x", x}}))
        for (const float value : array.to_floats()) {
          if (name == "z") continue;
          auto& [low, high] = ranges[name];
          low = std::min<double>(low, value);
          high = std::max<double>(high, value);
        }
  }
  test::Samples data(std::move(batches));
  std::string entries;
  for (const Steps steps : {Steps::tensor, Steps::channel}) {
    const std::string name = steps == Steps::tensor ? "tensor" : "channel";
    test::write_file(folder / (name + ".onnx"), network(steps, ranges));
    quality::ScoreOptions options;
    options.jitter = 0;
    options.draws = 1;
    if (steps == Steps::channel) options.quantizer.weights = quantizer::WeightSteps::channel;
    const auto scored = quality::score_all({{name, {model.network, name}, nullptr}}, data, nullptr, options);
    std::vector<double> decibels;
    for (const quality::OutputScore& each : scored[0].score.outputs) decibels.push_back(each.decibels.at(0));
    entries +=
        fmt::format("{}{{\"file\": \"{}.onnx\", \"decibels\": {}}}", entries.empty() ? "" : ", ", name, list(decibels));
  }
  test::write_file(
      folder / "quantized.json",
      fmt::format("{{\"float\": \"float.onnx\", \"dims\": [1,3,8,8], \"samples\": [\n{}],\n\"quantized\": [{}]}}\n",
                  samples, entries));
}
