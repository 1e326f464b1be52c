#include "tests/bench/networks.hpp"

#include <algorithm>
#include <array>

namespace rw::bench {

std::int64_t Constant::count() const {
  std::int64_t product = 1;
  for (const std::int64_t dim : shape) product *= dim;
  return product;
}

namespace {

constexpr std::int64_t kSide = 8;  // height and width of images: the work of the engine does not depend on them

class Maker {
 public:
  Maker(Size size, Dims input) : size_(size) { sample_.input = std::move(input); }

  bool wants_more(std::int64_t originally) const {
    return static_cast<std::int64_t>(sample_.layers.size()) < (size_.operators ? size_.operators : originally);
  }
  std::int64_t width(std::int64_t originally) const {
    return size_.channels ? std::max<std::int64_t>(1, size_.channels * originally / widest_) : originally;
  }
  void widest(std::int64_t channels) { widest_ = channels; }
  Sample take() { return std::move(sample_); }

  std::string add(const std::string& op, std::vector<std::string> inputs, std::int64_t channels) {
    const std::string name = op + "_" + std::to_string(sample_.layers.size());
    sample_.layers.push_back({op, name, std::move(inputs), name + "_out", channels});
    return sample_.layers.back().output;
  }
  Layer& last() { return sample_.layers.back(); }

  std::string constant(const std::string& what, Dims shape, Dims whole = {}) {
    std::string name = "layer" + std::to_string(sample_.layers.size()) + "." + what;
    sample_.constants.push_back({name, std::move(shape), std::move(whole)});
    return name;
  }

  std::string conv(const std::string& x, std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t group = 1,
                   std::int64_t stride = 1) {
    const std::string weight = constant("weight", {out, in / group, kernel, kernel}), bias = constant("bias", {out});
    std::string y = add("Conv", {x, weight, bias}, out);
    last().lists = {{"kernel_shape", {kernel, kernel}}, {"pads", Dims(4, kernel / 2)}, {"strides", {stride, stride}}};
    last().numbers = {{"group", group}};
    return y;
  }
  std::string relu(const std::string& x) { return add("Relu", {x}, last().channels); }
  std::string conv_relu(const std::string& x, std::int64_t in, std::int64_t out, std::int64_t kernel,
                        std::int64_t group = 1, std::int64_t stride = 1) {
    return relu(conv(x, in, out, kernel, group, stride));
  }
  std::string pool(const std::string& x) {
    std::string y = add("MaxPool", {x}, last().channels);
    last().lists = {{"kernel_shape", {3, 3}}, {"pads", Dims(4, 1)}, {"strides", {2, 2}}};
    return y;
  }
  std::string linear(const std::string& x, std::int64_t in, std::int64_t out) {
    const std::string y = add("MatMul", {x, constant("weight", {in, out})}, out);
    return add("Add", {y, constant("bias", {out})}, out);
  }
  std::string reshape(const std::string& x, const Dims& shape, std::int64_t channels) {
    return add("Reshape", {x, constant("shape", {static_cast<std::int64_t>(shape.size())}, shape)}, channels);
  }
  std::string transpose(const std::string& x, Dims order, std::int64_t channels) {
    std::string y = add("Transpose", {x}, channels);
    last().lists = {{"perm", std::move(order)}};
    return y;
  }
  std::string normalize(const std::string& x, std::int64_t channels) {
    std::string y =
        add("LayerNormalization", {x, constant("scale", {channels}), constant("bias", {channels})}, channels);
    last().numbers = {{"axis", -1}};
    return y;
  }

 private:
  Size size_;
  std::int64_t widest_ = 1;
  Sample sample_;
};

Sample chain(Size size) {
  const std::int64_t channels = size.channels ? size.channels : 64;
  Maker make(size, {1, channels, kSide, kSide});
  std::string x = "x";
  while (make.wants_more(100)) x = make.conv_relu(x, channels, channels, 3);
  return make.take();
}

Sample perceptron(Size size) {
  const std::int64_t channels = size.channels ? size.channels : 2048, rows = 16;
  Maker make(size, {rows, channels});
  std::string x = "x";
  while (make.wants_more(12)) x = make.relu(make.linear(x, channels, channels));
  return make.take();
}

// With `whole` on the pictures that the original takes, which get smaller on their way.
Sample resnet_of(Size size, bool whole) {
  const std::int64_t side = whole ? 224 : kSide, half = whole ? 2 : 1;
  Maker make(size, {1, 3, side, side});
  make.widest(2048);
  struct Stage {
    std::int64_t inner, outer;
    int blocks;
  };
  constexpr std::array<Stage, 4> kStages = {Stage{64, 256, 3}, {128, 512, 4}, {256, 1024, 6}, {512, 2048, 3}};
  std::int64_t channels = make.width(64);
  std::string x = make.conv_relu("x", 3, channels, 7, 1, half);
  if (whole) x = make.pool(x);
  do {
    for (const Stage& stage : kStages) {
      const std::int64_t inner = make.width(stage.inner), outer = make.width(stage.outer);
      for (int block = 0; block < stage.blocks; ++block) {
        const std::int64_t stride = block == 0 && stage.inner > 64 ? half : 1;
        std::string y = make.conv_relu(x, channels, inner, 1);
        y = make.conv(make.conv_relu(y, inner, inner, 3, 1, stride), inner, outer, 1);
        if (block == 0) x = make.conv(x, channels, outer, 1, 1, stride);
        channels = outer;
        x = make.relu(make.add("Add", {y, x}, outer));
      }
    }
  } while (make.wants_more(0));
  if (whole) x = make.add("GlobalAveragePool", {x}, channels);
  make.conv(x, channels, make.width(1000), 1);
  return make.take();
}
Sample resnet(Size size) { return resnet_of(size, false); }
Sample resnet50(Size size) { return resnet_of(size, true); }

Sample densenet(Size size) {
  Maker make(size, {1, 3, kSide, kSide});
  make.widest(1024);
  constexpr std::array<int, 4> kBlocks = {6, 12, 24, 16};
  std::int64_t channels = make.width(64);
  const std::int64_t growth = make.width(32);
  std::string x = make.conv_relu("x", 3, channels, 7);
  do {
    for (const int layers : kBlocks) {
      for (int i = 0; i < layers; ++i) {
        const std::string y = make.conv_relu(x, channels, 4 * growth, 1);
        const std::string z = make.conv_relu(y, 4 * growth, growth, 3);
        channels += growth;
        x = make.add("Concat", {x, z}, channels);
        make.last().numbers = {{"axis", 1}};
      }
      x = make.conv_relu(x, channels, channels / 2, 1);
      channels /= 2;
    }
  } while (make.wants_more(0));
  make.conv(x, channels, make.width(1000), 1);
  return make.take();
}

Sample mobilenet(Size size) {
  Maker make(size, {1, 3, kSide, kSide});
  make.widest(1280);
  struct Stage {
    std::int64_t expand, out;
    int blocks;
  };
  constexpr std::array<Stage, 7> kStages = {Stage{1, 16, 1}, {6, 24, 2},  {6, 32, 3}, {6, 64, 4},
                                            {6, 96, 3},      {6, 160, 3}, {6, 320, 1}};
  std::int64_t channels = make.width(32);
  std::string x = make.conv_relu("x", 3, channels, 3);
  do {
    for (const Stage& stage : kStages) {
      const std::int64_t out = make.width(stage.out);
      for (int block = 0; block < stage.blocks; ++block) {
        const std::int64_t wide = channels * stage.expand;
        std::string y = stage.expand == 1 ? x : make.conv_relu(x, channels, wide, 1);
        y = make.conv(make.conv_relu(y, wide, wide, 3, wide), wide, out, 1);
        x = channels == out && block > 0 ? make.add("Add", {x, y}, out) : y;
        channels = out;
      }
    }
  } while (make.wants_more(0));
  x = make.conv_relu(x, channels, make.width(1280), 1);
  make.conv(x, make.width(1280), make.width(1000), 1);
  return make.take();
}

Sample transformer(Size size) {
  const std::int64_t channels = size.channels ? std::max<std::int64_t>(8, size.channels / 8 * 8) : 768, heads = 8,
                     steps = 16;
  Maker make(size, {1, steps, channels});
  std::string x = "x";
  do {
    const std::string in = make.normalize(x, channels);
    const Dims split = {1, steps, heads, channels / heads};
    const auto part = [&](const Dims& order) {
      return make.transpose(make.reshape(make.linear(in, channels, channels), split, channels), order, channels);
    };
    const std::string query = part({0, 2, 1, 3}), key = part({0, 2, 3, 1}), value = part({0, 2, 1, 3});
    const std::string weights = make.add("Softmax", {make.add("MatMul", {query, key}, steps)}, steps);
    make.last().numbers = {{"axis", -1}};
    std::string y = make.transpose(make.add("MatMul", {weights, value}, channels), {0, 2, 1, 3}, channels);
    y = make.linear(make.reshape(y, {1, steps, channels}, channels), channels, channels);
    x = make.add("Add", {x, y}, channels);
    y = make.relu(make.linear(make.normalize(x, channels), channels, 4 * channels));
    x = make.add("Add", {x, make.linear(y, 4 * channels, channels)}, channels);
  } while (make.wants_more(std::int64_t{12} * 28));
  return make.take();
}

}  // namespace

std::optional<Sample> make_sample(std::string_view kind, Size size) {
  struct SampleRow {
    std::string_view kind;
    Sample (*make)(Size);
  };
  constexpr std::array kRows = {SampleRow{"chain", chain},
                                SampleRow{"perceptron", perceptron},
                                SampleRow{"resnet", resnet},
                                SampleRow{"resnet50", resnet50},
                                SampleRow{"densenet", densenet},
                                SampleRow{"mobilenet", mobilenet},
                                SampleRow{"transformer", transformer}};
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const SampleRow& each) { return each.kind == kind; });
  if (row == kRows.end()) return std::nullopt;
  return row->make(size);
}

}  // namespace rw::bench
