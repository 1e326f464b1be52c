#include "tests/support/random_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace rw::test {
namespace {

constexpr std::int64_t kMostChannels = 16, kLargestSide = 8;

// Grows a network move by move. Every move picks pictures ([1, C, H, W]) that are there, adds an operator or a few, and
// leaves a new picture; one that does not fit what it picked does nothing.
class Grower {
 public:
  Grower(std::uint64_t seed, const RandomOptions& options) : options_(options), net_(seed), random_(net_.random()) {}

  Net grow();

 private:
  struct Move {
    double weight;
    bool bounded;  // carries no scale: RandomOptions::bounded
    void (Grower::*make)();
  };
  static const Move kMoves[];

  void move();
  void finish();
  void head(const std::string& x);

  void conv();
  void grouped_conv();
  void depthwise_conv();
  void strided_conv();
  void shared_conv();
  void conv_transpose();
  void relu() { keep(net_.op("Relu", name("relu"), {pick()})); }
  void leaky_relu() { keep(net_.op("LeakyRelu", name("leaky"), {pick()}, {{"alpha", 0.125}})); }
  void prelu();
  void clip_below() { keep(net_.clip(name("clip"), pick(), 0.0F, std::nullopt)); }
  void clip_both() { keep(net_.clip(name("relu6"), pick(), 0.0F, 6.0F)); }
  void sigmoid() { keep(net_.op("Sigmoid", name("sigmoid"), {pick()})); }
  void max_pool() { pool("MaxPool", "max"); }
  void average_pool() { pool("AveragePool", "average"); }
  void pad();
  void add();
  void add_twice();
  void add_pooled();
  void sum_of_three();
  void concat();
  void spatial_concat();
  void split();
  void batch_norm() { keep(net_.batch_norm(name("bn"), pick(), options_.spread)); }
  void mul_constant();
  void add_constant();
  void constants();
  void identity() { keep(net_.op("Identity", name("same"), {pick()})); }
  void gate();

  void pool(const char* type, const char* kind);
  std::string name(const char* kind) { return fmt::format("{}_{}", kind, net_.nodes().size()); }
  std::string pick();
  std::string like(const std::string& x);
  std::vector<std::string> where(const std::function<bool(const Dims&)>& fits) const;
  static std::vector<std::vector<std::string>> ways(std::int64_t kernel);
  LayerOptions layer(std::int64_t kernel, std::int64_t channels);
  std::string constant(const std::string& of, Dims shape, double low, double high);
  std::int64_t channels(const std::string& x) const { return net_.shape(x)[1]; }
  std::int64_t side(const std::string& x) const { return std::min(net_.shape(x)[2], net_.shape(x)[3]); }
  void keep(std::string picture) { pictures_.push_back(std::move(picture)); }

  RandomOptions options_;
  Net net_;
  Random& random_;
  std::vector<std::string> pictures_;
  std::vector<std::string> convs_;  // those whose weight may be shared
};

const Grower::Move Grower::kMoves[] = {
    {6, false, &Grower::conv},
    {2, false, &Grower::grouped_conv},
    {2, false, &Grower::depthwise_conv},
    {1, false, &Grower::strided_conv},
    {1, false, &Grower::shared_conv},
    {1, false, &Grower::conv_transpose},
    {7, false, &Grower::relu},
    {1, false, &Grower::leaky_relu},
    {1, false, &Grower::prelu},
    {1, false, &Grower::clip_below},
    {1, true, &Grower::clip_both},
    {0.7, true, &Grower::sigmoid},
    {1, false, &Grower::max_pool},
    {1, false, &Grower::average_pool},
    {0.7, false, &Grower::pad},
    {4, false, &Grower::add},
    {0.7, false, &Grower::add_twice},
    {0.7, false, &Grower::add_pooled},
    {1, false, &Grower::sum_of_three},
    {5, false, &Grower::concat},
    {0.7, false, &Grower::spatial_concat},
    {0.7, false, &Grower::split},
    {2, false, &Grower::batch_norm},
    {1, false, &Grower::mul_constant},
    {1.5, false, &Grower::add_constant},
    {1, false, &Grower::constants},
    {1, false, &Grower::identity},
    {0.7, true, &Grower::gate},
};

// Recent pictures mostly, so that the network becomes deep.
std::string Grower::pick() {
  if (!random_.chance(0.65)) return random_.pick(pictures_);
  const auto last = static_cast<std::int64_t>(pictures_.size()) - 1;
  return pictures_[static_cast<std::size_t>(random_.between(std::max<std::int64_t>(0, last - 3), last))];
}

std::vector<std::string> Grower::where(const std::function<bool(const Dims&)>& fits) const {
  std::vector<std::string> found;
  for (const std::string& picture : pictures_)
    if (fits(net_.shape(picture))) found.push_back(picture);
  return found;
}

// A picture of the same shape, another one where there is one.
std::string Grower::like(const std::string& x) {
  std::vector<std::string> others = where([&](const Dims& shape) { return shape == net_.shape(x); });
  others.erase(std::remove(others.begin(), others.end(), x), others.end());
  if (!others.empty() && random_.chance(0.8)) return random_.pick(others);
  return net_.conv(name("conv"), x, channels(x), layer(3, channels(x)));
}

// Through which a weight may come.
std::vector<std::vector<std::string>> Grower::ways(std::int64_t kernel) {
  std::vector<std::vector<std::string>> all = {{"Identity"},
                                               {"Reshape"},
                                               {"Transpose"},
                                               {"Cast"},
                                               {"Squeeze"},
                                               {"Cast", "Reshape", "Identity"},
                                               {"Transpose", "Identity", "Transpose", "Reshape"}};
  if (kernel == 1) all.push_back({"Transpose", "Unsqueeze", "Unsqueeze"});
  return all;
}

LayerOptions Grower::layer(std::int64_t kernel, std::int64_t channels) {
  LayerOptions options;
  options.kernel = kernel;
  options.bias = random_.chance(0.8);
  options.spread = options_.spread;
  if (random_.chance(0.15)) options.dead = {random_.between(0, channels - 1)};
  options.negative = options.bias && random_.chance(0.06);
  if (random_.chance(0.2)) options.through = random_.pick(ways(kernel));
  return options;
}

std::string Grower::constant(const std::string& of, Dims shape, double low, double high) {
  std::vector<float> values(count(shape));
  for (float& value : values) value = static_cast<float>(random_.uniform(low, high));
  return net_.constant(of + ".constant", float_array(std::move(shape), std::move(values)));
}

// --- convolutions

void Grower::conv() {
  const std::int64_t out = random_.between(2, 8);
  const std::string made = name("conv");
  const LayerOptions options = layer(random_.chance(0.5) ? 1 : 3, out);  // one draw a statement: compilers differ
  keep(net_.conv(made, pick(), out, options));
  convs_.push_back(made);
}

void Grower::grouped_conv() {
  const std::string x = pick();
  if (channels(x) % 2 != 0) return;
  const std::int64_t out = 2 * random_.between(1, 4);
  LayerOptions options = layer(3, out);
  options.group = channels(x) % 3 == 0 && out % 3 == 0 && random_.chance(0.5) ? 3 : 2;
  keep(net_.conv(name("grouped"), x, out, options));
}

void Grower::depthwise_conv() {
  const std::string x = pick();
  keep(net_.depthwise(name("depthwise"), x, layer(3, channels(x))));
}

void Grower::strided_conv() {
  const std::string x = pick();
  if (side(x) < 4) return;
  LayerOptions options = layer(3, 4);
  options.stride = 2;
  keep(net_.conv(name("strided"), x, 4, options));
}

void Grower::shared_conv() {
  if (convs_.empty()) return;
  const std::string weight = random_.pick(convs_) + ".weight";
  const Dims shape = net_.shape(weight);
  const std::vector<std::string> inputs = where([&](const Dims& dims) { return dims[1] == shape[1]; });
  if (inputs.empty()) return;
  LayerOptions options = layer(shape[2], shape[0]);
  options.dead.clear();  // that is for its own weights to say
  options.negative = false;
  options.weight = weight;
  keep(net_.conv(name("shared"), random_.pick(inputs), shape[0], options));
}

void Grower::conv_transpose() {
  const std::string x = pick();
  if (2 * side(x) > kLargestSide) return;
  const std::int64_t out = 2 * random_.between(1, 3);
  LayerOptions options = layer(2, out);
  options.stride = 2;
  if (channels(x) % 2 == 0 && random_.chance(0.4)) options.group = 2;
  keep(net_.conv_transpose(name("up"), x, out, options));
}

// --- what goes channel by channel

void Grower::prelu() {
  const std::string made = name("prelu"), x = pick();
  const Dims slope = random_.chance(0.5) ? Dims{channels(x), 1, 1} : Dims{1};
  keep(net_.op("PRelu", made, {x, constant(made, slope, 0.05, 0.4)}));
}

void Grower::pool(const char* type, const char* kind) {
  const std::string x = pick();
  if (side(x) < 2) return;
  if (random_.chance(0.5) || side(x) < 4) {  // keeps the size
    const NetAttributes attributes = {{"kernel_shape", {3, 3}}, {"pads", {1, 1, 1, 1}}};
    keep(net_.op(type, name(kind), {x}, attributes));
  } else {
    keep(net_.op(type, name(kind), {x}, {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}}));
  }
}

void Grower::pad() {
  const std::string made = name("pad"), x = pick();
  if (side(x) < 2 || side(x) >= kLargestSide) return;
  const char* mode = random_.chance(0.5) ? "constant" : random_.chance(0.5) ? "reflect" : "edge";
  keep(net_.op("Pad", made, {x, net_.ints(made + ".pads", {0, 0, 1, 0, 0, 0, 0, 1})}, {{"mode", mode}}));
}

void Grower::mul_constant() {
  const std::string made = name("mul"), x = pick();
  const Dims shape = random_.chance(0.7) ? Dims{channels(x), 1, 1} : Dims{1, channels(x), 1, 1};
  keep(net_.op("Mul", made, {x, constant(made, shape, 0.25, 4)}));
}

void Grower::add_constant() {
  const std::string made = name("shift"), x = pick();
  const std::vector<Dims> shapes = {{}, {channels(x), 1, 1}, net_.shape(x)};
  std::vector<std::string> inputs = {x, constant(made, random_.pick(shapes), -1, 1)};
  if (random_.chance(0.3)) std::swap(inputs[0], inputs[1]);
  keep(net_.op("Add", made, inputs));
}

// A chain of them behind one picture: what exporters make of a normalization.
void Grower::constants() {
  std::string x = pick();
  for (std::int64_t i = random_.between(2, 4); i > 0; --i) {
    const std::string made = name("step");
    const bool multiplies = random_.chance(0.5);
    if (random_.chance(0.2)) {
      x = net_.op("Identity", made, {x});
    } else {
      std::vector<std::string> inputs = {
          x, constant(made, {channels(x), 1, 1}, multiplies ? 0.25 : -1, multiplies ? 4 : 1)};
      if (random_.chance(0.3)) std::swap(inputs[0], inputs[1]);
      x = net_.op(multiplies ? "Mul" : "Add", made, inputs);
    }
    if (random_.chance(0.1)) keep(x);  // read on the way, too
  }
  keep(x);
}

// --- joins

void Grower::add() {
  const std::string a = pick(), b = like(a);
  keep(net_.op("Add", name("add"), {a, b}));
}

void Grower::add_twice() {
  const std::string x = pick();
  keep(net_.op("Add", name("twice"), {x, x}));
}

// x + pool(x), where one operand is spread over the picture of the other.
void Grower::add_pooled() {
  const std::string x = pick();
  const std::string pooled = net_.op(random_.chance(0.5) ? "GlobalMaxPool" : "GlobalAveragePool", name("pooled"), {x});
  keep(net_.op("Add", name("add"), {x, pooled}));
}

void Grower::sum_of_three() {
  const std::string a = pick(), b = like(a), c = like(a);
  keep(net_.op("Sum", name("sum"), {a, b, c}));
}

// Of whatever has the same size: repeats and overlapping sets come by themselves.
void Grower::concat() {
  const std::string first = pick();
  const std::vector<std::string> fitting =
      where([&](const Dims& shape) { return shape[2] == net_.shape(first)[2] && shape[3] == net_.shape(first)[3]; });
  std::vector<std::string> parts = {first};
  std::int64_t total = channels(first);
  for (std::int64_t i = random_.between(1, 3); i > 0; --i) {
    const std::string& next = random_.pick(fitting);
    if (total + channels(next) > kMostChannels) continue;
    total += channels(next);
    parts.push_back(next);
  }
  if (parts.size() > 1) keep(net_.concat(name("concat"), parts, random_.chance(0.2) ? -3 : 1));
}

void Grower::spatial_concat() {
  if (!options_.spatial_concat) return;
  const std::string a = pick(), b = like(a);
  const std::int64_t axis = random_.between(2, 3);
  if (2 * net_.shape(a)[static_cast<std::size_t>(axis)] <= kLargestSide)
    keep(net_.concat(name("beside"), {a, b}, axis));
}

void Grower::split() {
  const std::string made = name("split"), x = pick();
  if (channels(x) < 2) return;
  const std::int64_t first = random_.between(1, channels(x) - 1);
  const std::string lengths = net_.ints(made + ".lengths", {first, channels(x) - first});
  for (std::string& part : net_.ops("Split", made, 2, {x, lengths}, {{"axis", 1}})) keep(std::move(part));
}

// x * sigmoid(conv(pool(x))), as in squeeze and excitation.
void Grower::gate() {
  const std::string x = pick();
  const std::string pooled = net_.op("GlobalAveragePool", name("pooled"), {x});
  const std::string squeezed = net_.conv(name("squeeze"), pooled, channels(x), {.kernel = 1});
  keep(net_.op("Mul", name("gated"), {x, net_.op("Sigmoid", name("gate"), {squeezed})}));
}

// --- the whole

void Grower::move() {
  double total = 0;
  for (const Move& each : kMoves) total += each.weight;
  double at = random_.uniform(0, total);
  for (const Move& each : kMoves) {
    at -= each.weight;
    if (at >= 0) continue;
    if (!each.bounded || options_.bounded) (this->*each.make)();
    return;
  }
}

void Grower::head(const std::string& x) {
  std::string flat;
  if (random_.chance(0.4)) {
    flat = net_.op("Flatten", name("flat"), {x}, {{"axis", 1}});
  } else if (random_.chance(0.5)) {
    const NetAttributes attributes = {{"axes", {2, 3}}, {"keepdims", 0}};
    flat = net_.op("ReduceMean", name("mean"), {x}, attributes);
  } else {
    flat = net_.op("Flatten", name("flat"), {net_.op("GlobalAveragePool", name("pooled"), {x})});
  }
  LayerOptions options{.bias = random_.chance(0.8)};
  if (random_.chance(0.2)) options.through = random_.pick(ways(options.kernel));
  std::string scores = net_.gemm(name("gemm"), flat, 3, options);
  if (options_.bounded && random_.chance(0.2)) scores = net_.op("Softmax", name("softmax"), {scores}, {{"axis", 1}});
  net_.output(scores);
}

// Of the pictures that nobody reads some become outputs and some stay dead ends; some that are read become outputs,
// too.
void Grower::finish() {
  std::set<std::string> read;
  for (const NetNode& node : net_.nodes()) read.insert(node.inputs.begin(), node.inputs.end());
  const std::vector<std::string> pictures = pictures_;
  for (const std::string& picture : pictures) {
    if (picture == "x" || picture == pictures.back()) continue;
    if (read.count(picture) != 0) {
      if (random_.chance(0.04)) net_.output(picture);
    } else if (random_.chance(0.4)) {
      head(picture);
    } else if (random_.chance(0.5)) {
      net_.output(random_.chance(0.7) ? net_.conv(name("last"), picture, 2, {.kernel = 1}) : picture);
    }
  }
  head(pictures.back());
}

Net Grower::grow() {
  keep(net_.input("x", {1, random_.between(1, 4), 8, 8}));
  conv();
  conv();
  const std::int64_t wanted = random_.between(options_.least, options_.most);
  while (static_cast<std::int64_t>(net_.nodes().size()) < wanted) move();
  finish();
  if (options_.samples > 0) net_.calibrate(options_.samples);
  return std::move(net_);
}

}  // namespace

Net random_net(std::uint64_t seed, const RandomOptions& options) { return Grower(seed, options).grow(); }

}  // namespace rw::test
