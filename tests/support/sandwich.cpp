#include "tests/support/sandwich.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "graph/operators/form.hpp"

namespace rw::test {
namespace {

using graph::DType;

const LayerOptions kUneven{.spread = 3};
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What stands between the layers, in the making.
class Filling {
 public:
  Filling(Net& fresh_net, std::string type, std::uint64_t seed)
      : net(fresh_net), random(seed), type_(std::move(type)) {}

  Net& net;
  Random random;
  std::string what;

  // --- 'a'

  void picture() { begin(net.conv("a", net.input("x", {2, 3, 6, 6}), 4, kUneven), 1); }
  void tokens() { begin(net.matmul("a", net.input("x", {2, 5, 6}), 8, kUneven), 2); }
  void rows(std::int64_t channels = 4) { begin(net.gemm("a", net.input("x", {3, 6}), channels, kUneven), 1); }
  void channels_last() {
    begin(net.conv("a", net.input("x", {2, 3, 6, 6}), 4, kUneven), 1);
    a_ = net.op("Transpose", "moved", {a_}, {{"perm", {0, 2, 3, 1}}});
    channel_ = 3;
  }
  void any() {
    switch (random.between(0, 3)) {
      case 0:
        return tokens();
      case 1:
        return rows();
      case 2:
        return channels_last();
      default:
        return picture();
    }
  }
  const std::string& a() const { return a_; }
  const Dims& shape() const { return net.shape(a_); }
  std::int64_t rank() const { return static_cast<std::int64_t>(shape().size()); }
  std::int64_t dim(std::int64_t axis) const { return shape()[static_cast<std::size_t>(axis)]; }
  // An axis, counted from either end.
  std::int64_t axis() { return signed_axis(random.between(0, rank() - 1)); }
  std::int64_t signed_axis(std::int64_t axis) { return random.chance(0.3) ? axis - rank() : axis; }

  // --- other inputs

  std::string numbers(const Dims& dims, double low = 0.5, double high = 4) {
    std::vector<float> values(count(dims));
    for (float& value : values) value = static_cast<float>(random.uniform(low, high));
    return net.constant(fresh("k"), Array(dims, std::move(values)));
  }
  std::string floats(const std::vector<float>& values) {
    return net.constant(fresh("k"), float_array({static_cast<std::int64_t>(values.size())}, values));
  }
  std::string scalar(float value) { return net.constant(fresh("k"), float_array({}, {value})); }
  std::string ints(const Dims& values) { return net.ints(fresh("i"), values); }
  // Whole numbers: of a type that takes them as they are, or of another one behind a Cast.
  std::string indices(Dims dims, std::vector<std::int64_t> values) {
    const bool negative = std::any_of(values.begin(), values.end(), [](auto each) { return each < 0; });
    const bool direct = random.chance(0.6);
    const DType type = random.pick(direct     ? std::vector{DType::int64, DType::int32}
                                   : negative ? std::vector{DType::int8, DType::int16, DType::int32}
                                              : std::vector{DType::uint8, DType::uint16, DType::uint32});
    const std::string stored = net.constant(fresh("i"), Array(std::move(dims), std::move(values)), type);
    return direct ? stored : net.op("Cast", fresh("c"), {stored}, {{"to", 7}});
  }
  // The same as an int64 vector that is a constant, mostly, or decided by the run.
  std::string list(const Dims& values, double computed = 0.1) {
    if (!random.chance(computed)) return ints(values);
    std::vector<std::int64_t> zeros(values.size(), 0);
    const std::string at = net.input(fresh("z"), {static_cast<std::int64_t>(values.size())});
    const std::string zero = net.op("Mul", fresh("m"), {at, scalar(0)});
    return net.op("Add", fresh("s"), {net.op("Cast", fresh("c"), {zero}, {{"to", 7}}), ints(values)});
  }
  // Another layer that makes what `a` has.
  std::string layer(std::int64_t channels = 0) {
    const std::string name = fresh("b");
    if (channels == 0) channels = dim(channel_);
    if (rank() == 2) return net.gemm(name, "x", channels, kUneven);
    if (rank() == 3) return net.matmul(name, "x", channels, kUneven);
    const std::string made = net.conv(name, "x", channels, kUneven);
    return channel_ == 1 ? made : net.op("Transpose", fresh("t"), {made}, {{"perm", {0, 2, 3, 1}}});
  }
  // What no rule can scale, of this shape.
  std::string pinned(const Dims& dims) {
    const std::string in = net.input(fresh("y"), dims);
    return random.chance(0.5) ? in : net.op("Sigmoid", fresh("g"), {in});
  }
  Dims per_channel() {
    Dims dims(static_cast<std::size_t>(rank()), 1);
    dims[static_cast<std::size_t>(channel_)] = dim(channel_);
    if (random.chance(0.5)) dims.erase(dims.begin(), dims.begin() + channel_);
    return dims;
  }
  // A shape that `a` is broadcast with.
  Dims broadcast_dims() {
    switch (random.between(0, 4)) {
      case 0:
        return {};
      case 1:
        return shape();
      case 2:
        return per_channel();
      case 3: {
        Dims dims(static_cast<std::size_t>(rank()), 1);
        const auto at = static_cast<std::size_t>(random.between(0, rank() - 1));
        dims[at] = shape()[at];
        return dims;
      }
      default: {
        Dims dims = shape();
        dims[static_cast<std::size_t>(random.between(0, rank() - 1))] = 1;
        return dims;
      }
    }
  }
  std::string operand() {
    switch (random.between(0, 7)) {
      case 0:
        return a_;
      case 1:
        return layer();
      case 2:
        return layer(1);
      case 3:
        return pinned(shape());
      case 4:
        return net.op("Tanh", fresh("h"), {layer()});
      case 5:
        return net.op("ReduceMax", fresh("r"), {layer()}, {{"axes", {rank() - 1}}});
      default:
        return numbers(broadcast_dims(), -2, 3);
    }
  }

  // --- the operator, and what is behind it

  std::vector<std::string> make(const std::vector<std::string>& inputs, const NetAttributes& attributes = {},
                                std::size_t outputs = 1) {
    what = fmt::format("{}({})", type_, fmt::join(inputs, ", "));
    for (const NetAttribute& each : attributes) what += " " + text_of(each);
    for (const std::string& input : inputs)
      if (!input.empty()) what += fmt::format("; {} {}", input, to_string(net.shape(input)));
    if (outputs == 1) return {net.op(type_, "f", inputs, attributes)};
    return net.ops(type_, "f", outputs, inputs, attributes);
  }
  void fill(const std::vector<std::string>& inputs, const NetAttributes& attributes = {}, std::size_t outputs = 1) {
    for (const std::string& each : make(inputs, attributes, outputs)) end(each);
  }
  void end(const std::string& tensor) {
    const Dims& dims = net.shape(tensor);
    const std::string name = fresh("last");
    if (!net.value(tensor).is_float() || dims.size() < 2 || std::count(dims.begin(), dims.end(), 0) != 0)
      return net.output(tensor);
    const bool last = channel_ + 1 == rank() && random.chance(0.8);
    net.output(dims.size() == 4 && !last ? net.conv(name, tensor, 2, {.kernel = 1})
               : dims.size() == 2        ? net.gemm(name, tensor, 2)
                                         : net.matmul(name, tensor, 2));
  }
  std::int64_t channel_axis() const { return channel_; }

 private:
  void begin(const std::string& made, std::int64_t channel) {
    a_ = made;
    channel_ = channel;
  }
  std::string fresh(const char* stem) { return fmt::format("{}{}", stem, ++made_); }
  static std::string text_of(const NetAttribute& each) {
    return std::visit(
        [&]<typename T>(const T& held) {
          if constexpr (std::is_same_v<T, Constant>)
            return each.name;
          else if constexpr (std::is_same_v<T, Dims> || std::is_same_v<T, std::vector<double>>)
            return fmt::format("{} = [{}]", each.name, fmt::join(held, ", "));
          else
            return fmt::format("{} = {}", each.name, held);
        },
        each.value);
  }

  std::string type_, a_;
  std::int64_t channel_ = 1;
  int made_ = 0;
};

using Fill = void (*)(Filling&);

// --- element by element

void unary(Filling& f) {
  f.any();
  f.fill({f.a()});
}

void with_alpha(Filling& f) {
  f.any();
  f.fill({f.a()}, {{"alpha", f.random.uniform(-1, 2)}});
}

void prelu(Filling& f) {
  f.any();
  switch (f.random.between(0, 3)) {
    case 0:
      return f.fill({f.a(), f.numbers({1})});
    case 1:
      return f.fill({f.a(), f.numbers(f.per_channel(), -1, 1)});
    case 2:
      return f.fill({f.a(), f.pinned(f.per_channel())});
    default:
      return f.fill({f.a(), f.operand()});
  }
}

void clip(Filling& f) {
  f.any();
  const auto bound = [&](const std::vector<float>& values) -> std::string {
    if (f.random.chance(0.3)) return "";
    return f.random.chance(0.1) ? f.net.op("Tanh", "bound" + std::to_string(values.size()), {f.scalar(values[0])})
                                : f.scalar(f.random.pick(values));
  };
  const std::string low = bound({0, 0, -1});
  f.fill({f.a(), low, bound({6, kInfinity, 3.4028235e38F, 2})});
}

void dropout(Filling& f) {
  f.any();
  const bool says = f.random.chance(0.5);
  f.fill(says ? std::vector<std::string>{f.a(), f.scalar(0.25F)} : std::vector<std::string>{f.a()});
}

void cast(Filling& f) {
  f.any();
  f.fill({f.a()}, {{"to", 1}});
}

void binary(Filling& f) {
  f.any();
  const std::string other = f.operand();
  f.random.chance(0.5) ? f.fill({f.a(), other}) : f.fill({other, f.a()});
}

// Products meet constants more often, and gates.
void product(Filling& f) {
  f.any();
  const std::string other = f.random.chance(0.5)   ? f.numbers(f.broadcast_dims())
                            : f.random.chance(0.5) ? f.pinned(f.broadcast_dims())
                                                   : f.operand();
  f.random.chance(0.7) ? f.fill({f.a(), other}) : f.fill({other, f.a()});
}

void power(Filling& f) {
  f.any();
  f.fill({f.a(), f.scalar(f.random.pick(std::vector<float>{1, 2, 3}))});
}

void several(Filling& f) {
  f.any();
  std::vector<std::string> inputs = {f.a()};
  for (auto more = f.random.between(0, 2); more-- > 0;) inputs.push_back(f.operand());
  std::swap(inputs.front(), inputs[static_cast<std::size_t>(f.random.between(0, std::ssize(inputs) - 1))]);
  f.fill(inputs);
}

// Constants that hold infinity: a mask that is added, a bound that is none.
std::string masked(Filling& f, float infinity) {
  const Dims dims = f.broadcast_dims();
  std::vector<float> values(count(dims));
  for (float& value : values) value = f.random.chance(0.4) ? infinity : static_cast<float>(f.random.uniform(-1, 1));
  return f.net.constant("mask", Array(dims, std::move(values)));
}

void add(Filling& f) {
  if (f.random.chance(0.8)) return binary(f);
  f.any();
  // Behind it the mask is cut off, so that what comes out is finite.
  const std::string sum = f.make({f.a(), masked(f, -kInfinity)})[0];
  f.end(f.net.op("Max", "cut", {sum, f.layer()}));
}

void largest(Filling& f) {
  if (f.random.chance(0.7)) return several(f);
  f.any();
  f.fill({f.a(), masked(f, -kInfinity)});
}

void smallest(Filling& f) {
  if (f.random.chance(0.7)) return several(f);
  f.any();
  f.fill({f.a(), masked(f, kInfinity)});
}

void where(Filling& f) {
  f.any();
  const std::string chooses =
      f.random.chance(0.5)
          ? f.net.op("Greater", "chooses", {f.net.input("y", f.shape()), f.scalar(0)})
          : f.net.constant(
                "chooses",
                int_array(f.per_channel(), std::vector<std::int64_t>(static_cast<std::size_t>(f.dim(f.channel_axis())),
                                                                     f.random.between(0, 1))),
                DType::boolean);
  std::string other = f.operand();
  if (f.random.chance(0.2)) {
    // A branch of infinities, which the maximum behind it cuts off.
    const std::string all = f.net.constant("none", float_array({1}, {-kInfinity}));
    const std::string chosen = f.make({chooses, f.a(), all})[0];
    return f.end(f.net.op("Max", "cut", {chosen, f.layer()}));
  }
  f.random.chance(0.5) ? f.fill({chooses, f.a(), other}) : f.fill({chooses, other, f.a()});
}

// --- windows and reductions

NetAttributes window(Filling& f) {
  NetAttributes all = {{"kernel_shape", Dims{f.random.between(1, 3), f.random.between(1, 3)}}};
  if (f.random.chance(0.5)) all.push_back({"strides", Dims{f.random.between(1, 2), f.random.between(1, 2)}});
  if (f.random.chance(0.3) && std::get<Dims>(all[0].value) != Dims{1, 1}) all.push_back({"pads", Dims{0, 0, 1, 0}});
  if (f.random.chance(0.2)) all.push_back({"ceil_mode", 1});
  return all;
}

void average_pool(Filling& f) {
  f.picture();
  NetAttributes all = window(f);
  if (f.random.chance(0.5)) all.push_back({"count_include_pad", 1});
  f.fill({f.a()}, all);
}

void lp_pool(Filling& f) {
  f.picture();
  NetAttributes all = window(f);
  std::erase_if(all, [](const NetAttribute& each) { return each.name == "ceil_mode"; });
  if (f.random.chance(0.7)) all.push_back({"p", f.random.between(1, 4)});
  f.fill({f.a()}, all);
}

void max_pool(Filling& f) {
  f.random.chance(0.9) ? f.picture() : f.channels_last();
  f.fill({f.a()}, window(f));
}

void global_pool(Filling& f) {
  f.random.chance(0.9) ? f.picture() : f.channels_last();
  f.fill({f.a()});
}

void global_lp_pool(Filling& f) {
  f.picture();
  f.fill({f.a()}, {{"p", f.random.between(1, 4)}});
}

// Indices of a MaxPool of the same picture, of another layer, of one that lies otherwise, or of the network's choosing.
void max_unpool(Filling& f) {
  f.picture();
  const NetAttributes halves = {{"kernel_shape", {2, 2}}, {"strides", {2, 2}}};
  const auto pooled = f.net.ops("MaxPool", "p", 2, {f.random.chance(0.5) ? f.a() : f.layer()}, halves);
  std::string value = f.net.op("MaxPool", "v", {f.a()}, halves), where = pooled[1];
  std::vector<std::string> inputs = {value, where};
  switch (f.random.between(0, 4)) {
    case 0:
      inputs.push_back(f.ints({2, 4, 6, 6}));
      break;
    case 1:
      inputs.push_back(f.ints({2, 4, 6, 7}));  // larger pictures: places shift, and channels with them
      break;
    case 2: {
      const auto reversed = f.net.op("Slice", "turned", {where, f.ints({-1}), f.ints({-5}), f.ints({1}), f.ints({-1})});
      inputs[1] = reversed;
      break;
    }
    case 3: {
      std::vector<std::int64_t> places(2 * 4 * 3 * 3);
      for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::int64_t>((i * 37 + 5) % 288);
      inputs[1] = f.net.constant("places", int_array({2, 4, 3, 3}, places), DType::int64);
      break;
    }
    default:
      break;
  }
  f.fill(inputs, halves);
}

void reduce(Filling& f) {
  f.any();
  NetAttributes all;
  if (f.random.chance(0.8)) {
    Dims axes = {f.axis()};
    if (f.rank() > 2 && f.random.chance(0.4)) axes = {f.rank() - 2, f.rank() - 1};
    all.push_back({"axes", axes});
  }
  if (f.random.chance(0.4)) all.push_back({"keepdims", 0});
  f.fill({f.a()}, all);
}

void reduce_sum(Filling& f) {  // its axes are an input
  f.any();
  NetAttributes all;
  if (f.random.chance(0.4)) all.push_back({"keepdims", 0});
  if (f.random.chance(0.3)) all.push_back({"noop_with_empty_axes", 1});
  std::vector<std::string> inputs = {f.a()};
  if (f.random.chance(0.8)) inputs.push_back(f.list({f.axis()}));
  f.fill(inputs, all);
}

// --- sampling

void pad(Filling& f) {
  f.any();
  Dims pads(static_cast<std::size_t>(2 * f.rank()), 0);
  for (auto times = f.random.between(1, 3); times-- > 0;)
    pads[static_cast<std::size_t>(f.random.between(0, 2 * f.rank() - 1))] = f.random.between(-1, 1);
  const std::string mode = f.random.pick(std::vector<std::string>{"constant", "reflect", "edge"});
  std::vector<std::string> inputs = {f.a(), f.list(pads)};
  if (mode == "constant" && f.random.chance(0.5))
    inputs.push_back(f.random.chance(0.7) ? f.scalar(f.random.pick(std::vector<float>{0, 1, kInfinity}))
                                          : f.net.input("v", {}));
  f.fill(inputs, {{"mode", mode}});
}

void resize(Filling& f) {
  f.random.chance(0.8) ? f.picture() : f.channels_last();
  const std::string mode = f.random.pick(std::vector<std::string>{"nearest", "linear"});
  NetAttributes all = {{"mode", mode}};
  if (f.random.chance(0.5)) all.push_back({"coordinate_transformation_mode", "asymmetric"});
  std::vector<float> by(4, 1);
  by[2] = f.random.pick(std::vector<float>{1, 2, 0.5F});
  if (f.random.chance(0.2)) by[static_cast<std::size_t>(f.channel_axis())] = f.random.pick(std::vector<float>{1.2F, 2});
  if (f.random.chance(0.5)) return f.fill({f.a(), "", f.floats(by)}, all);
  Dims sizes = f.shape();
  sizes[2] = 9;
  f.fill({f.a(), "", "", f.list(sizes)}, all);
}

void grid_sample(Filling& f) {
  f.picture();
  if (f.random.chance(0.6)) return f.fill({f.a(), f.pinned({2, 3, 4, 2})});
  const auto two = f.net.conv("places", "x", 2, kUneven);
  f.fill({f.a(), f.net.op("Transpose", "grid", {two}, {{"perm", {0, 2, 3, 1}}})});
}

void roi_align(Filling& f) {
  f.picture();
  const auto rois = f.net.constant("rois", float_array({2, 4}, {0, 0, 4, 4, 1, 1, 5, 3}));
  f.fill({f.a(), rois, f.ints({1, 0})},
         {{"output_height", 2}, {"output_width", f.random.between(1, 3)}, {"sampling_ratio", 2}});
}

// --- along one axis

void cum_sum(Filling& f) {
  f.any();
  const auto at = f.indices({}, {f.axis()});
  f.fill({f.a(), at}, {{"reverse", f.random.between(0, 1)}, {"exclusive", f.random.between(0, 1)}});
}

void top_k(Filling& f) {
  f.any();
  const std::int64_t axis = f.axis();
  f.fill({f.a(), f.list({2})}, {{"axis", axis}, {"largest", f.random.between(0, 1)}}, 2);
}

void trilu(Filling& f) {
  f.any();
  if (f.random.chance(0.5)) return f.fill({f.a()}, {{"upper", f.random.between(0, 1)}});
  f.fill({f.a(), f.net.constant("by", int_array({}, {f.random.between(-1, 1)}), DType::int64)},
         {{"upper", f.random.between(0, 1)}});
}

void gather_elements(Filling& f) {
  f.any();
  const std::int64_t axis = f.random.between(0, f.rank() - 1);
  Dims dims = f.shape();
  dims[static_cast<std::size_t>(axis)] = 2;
  std::vector<std::int64_t> at(count(dims));
  const std::int64_t least = f.random.chance(0.3) ? -f.dim(axis) : 0;
  for (std::int64_t& each : at) each = f.random.between(least, f.dim(axis) - 1);
  f.fill({f.a(), f.indices(dims, at)}, {{"axis", f.signed_axis(axis)}});
}

void reverse_sequence(Filling& f) {
  f.any();
  const std::int64_t time = f.random.chance(0.5) ? 0 : 1, batch = 1 - time;
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(f.dim(batch)));
  for (std::int64_t& each : lengths) each = f.random.between(1, f.dim(time));
  f.fill({f.a(), f.ints(lengths)}, {{"time_axis", time}, {"batch_axis", batch}});
}

void gather(Filling& f) {
  const bool wide = f.random.chance(0.3);  // more channels than int8 can count
  wide ? f.rows(140) : f.any();
  const std::int64_t axis = wide ? 1 : f.random.between(0, f.rank() - 1);
  Dims dims = f.random.pick(std::vector<Dims>{{}, {3}, {2, 2}});
  std::vector<std::int64_t> at(count(dims));
  const std::int64_t least = f.random.chance(0.3) ? -f.dim(axis) : 0;
  for (std::int64_t& each : at) each = f.random.between(wide && least == 0 ? 128 : least, f.dim(axis) - 1);
  if (f.random.chance(0.15)) return f.fill({f.a(), f.net.input("which", dims, DType::int64)}, {{"axis", axis}});
  f.fill({f.a(), f.indices(dims, at)}, {{"axis", f.signed_axis(axis)}});
}

void concat(Filling& f) {
  f.any();
  const std::int64_t axis = f.random.between(0, f.rank() - 1);
  std::vector<std::string> inputs;
  for (auto more = f.random.between(1, 2); more-- > 0;) {
    Dims dims = f.shape();
    if (f.random.chance(0.5)) dims[static_cast<std::size_t>(axis)] = f.random.between(1, 3);
    switch (f.random.between(0, 3)) {
      case 0:
        inputs.push_back(f.a());
        break;
      case 1:
        inputs.push_back(f.layer(axis == f.channel_axis() ? 3 : 0));
        break;
      case 2:
        inputs.push_back(f.pinned(dims));
        break;
      default:
        inputs.push_back(f.numbers(dims));
    }
  }
  inputs.insert(inputs.begin() + static_cast<std::ptrdiff_t>(f.random.between(0, std::ssize(inputs))), f.a());
  f.fill(inputs, {{"axis", f.signed_axis(axis)}});
}

void split(Filling& f) {
  f.any();
  const std::int64_t axis = f.random.between(0, f.rank() - 1);
  if (f.dim(axis) % 2 == 0 && f.random.chance(0.5)) return f.fill({f.a()}, {{"axis", f.signed_axis(axis)}}, 2);
  f.fill({f.a(), f.list({1, f.dim(axis) - 1})}, {{"axis", f.signed_axis(axis)}}, 2);
}

void slice(Filling& f) {
  f.any();
  const std::int64_t axis = f.axis();
  const bool back = f.random.chance(0.3);
  const std::int64_t step = f.random.between(1, 2);
  const std::string from = f.list({back ? -1 : f.random.between(-3, 1)}), to = f.list({back ? -100 : 100});
  f.fill({f.a(), from, to, f.ints({axis}), f.ints({back ? -step : step})});
}

// --- views

void reshape(Filling& f) {
  f.any();
  const Dims& d = f.shape();
  std::vector<Dims> all = {{0, -1}, {-1}, {1, -1, d.back()}, {-1, 2, d.back()}, {d[0], -1, 2}};
  if (f.rank() == 4) {
    all.push_back({d[0], d[1], -1});
    all.push_back({d[0], 2, d[1] / 2, d[2], d[3]});
    all.push_back({d[0], d[1], d[3], d[2]});
    all.push_back({-1, 0, 3, 12});
  }
  Dims to = f.random.pick(all);
  f.fill({f.a(), f.list(to)});
}

void flatten(Filling& f) {
  f.any();
  f.fill({f.a()}, {{"axis", f.random.between(-f.rank(), f.rank())}});
}

void squeeze(Filling& f) {
  f.picture();
  const auto pooled = f.net.op("GlobalMaxPool", "pooled", {f.a()});
  switch (f.random.between(0, 2)) {
    case 0:
      return f.fill({pooled});
    case 1:
      return f.fill({pooled, f.list({2, 3})});
    default:
      return f.fill({pooled, f.list({-1})});
  }
}

void unsqueeze(Filling& f) {
  f.any();
  f.fill({f.a(), f.list({f.random.between(-f.rank() - 1, f.rank())})});
}

void transpose(Filling& f) {
  f.any();
  if (f.random.chance(0.2)) return f.fill({f.a()});
  Dims perm(static_cast<std::size_t>(f.rank()));
  for (std::size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<std::int64_t>(i);
  for (std::size_t i = perm.size() - 1; i > 0; --i)
    std::swap(perm[i], perm[static_cast<std::size_t>(f.random.between(0, static_cast<std::int64_t>(i)))]);
  f.fill({f.a()}, {{"perm", perm}});
}

void depth_to_space(Filling& f) {
  f.picture();
  f.fill({f.a()}, {{"blocksize", 2}, {"mode", f.random.chance(0.5) ? "DCR" : "CRD"}});
}

void space_to_depth(Filling& f) {
  f.picture();
  f.fill({f.a()}, {{"blocksize", f.random.between(2, 3)}});
}

void expand(Filling& f) {
  if (f.random.chance(0.5)) {
    f.picture();
    const auto pooled = f.net.op("GlobalMaxPool", "pooled", {f.a()});
    return f.fill({pooled, f.list({2, 1, 3, f.random.between(1, 4)})});
  }
  f.any();
  Dims to = f.shape();
  if (f.random.chance(0.3)) to.insert(to.begin(), 2);
  f.fill({f.a(), f.list(to)});
}

void tile(Filling& f) {
  f.any();
  Dims times(static_cast<std::size_t>(f.rank()), 1);
  times[static_cast<std::size_t>(f.random.between(0, f.rank() - 1))] = f.random.between(1, 3);
  const Dims dims = {f.rank()};
  const std::string by = f.indices(dims, times);
  f.fill({f.a(), f.net.op("Cast", "by", {by}, {{"to", 7}})});
}

// --- layers and normalizations

NetAttributes convolution(Filling& f) {
  NetAttributes all;
  if (f.random.chance(0.5)) all.push_back({"pads", Dims{1, 0, 1, 1}});
  if (f.random.chance(0.5)) all.push_back({"strides", Dims{f.random.between(1, 2), 1}});
  if (f.random.chance(0.3)) all.push_back({"dilations", Dims{1, 2}});
  return all;
}

void conv(Filling& f) {
  f.picture();
  NetAttributes all = convolution(f);
  const std::int64_t group = f.random.pick(std::vector<std::int64_t>{1, 2, 4});
  if (group > 1) all.push_back({"group", group});
  const Dims dims = {4, 4 / group, 2, 3};
  std::vector<std::string> inputs = {f.a(), f.random.chance(0.9) ? f.numbers(dims, -2, 2) : f.pinned(dims)};
  if (f.random.chance(0.5)) inputs.push_back(f.random.chance(0.9) ? f.numbers({4}, -2, 2) : f.pinned({4}));
  f.fill(inputs, all);
}

void fused_conv(Filling& f) {
  f.picture();
  std::vector<std::string> inputs = {f.a(), f.numbers({4, 4, 1, 1}, -2, 2)};
  if (f.random.chance(0.5)) inputs.push_back(f.numbers({4}, -2, 2));
  NetAttributes all = {{"kernel_shape", {1, 1}}};
  if (f.random.chance(0.7)) all.push_back({"activation", f.random.pick(std::vector<std::string>{"Relu", "Sigmoid"})});
  f.fill(inputs, all);
}

void conv_transpose(Filling& f) {
  f.picture();
  const std::int64_t group = f.random.pick(std::vector<std::int64_t>{1, 2});
  NetAttributes all = {{"group", group}};
  if (f.random.chance(0.5)) all.push_back({"strides", {2, 2}});
  if (f.random.chance(0.3)) all.push_back({"pads", {1, 0, 1, 0}});
  std::vector<std::string> inputs = {f.a(), f.numbers({4, 3, 2, 2}, -2, 2)};
  if (f.random.chance(0.5)) inputs.push_back(f.numbers({3 * group}, -2, 2));
  f.fill(inputs, all);
}

void gemm(Filling& f) {
  f.rows();
  NetAttributes all;
  const bool turned = f.random.chance(0.5);
  if (turned) all.push_back({"transB", 1});
  if (f.random.chance(0.3)) all.push_back({"alpha", 0.5});
  if (f.random.chance(0.3)) all.push_back({"beta", 2.0});
  const bool first = f.random.chance(0.2);
  if (first) all.push_back({"transA", 1});
  const std::int64_t in = first ? 3 : 4;
  std::vector<std::string> inputs = {f.a(), f.numbers(turned ? Dims{5, in} : Dims{in, 5}, -2, 2)};
  const std::int64_t rows = first ? 4 : 3;
  if (f.random.chance(0.6))
    inputs.push_back(f.numbers(f.random.pick(std::vector<Dims>{{5}, {1, 5}, {rows, 5}, {rows, 1}, {1}}), -2, 2));
  f.fill(inputs, all);
}

void matmul(Filling& f) {
  f.any();
  const std::int64_t last = f.shape().back(), before = f.dim(f.rank() - 2);
  switch (f.random.between(0, 4)) {
    case 0:
      return f.fill({f.a(), f.numbers({last, 3}, -2, 2)});
    case 1:
      return f.fill({f.numbers({3, before}, -2, 2), f.a()});
    case 2:
      return f.fill({f.a(), f.pinned({last, 3})});
    case 3:
      return f.fill({f.pinned({3, before}), f.a()});
    default: {
      Dims batched = f.shape();
      batched[batched.size() - 2] = last;
      batched.back() = 3;
      return f.fill({f.a(), f.numbers(batched, -2, 2)});
    }
  }
}

void batch_normalization(Filling& f) {
  f.random.chance(0.8) ? f.picture() : f.rows();
  f.fill({f.a(), f.numbers({4}), f.numbers({4}, -2, 2), f.random.chance(0.9) ? f.numbers({4}, -2, 2) : f.pinned({4}),
          f.numbers({4})});
}

void per_channel_normalization(Filling& f) {
  f.picture();
  f.fill({f.a(), f.numbers({4}), f.numbers({4}, -2, 2)});
}

void group_normalization(Filling& f) {
  f.picture();
  f.fill({f.a(), f.numbers({2}), f.numbers({2}, -2, 2)}, {{"num_groups", 2}});
}

void last_normalization(Filling& f) {
  f.any();
  const std::int64_t axis = f.random.between(1, f.rank() - 1);
  const Dims dims(f.shape().begin() + axis, f.shape().end());
  std::vector<std::string> inputs = {f.a(), f.numbers(dims)};
  if (f.random.chance(0.5)) inputs.push_back(f.numbers(dims, -2, 2));
  f.fill(inputs, {{"axis", f.signed_axis(axis)}});
}

void rms_normalization(Filling& f) {
  f.any();
  f.fill({f.a(), f.numbers({f.shape().back()})}, {{"axis", -1}});
}

// --- what reads no values

void shape(Filling& f) {
  f.any();
  f.end(f.net.op("Reshape", "g", {f.layer(), f.make({f.a()})[0]}));
  f.end(f.a());
}

void constant_of_shape(Filling& f) {
  f.any();
  const auto made =
      f.make({f.net.op("Shape", "s", {f.a()})}, {{"value", Constant{float_array({1}, {2}), DType::float32}}});
  f.end(f.net.op("Mul", "g", {f.a(), made[0]}));
}

const std::map<std::string, Fill>& fills() {
  static const std::map<std::string, Fill> all = {
      {"Relu", unary},
      {"Abs", unary},
      {"Neg", unary},
      {"Identity", unary},
      {"LeakyRelu", with_alpha},
      {"PRelu", prelu},
      {"Clip", clip},
      {"Dropout", dropout},
      {"Cast", cast},
      {"Sigmoid", unary},
      {"HardSigmoid", unary},
      {"HardSwish", unary},
      {"Tanh", unary},
      {"Erf", unary},
      {"Exp", unary},
      {"Softplus", unary},
      {"Softsign", unary},
      {"Mish", unary},
      {"Elu", with_alpha},
      {"Celu", unary},
      {"Selu", unary},
      {"ThresholdedRelu", with_alpha},
      {"Floor", unary},
      {"Round", unary},
      {"Sign", unary},
      {"Sin", unary},
      {"Softmax", unary},
      {"LogSoftmax", unary},
      {"Gelu", unary},
      {"Add", add},
      {"Sub", binary},
      {"Mul", product},
      {"Div", product},
      {"Sum", several},
      {"Mean", several},
      {"Max", largest},
      {"Min", smallest},
      {"Where", where},
      {"Pow", power},
      {"MaxPool", max_pool},
      {"AveragePool", average_pool},
      {"LpPool", lp_pool},
      {"GlobalMaxPool", global_pool},
      {"GlobalAveragePool", global_pool},
      {"GlobalLpPool", global_lp_pool},
      {"MaxUnpool", max_unpool},
      {"ReduceMean", reduce},
      {"ReduceMax", reduce},
      {"ReduceMin", reduce},
      {"ReduceL1", reduce},
      {"ReduceL2", reduce},
      {"ReduceSumSquare", reduce},
      {"ReduceSum", reduce_sum},
      {"Pad", pad},
      {"Resize", resize},
      {"GridSample", grid_sample},
      {"RoiAlign", roi_align},
      {"CumSum", cum_sum},
      {"TopK", top_k},
      {"Trilu", trilu},
      {"GatherElements", gather_elements},
      {"ReverseSequence", reverse_sequence},
      {"Gather", gather},
      {"Concat", concat},
      {"Split", split},
      {"Slice", slice},
      {"Reshape", reshape},
      {"Flatten", flatten},
      {"Squeeze", squeeze},
      {"Unsqueeze", unsqueeze},
      {"Transpose", transpose},
      {"DepthToSpace", depth_to_space},
      {"SpaceToDepth", space_to_depth},
      {"Expand", expand},
      {"Tile", tile},
      {"Conv", conv},
      {"com.microsoft::FusedConv", fused_conv},
      {"ConvTranspose", conv_transpose},
      {"Gemm", gemm},
      {"MatMul", matmul},
      {"BatchNormalization", batch_normalization},
      {"InstanceNormalization", per_channel_normalization},
      {"GroupNormalization", group_normalization},
      {"LayerNormalization", last_normalization},
      {"RMSNormalization", rms_normalization},
      {"Shape", shape},
      {"ConstantOfShape", constant_of_shape},
  };
  return all;
}

// An operator without a filling of its own that takes each element for itself is tried as Relu is.
Fill filling_of(const std::string& op) {
  const auto own = fills().find(op);
  return own == fills().end() ? unary : own->second;
}

bool is_finite(const Array& array) {
  const std::vector<float> values = array.to_floats();
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

const std::vector<std::string>& sandwich_operators() {
  static const std::vector<std::string> all = [] {
    std::set<std::string> names;
    for (const auto& [name, fill] : fills()) names.insert(name);
    for (const graph::Form& form : graph::forms())
      if (form.any_rank == graph::AnyRank::elementwise) names.insert(std::string(form.op));
    return std::vector<std::string>(names.begin(), names.end());
  }();
  return all;
}

std::optional<Sandwich> make_sandwich(const std::string& op, std::uint64_t seed) {
  static const std::map<std::string, std::int64_t> kNewer = {
      {"Gelu", 20}, {"GroupNormalization", 18}, {"Mish", 18}, {"RMSNormalization", 23}};
  const auto newer = kNewer.find(op);
  auto net = std::make_shared<Net>(seed, newer == kNewer.end() ? 17 : newer->second);
  std::uint64_t mixed = seed;
  for (const char c : op) mixed = mixed * 131 + static_cast<unsigned char>(c);
  Filling filling(*net, op, mixed);
  try {
    filling_of(op)(filling);
  } catch (const std::exception&) {  // the evaluator does not take it
    return std::nullopt;
  }
  for (const std::string& output : net->outputs())
    if (!is_finite(net->value(output))) return std::nullopt;  // no difference would show
  return Sandwich{filling.what, net};
}

}  // namespace rw::test
