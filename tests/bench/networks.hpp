// Networks of any size to measure with: what they are made of, without the elements of their weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rw::bench {

using Dims = std::vector<std::int64_t>;

// Weights are of a floating type, unless `whole` gives elements: then int64.
struct Constant {
  std::string name;
  Dims shape, whole;
  std::int64_t count() const;
};

struct Layer {
  std::string op, name;
  std::vector<std::string> inputs;
  std::string output;
  std::int64_t channels = 0;                             // of the output
  std::vector<std::pair<std::string, Dims>> lists = {};  // attributes
  std::vector<std::pair<std::string, std::int64_t>> numbers = {};
};

struct Sample {
  Dims input;  // its shape; the tensor is called x
  std::vector<Constant> constants;
  std::vector<Layer> layers;  // the output of the last one is that of the network
};

struct Size {
  std::int64_t operators = 0;  // at least so many, as soon as a block is whole; 0: as many as the original has
  std::int64_t channels = 0;   // of the widest tensors; 0: as the original
};

// "chain" (convolution and Relu in turn), "perceptron" (MatMul, bias and Relu in turn), "resnet" (50 layers),
// "resnet50" (the same on pictures of 224 x 224, to run), "densenet" (121), "mobilenet" (V2, with Relu) and
// "transformer" (an encoder). Nothing: no such kind.
std::optional<Sample> make_sample(std::string_view kind, Size size);

}  // namespace rw::bench
