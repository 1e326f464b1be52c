// A pleasant way to write networks in tests:
//
//   Net n;
//   const auto x = n.input("x", {1, 3, 8, 8});
//   const auto a = n.conv("a", x, 8, {.kernel = 1, .spread = 6});
//   const auto b = n.conv("b", x, 8, {.spread = 6});
//   const auto k = n.op("Concat", "k", {n.relu("ra", a), n.relu("rb", b)}, {{"axis", 1}});
//   n.output(n.conv("c", k, 4));
//   n.calibrate();
//   const graph::Model model = n.model();
//
// A tensor is spoken of by its name; a node with one output gives it its own name, one with several "name:0",
// "name:1"... Constants of a node are "name.weight", "name.bias" and so on. Every operator is computed by the evaluator
// when it is added, so that shapes and values are known at once and a mistake is found where it is made
// (std::runtime_error).
//
// Weights are random and the same for the same seed. They suit the values that they meet: whichever channel of
// whichever size comes in, it matters in what goes out, so that a wrong scale anywhere is seen at the output.
#pragma once

#include <concepts>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/model.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/random.hpp"

namespace rw::test {

struct Constant {
  Array value;
  graph::DType dtype = graph::DType::float32;
};

// {"axis", 1}, {"alpha", 0.1}, {"mode", "linear"}, {"pads", {1, 1, 1, 1}}, {"value", Constant{...}}
struct NetAttribute {
  template <std::integral T>
  NetAttribute(std::string attribute, T number)
      : name(std::move(attribute)), value(static_cast<std::int64_t>(number)) {}
  NetAttribute(std::string attribute, double number) : name(std::move(attribute)), value(number) {}
  NetAttribute(std::string attribute, const char* text) : name(std::move(attribute)), value(std::string(text)) {}
  NetAttribute(std::string attribute, std::string text) : name(std::move(attribute)), value(std::move(text)) {}
  NetAttribute(std::string attribute, Constant tensor) : name(std::move(attribute)), value(std::move(tensor)) {}
  NetAttribute(std::string attribute, Dims list) : name(std::move(attribute)), value(std::move(list)) {}
  NetAttribute(std::string attribute, std::vector<double> list) : name(std::move(attribute)), value(std::move(list)) {}
  template <std::integral T>
  NetAttribute(std::string attribute, std::initializer_list<T> list)
      : name(std::move(attribute)), value(Dims(list.begin(), list.end())) {}
  NetAttribute(std::string attribute, std::initializer_list<double> list)
      : name(std::move(attribute)), value(std::vector<double>(list)) {}

  std::string name;
  std::variant<std::int64_t, double, std::string, Dims, std::vector<double>, Constant> value;
};
using NetAttributes = std::vector<NetAttribute>;

struct NetNode {
  std::string type, name;
  std::vector<std::string> inputs, outputs;  // "": absent
  NetAttributes attributes;
};

struct NetInput {
  std::string name;
  Dims shape;
  graph::DType dtype;
};

struct NetRange {
  int axis = 1;
  std::vector<double> min, max;
};

struct LayerOptions {
  std::int64_t group = 1;
  std::int64_t kernel = 3;  // along both spatial axes
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::optional<std::int64_t> pad;  // on every side; absent: so that stride 1 keeps the size
  bool bias = true;
  double spread = 0;               // output channels out of balance by factors from 2^-spread to 2^spread
  std::vector<std::int64_t> dead;  // output channels with zero weights and a bias below 0 (or none)
  bool negative = false;           // every output value is below 0 (needs the bias)
  std::string weight;              // the weight tensor of an earlier layer, to share it; empty: one of its own
  // Operators through which its own weight comes: Identity, Reshape, Transpose, Squeeze, Unsqueeze (of a kernel of 1),
  // Cast (the first of them; from float16 where that holds the values). What they are made of is "name.stored".
  std::vector<std::string> through;
};

class Net {
 public:
  explicit Net(std::uint64_t seed = 1, std::int64_t opset = 17);

  // --- writing it
  std::string input(const std::string& name, Dims shape, graph::DType dtype = graph::DType::float32);
  std::string image() { return input("x", {1, 3, 8, 8}); }  // the input of most small networks
  std::string constant(const std::string& name, Array value, graph::DType dtype = graph::DType::float32);
  std::string ints(const std::string& name, Dims values);  // an int64 vector
  void output(const std::string& tensor);

  std::string op(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                 NetAttributes attributes = {});
  std::vector<std::string> ops(const std::string& type, const std::string& name, std::size_t outputs,
                               std::vector<std::string> inputs, NetAttributes attributes = {});
  void node(NetNode node);  // anything, with the names of all of its outputs

  std::string conv(const std::string& name, const std::string& x, std::int64_t channels,
                   const LayerOptions& options = {});
  std::string depthwise(const std::string& name, const std::string& x, LayerOptions options = {});
  // Kernel, stride, pad (default 0) and group count; with kernel == stride it enlarges the picture by that factor.
  std::string conv_transpose(const std::string& name, const std::string& x, std::int64_t channels,
                             const LayerOptions& options = {.kernel = 2, .stride = 2});
  std::string gemm(const std::string& name, const std::string& x, std::int64_t channels,
                   const LayerOptions& options = {});
  std::string matmul(const std::string& name, const std::string& x, std::int64_t channels, LayerOptions options = {});
  std::string batch_norm(const std::string& name, const std::string& x, double spread = 0);

  std::string relu(const std::string& name, const std::string& x) { return op("Relu", name, {x}); }
  std::string add(const std::string& name, const std::string& a, const std::string& b) {
    return op("Add", name, {a, b});
  }
  std::string concat(const std::string& name, std::vector<std::string> inputs, std::int64_t axis = 1);
  std::string clip(const std::string& name, const std::string& x, std::optional<float> low, std::optional<float> high);
  std::string max_pool(const std::string& name, const std::string& x, std::int64_t kernel = 2, std::int64_t stride = 2);
  std::string average_pool(const std::string& name, const std::string& x, std::int64_t kernel = 2,
                           std::int64_t stride = 2);

  // --- looking at it
  const Dims& shape(const std::string& tensor) const { return value(tensor).shape(); }
  const Array& value(const std::string& tensor) const;  // for inputs(0)
  Arrays inputs(std::uint64_t sample) const;            // random ones, in [-1, 1); integers 0 to 3
  const std::vector<NetNode>& nodes() const { return nodes_; }
  const std::vector<std::string>& outputs() const { return outputs_; }
  Random& random() { return random_; }

  // Measures the range of every channel of every float activation (axis counted from the end where negative; tensors
  // without it are left out) over this many random inputs; model() and save() then have it.
  void calibrate(int samples = 4, int axis = 1);
  const std::map<std::string, NetRange>& ranges() const { return ranges_; }

  graph::Network network() const;
  graph::Model model() const;  // network and statistics, in memory alone
  // Writes folder/stem.json and, for constants of more than 16 values, folder/stem.safetensors. Gives the JSON's path.
  std::filesystem::path save(const std::filesystem::path& folder, const std::string& stem) const;
  // The same network with runs of its nodes put into nested networks ("op": "Graph") by chance, up to four deep: what
  // they read from outside, constants too, comes in by position, and what is read outside goes out. Names inside are
  // the names outside, so that flat networks and nested ones differ by prefixes alone.
  std::filesystem::path save_nested(const std::filesystem::path& folder, const std::string& stem,
                                    std::uint64_t seed) const;

 private:
  struct WeightForm {
    Dims shape;
    std::int64_t channels = 0;  // of the output
    double fan_in = 1;          // products in one output value
    std::size_t axis = 1;       // of the input's channels
    // Element of the weight to the output channel and the input channel that it ties.
    std::function<std::pair<std::size_t, std::size_t>(std::size_t)> ends;
  };

  std::filesystem::path write(const std::filesystem::path& folder, const std::string& stem,
                              const std::vector<std::string>& nodes,
                              const std::map<std::string, NetRange>& ranges) const;
  std::vector<double> magnitudes(const std::string& tensor, std::size_t axis) const;
  std::vector<double> channel_factors(std::int64_t channels, double spread);
  std::string weight_through(const std::string& name, Array value, const std::vector<std::string>& through);
  std::vector<std::string> layer_inputs(const std::string& name, const std::string& x, const WeightForm& form,
                                        const LayerOptions& options);

  std::int64_t opset_;
  std::uint64_t seed_;
  Random random_;
  std::vector<NetInput> inputs_;
  std::vector<std::pair<std::string, Constant>> constants_;
  std::vector<NetNode> nodes_;
  std::vector<std::string> outputs_;
  std::vector<Arrays> values_;  // of every tensor, for the first few inputs
  std::map<std::string, NetRange> ranges_;
};

}  // namespace rw::test
