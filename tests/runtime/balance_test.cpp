// The predicted noise and its minimum, judged by the definition: dense loops over the tensors of a small network, which
// know nothing of classes, tables or slopes.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "runtime/balance/balance.hpp"
#include "tests/runtime/applied.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"

using namespace rw::test;
using rw::graph::TensorId;
using rw::runtime::BalanceTarget;
using rw::runtime::Noise;
using rw::runtime::NoiseSlopes;
using rw::runtime::NoiseValue;

namespace {

constexpr double kHeadroom = 3e-6, kShare = 0.3;
using Row = std::vector<double>;
using Rows = std::map<std::string, Row>;  // by tensor, by channel

struct Values {
  Row high, low, m, v, p;
};

Values values_of(const NetRange& range, bool rectified) {
  Values all;
  for (std::size_t i = 0; i < range.max.size(); ++i) {
    const double min = range.min[i], max = range.max[i];
    const double mean = rectified ? max / 8 : (max + min) / 2;
    const double m = rectified ? max * max / 16 : (max - min) * (max - min) / 49 + mean * mean;
    all.high.push_back(std::max(max, 0.0));
    all.low.push_back(std::max(-min, 0.0));
    all.m.push_back(m);
    all.v.push_back(std::max(m - mean * mean, 1e-4 * m));
    all.p.push_back(rectified ? 0.5 : std::clamp(max / (max - min), 0.0, 1.0));
  }
  return all;
}

// W[o][c]: the elements over the kernel, 0 everywhere between channels of two groups.
struct Weight {
  std::vector<std::vector<Row>> w;
  double taps = 1;
};

std::int64_t group_of(const NetNode& node) {
  for (const NetAttribute& each : node.attributes)
    if (each.name == "group") return std::get<std::int64_t>(each.value);
  return 1;
}

Weight weight_of(const Net& net, const NetNode& node) {
  const Array& array = net.value(node.inputs[1]);
  const auto outs = static_cast<std::size_t>(array.dim(0)), ins = static_cast<std::size_t>(array.dim(1)),
             taps = array.count() / outs / ins, groups = static_cast<std::size_t>(group_of(node));
  Weight weight{std::vector<std::vector<Row>>(outs, std::vector<Row>(ins * groups, Row(taps, 0.0))),
                static_cast<double>(taps)};
  for (std::size_t o = 0; o < outs; ++o)
    for (std::size_t c = 0; c < ins; ++c)
      for (std::size_t k = 0; k < taps; ++k)
        weight.w[o][o / (outs / groups) * ins + c][k] = array.floats()[(o * ins + c) * taps + k];
  return weight;
}

// The network of a test: Conv, Relu, Add and Concat, each tensor with a range.
class Definition {
 public:
  explicit Definition(const Net& net) : net_(net) {
    std::set<std::string> relus;
    for (const NetNode& node : net.nodes())
      if (node.type == "Relu") relus.insert(node.outputs[0]);
    for (const auto& [name, range] : net.ranges()) values_[name] = values_of(range, relus.contains(name));
    sensitivities();
  }

  NoiseValue noise(const Rows& scales) const { return noise(scales, scales, 0); }

  // The same with every maximum softened: at `base` it is the maximum, and from there it moves as the norm of `power`
  // does.
  NoiseValue noise(const Rows& scales, const Rows& base, double power) const {
    NoiseValue value;
    std::set<std::string> rounded;
    const Softened softened{base, power};
    for (const NetNode& node : net_.nodes()) {
      if (node.type != "Relu")
        for (std::size_t i = 0; i < (node.type == "Conv" ? 1 : node.inputs.size()); ++i) rounded.insert(node.inputs[i]);
      if (!rectified(node.outputs[0])) rounded.insert(node.outputs[0]);
      if (node.type == "Conv") add_weights(node, scales, softened, value);
    }
    for (const std::string& tensor : rounded)
      value.parts[rw::runtime::kActivations] += activations(tensor, scales, softened);
    return value;
  }

  const Row& sensitivity(const std::string& tensor) const { return g_.at(tensor); }

 private:
  struct Softened {
    const Rows& base;
    double power;  // 0: the maximum itself
  };

  // Nobody reads it but a Relu, which runtimes take for a part of what computes it.
  bool rectified(const std::string& tensor) const {
    const auto reads = [&](const NetNode& node) {
      return std::find(node.inputs.begin(), node.inputs.end(), tensor) != node.inputs.end();
    };
    std::size_t readers = 0, rectifiers = 0;
    for (const NetNode& node : net_.nodes()) readers += reads(node), rectifiers += reads(node) && node.type == "Relu";
    return readers > 0 && readers == rectifiers;
  }

  static double most(const Row& values, const Row& at_base, double power) {
    const auto largest = [](const Row& all) { return all.empty() ? 0.0 : *std::max_element(all.begin(), all.end()); };
    const double base = largest(at_base);
    if (power == 0 || base == 0) return largest(values);
    double here = 0, there = 0;
    for (const double each : values) here += std::pow(each / base, power);
    for (const double each : at_base) there += std::pow(each / base, power);
    return base * std::pow(here / there, 1 / power);
  }

  void sensitivities() {
    const auto add = [&](const std::string& tensor, const Row& more) {
      Row& sums = g_[tensor];
      sums.resize(more.size(), 0.0);
      for (std::size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
    };
    const std::string& output = net_.nodes().back().outputs[0];
    double power = 0;
    for (const double each : values_.at(output).m) power += each;
    add(output, Row(values_.at(output).m.size(), 1 / power));
    for (auto node = net_.nodes().rbegin(); node != net_.nodes().rend(); ++node) {
      const Row g = g_.at(node->outputs[0]);
      if (node->type == "Conv") add(node->inputs[0], through(*node, g));
      if (node->type == "Add") add(node->inputs[0], g), add(node->inputs[1], g);
      if (node->type == "Relu") {
        Row part = g;
        for (std::size_t i = 0; i < g.size(); ++i) part[i] *= values_.at(node->inputs[0]).p[i];
        add(node->inputs[0], part);
      }
      std::size_t first = 0;
      for (const std::string& input : node->type == "Concat" ? node->inputs : std::vector<std::string>{}) {
        const std::size_t count = values_.at(input).m.size();
        add(input, Row(g.begin() + static_cast<std::ptrdiff_t>(first),
                       g.begin() + static_cast<std::ptrdiff_t>(first + count)));
        first += count;
      }
    }
  }

  Row through(const NetNode& node, const Row& g) const {
    const Weight weight = weight_of(net_, node);
    const Values &in = values_.at(node.inputs[0]), &out = values_.at(node.outputs[0]);
    Row r(in.m.size(), 0.0);
    double whole = 0, carried = 0;
    for (std::size_t o = 0; o < g.size(); ++o) {
      whole += g[o] * out.v[o];
      for (std::size_t c = 0; c < r.size(); ++c)
        for (const double w : weight.w[o][c]) r[c] += g[o] * w * w;
    }
    for (std::size_t c = 0; c < r.size(); ++c) carried += r[c] * in.v[c];
    for (double& each : r) each *= whole / carried;
    return r;
  }

  // |W[o][c]| s_o / s_c, where s_o counts at all, over the kernel.
  static Row row_of(const Weight& weight, std::size_t o, double s_out, const Row& s_in) {
    Row row;
    for (std::size_t c = 0; c < s_in.size(); ++c) {
      double largest = 0;
      for (const double w : weight.w[o][c]) largest = std::max(largest, std::fabs(w));
      row.push_back(largest * s_out / s_in[c]);
    }
    return row;
  }

  void add_weights(const NetNode& node, const Rows& scales, const Softened& softened, NoiseValue& value) const {
    const Weight weight = weight_of(net_, node);
    const Row &s_in = scales.at(node.inputs[0]), &s_out = scales.at(node.outputs[0]), &g = g_.at(node.outputs[0]),
              &b_in = softened.base.at(node.inputs[0]), &b_out = softened.base.at(node.outputs[0]);
    const Row& m = values_.at(node.inputs[0]).m;
    const double unit = weight.taps / (12.0 * 127 * 127);
    const auto groups = static_cast<std::size_t>(group_of(node));
    const std::size_t outs = g.size() / groups, ins = m.size() / groups;
    Row all, all_base;
    double products = 0;
    for (std::size_t group = 0; group < groups; ++group) {
      double sum_in = 0, sum_out = 0;
      for (std::size_t c = group * ins; c < (group + 1) * ins; ++c) sum_in += s_in[c] * s_in[c] * m[c];
      for (std::size_t o = group * outs; o < (group + 1) * outs; ++o) {
        const Row row = row_of(weight, o, s_out[o], s_in), row_base = row_of(weight, o, b_out[o], b_in);
        all.insert(all.end(), row.begin(), row.end());
        all_base.insert(all_base.end(), row_base.begin(), row_base.end());
        sum_out += g[o] / (s_out[o] * s_out[o]);
        const double of_row = most(row_of(weight, o, 1, s_in), row_of(weight, o, 1, b_in), softened.power);
        value.parts[rw::runtime::kPerChannel] += unit * g[o] * of_row * of_row * sum_in;
      }
      products += sum_in * sum_out;
    }
    value.parts[rw::runtime::kPerTensor] += unit * std::pow(most(all, all_base, softened.power), 2) * products;
  }

  double activations(const std::string& tensor, const Rows& scales, const Softened& softened) const {
    const Values& x = values_.at(tensor);
    const Row &s = scales.at(tensor), &b = softened.base.at(tensor), &g = g_.at(tensor);
    const auto times = [](const Row& some, const Row& others) {
      Row products;
      for (std::size_t c = 0; c < some.size(); ++c) products.push_back(some[c] * others[c]);
      return products;
    };
    const double high = most(times(s, x.high), times(b, x.high), softened.power),
                 low = most(times(s, x.low), times(b, x.low), softened.power);
    double noise = 0, beyond = 0;
    for (std::size_t c = 0; c < s.size(); ++c) {
      const double z = x.low[c] == 0 ? x.p[c] : 1;
      noise += z * g[c] / (s[c] * s[c]);
      if (x.high[c] > 0) beyond += z * g[c] * x.high[c] * x.high[c] * std::exp(-8 * (high / (s[c] * x.high[c]) - 1));
      if (x.low[c] > 0) beyond += z * g[c] * x.low[c] * x.low[c] * std::exp(-8 * (low / (s[c] * x.low[c]) - 1));
    }
    const double step = (high + low) / 255;
    return step * step / 12 * noise + kHeadroom * beyond;
  }

  const Net& net_;
  std::map<std::string, Values> values_;
  Rows g_;
};

// Conv, depthwise, an addition and a concat, all channels out of balance.
Net joined() {
  Net net(11);
  const auto a = net.relu("ra", net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 3}));
  const auto d = net.relu("rd", net.depthwise("d", a, {.spread = 3}));
  const auto b = net.conv("b", a, 4, {.kernel = 1, .spread = 3});
  const auto s = net.add("s", d, b);
  net.output(net.conv("c", net.concat("k", {s, net.conv("e", a, 3, {.spread = 3})}), 2));
  net.calibrate();
  return net;
}

Net chain() {
  Net net(5);
  const auto a = net.relu("ra", net.conv("a", net.input("x", {1, 2, 6, 6}), 3, {.spread = 3}));
  net.output(net.conv("c", net.relu("rb", net.conv("b", a, 2, {.spread = 3})), 2));
  net.calibrate();
  return net;
}

// What the engine knows of a network on which nothing was done.
struct Untouched {
  explicit Untouched(const Net& net)
      : engine(net, "rule nothing { region r { parents Conv as p children Conv as c } do scale(p, 1) }"),
        noise(engine.outcome().analysis, engine.outcome().regions, engine.outcome().statistics, {}, kHeadroom),
        free(noise.classes(), false) {
    const auto& regions = engine.outcome().regions;
    for (rw::runtime::RegionId id = 0; id < regions.size(); ++id)
      for (std::uint32_t i = 0; i < regions[id].classes; ++i)
        free[regions[id].first_class + i] = !regions.pinned(regions[id], i);
  }

  Rows by_tensor(const Row& scales) const {
    Rows rows;
    const auto& regions = engine.outcome().regions;
    for (TensorId tensor = 0; tensor < engine.network().tensors().size(); ++tensor) {
      const auto region = regions.region_of(tensor);
      if (!region) continue;
      Row& row = rows[std::string(engine.network().tensor(tensor).name)];
      for (const std::uint32_t each : regions.classes(tensor))
        row.push_back(scales[regions[*region].first_class + each]);
    }
    return rows;
  }

  Row random(std::mt19937& generator, double logs) const {
    std::uniform_real_distribution<double> log(-logs, logs);
    Row scales(free.size(), 1.0);
    for (std::size_t i = 0; i < scales.size(); ++i)
      if (free[i]) scales[i] = std::exp2(log(generator));
    return scales;
  }

  Engine engine;
  Noise noise;
  std::vector<bool> free;
};

// The least noise by the definition that a search finds: from random places, one class after the other.
double searched(const Untouched& untouched, const Definition& definition, double per_channel, bool powers_of_two) {
  std::mt19937 generator(3);
  double least = INFINITY;
  for (int start = 0; start < 6; ++start) {
    Row at = untouched.random(generator, 3);
    if (powers_of_two)
      for (double& each : at) each = std::exp2(std::round(std::log2(each)));
    double noise = definition.noise(untouched.by_tensor(at)).of_both(per_channel, kShare);
    for (double step = 2; step > (powers_of_two ? 1.5 : 1.02);) {
      bool better = false;
      for (std::size_t i = 0; i < at.size(); ++i) {
        for (const double factor : {step, 1 / step}) {
          if (!untouched.free[i]) continue;
          Row moved = at;
          moved[i] *= factor;
          const double found = definition.noise(untouched.by_tensor(moved)).of_both(per_channel, kShare);
          if (found >= noise) continue;
          noise = found, at = moved, better = true;
        }
      }
      if (!better) step = std::sqrt(step);
    }
    least = std::min(least, noise);
  }
  return least;
}

}  // namespace

TEST_CASE("balance: the noise is that of the definition, at any scales") {
  for (const Net& net : {joined(), chain()}) {
    const Untouched untouched(net);
    const Definition definition(net);
    std::mt19937 generator(7);
    for (int i = 0; i < 20; ++i) {
      const Row scales = untouched.random(generator, i == 0 ? 0 : 4);
      const NoiseValue found = untouched.noise.value(scales), wanted = definition.noise(untouched.by_tensor(scales));
      for (std::size_t part = 0; part < rw::runtime::kNoiseParts; ++part)
        CHECK(found.parts[part] == Approx(wanted.parts[part]).epsilon(1e-4));
    }
  }
}

TEST_CASE("balance: slopes are those of the definition, by differences") {
  const Net net = joined();
  const Untouched untouched(net);
  const Definition definition(net);
  std::mt19937 generator(9);
  for (int i = 0; i < 40; ++i) {
    const int squarings = i % 2 == 0 ? 4 : 2;
    const Row scales = untouched.random(generator, 3);
    const Rows base = untouched.by_tensor(scales);
    std::array<NoiseSlopes, rw::runtime::kNoiseParts> slopes;
    untouched.noise.value(scales, {squarings, true, true}, slopes);
    for (std::size_t c = 0; c < scales.size(); ++c) {
      if (!untouched.free[c]) continue;
      constexpr double kStep = 1e-4;
      const auto at = [&](double factor) {
        Row moved = scales;
        moved[c] *= factor;
        return definition.noise(untouched.by_tensor(moved), base, std::exp2(squarings));
      };
      const NoiseValue more = at(std::exp(kStep)), less = at(std::exp(-kStep));
      for (std::size_t part = 0; part < rw::runtime::kNoiseParts; ++part) {
        const double slope = (more.parts[part] - less.parts[part]) / (2 * kStep);
        const double size = slopes[part].up[c] + slopes[part].down[c];
        CHECK(slopes[part].up[c] - slopes[part].down[c] == Approx(slope).margin(1e-3 * size));
      }
    }
  }
}

TEST_CASE("balance: no search finds scales that are much better") {
  for (const Net& net : {joined(), chain()}) {
    const Untouched untouched(net);
    const Definition definition(net);
    for (const double per_channel : {0.0, 0.5, 1.0}) {
      const auto balanced = balance(untouched.noise, untouched.free, {per_channel, kShare, false});
      const double found = definition.noise(untouched.by_tensor(balanced.scales)).of_both(per_channel, kShare);
      CHECK(10 * std::log10(found / searched(untouched, definition, per_channel, false)) < 0.2);
    }
  }
}

TEST_CASE("balance: powers of two lose little, and less than those that are rounded afterwards") {
  double chosen = 0, rounded = 0, best = 0;
  for (const Net& net : {joined(), chain()}) {
    const Untouched untouched(net);
    for (const double per_channel : {0.0, 0.5, 1.0}) {
      const auto free = balance(untouched.noise, untouched.free, {per_channel, kShare, false});
      const auto powers = balance(untouched.noise, untouched.free, {per_channel, kShare, true});
      Row down = free.scales;
      for (double& each : down) each = std::exp2(std::floor(std::log2(each)));
      for (const double each : powers.scales) CHECK(std::exp2(std::round(std::log2(each))) == each);
      chosen += 10 * std::log10(powers.after.of_both(per_channel, kShare));
      rounded += 10 * std::log10(untouched.noise.value(down).of_both(per_channel, kShare));
      best += 10 * std::log10(free.after.of_both(per_channel, kShare));
    }
  }
  CHECK(chosen < rounded - 1);
  CHECK(chosen < best + 6 * 1.5);
}

TEST_CASE("balance: the network computes what it did, and less is lost to eight bits") {
  const Net net = joined();
  for (const char* rules : {"balance", "prepare balance", "cross_layer balance"}) {
    const Engine engine(net, rules);
    CHECK(difference_of_functions(net, engine, 1e-4) == "");
  }
  CHECK(Engine(net, "balance").outcome().prediction.value().per_tensor > 3);
  rw::runtime::RunOptions exact;
  exact.exact = true;
  const Engine engine(net, "balance", exact);
  CHECK_FALSE(engine.outcome().plan.empty());
  CHECK(difference_of_functions(net, engine) == "");
}

TEST_CASE("balance: what a run is predicted to win is that of the definition, whichever rules scaled") {
  const Net net = joined();
  const Definition definition(net);
  rw::runtime::RunOptions options;
  options.predict = true;
  for (const char* rules : {"balance", "cross_layer", "wide", "cross_layer balance"}) {
    const Engine engine(net, rules, options);
    Rows scales, ones;
    for (const auto& [tensor, range] : net.ranges()) {
      scales[tensor] = engine.scale(tensor);
      ones[tensor] = Row(scales[tensor].size(), 1.0);
    }
    const NoiseValue before = definition.noise(ones), after = definition.noise(scales);
    const auto gain = [&](std::size_t part) { return 10 * std::log10(before.parts[part] / after.parts[part]); };
    REQUIRE(engine.outcome().prediction);
    // After a rewriting, statistics are rounded and tables are made of other weights.
    CHECK(engine.outcome().prediction->per_tensor == Approx(gain(rw::runtime::kPerTensor)).margin(0.01));
    CHECK(engine.outcome().prediction->per_channel == Approx(gain(rw::runtime::kPerChannel)).margin(0.01));
    CHECK(engine.outcome().prediction->activations.value() == Approx(gain(rw::runtime::kActivations)).margin(0.01));
  }
}

TEST_CASE("balance: who has balanced for one target is not told to do it for another one") {
  const Net net = joined();
  rw::runtime::RunOptions options;
  options.predict = true;
  options.params["balance"] = {{"per_channel", 1}, {"activations", 100}};
  CHECK(Engine(net, "balance", options).outcome().prediction->left == 0);
  const std::string more =
      "rule more { region r { parents Conv as p through law pass children Conv as c } again do scale(p, 2) }";
  const Engine both(net, "include \"balance\"\n" + more, options), alone(net, more, options);
  CHECK(both.outcome().rules.size() == 2);
  CHECK(both.outcome().prediction->left == 0);
  CHECK(alone.outcome().prediction->left > 0);
}

TEST_CASE("balance: what is left to win is what balancing wins, by the definition") {
  const Net net = joined();
  const Definition definition(net);
  rw::runtime::RunOptions options;
  options.predict = true;
  const Engine untouched(net, "rule nothing { region r { parents Gemm as p children Gemm as c } do scale(p, 2) }",
                         options);
  const Engine balanced(net, "balance");
  Rows scales, ones;
  for (const auto& [tensor, range] : net.ranges()) {
    scales[tensor] = balanced.scale(tensor);
    ones[tensor] = Row(scales[tensor].size(), 1.0);
  }
  const auto prediction = untouched.outcome().prediction;
  REQUIRE(prediction);
  CHECK(prediction->per_tensor == 0);
  // It is found in fewer sweeps.
  const double all =
      10 * std::log10(definition.noise(ones).of_both(0.5, kShare) / definition.noise(scales).of_both(0.5, kShare));
  CHECK(prediction->left <= all + 0.05);
  CHECK(prediction->left >= all - 0.1);
}

TEST_CASE("balance: by estimates where nothing was measured") {
  Net net(5);
  const auto a = net.relu("ra", net.conv("a", net.input("x", {1, 2, 6, 6}), 3, {.spread = 4}));
  net.output(net.conv("c", net.relu("rb", net.conv("b", a, 3, {.spread = 4})), 2));
  const Engine engine(net, "balance");
  REQUIRE(engine.outcome().prediction);
  CHECK(engine.outcome().prediction->per_tensor > 3);
  CHECK_FALSE(engine.outcome().prediction->activations);
  CHECK(difference_of_functions(net, engine, 1e-4) == "");
}

namespace {

std::string gated(Net& net, const std::string& name, const std::string& x, const char* gate) {
  return net.op("Mul", name, {x, net.op(gate, name + ".s", {x})});
}

// Curves as products, squeeze and excitation, sums and parts side by side.
Net curves() {
  Net net(8);
  const auto a = gated(net, "sa", net.conv("a", net.input("x", {1, 3, 12, 12}), 6, {.spread = 2}), "Sigmoid");
  const auto b = gated(net, "hb", net.depthwise("b", a, {.spread = 2}), "HardSigmoid");
  const auto few = net.relu("rf", net.conv("f", net.op("GlobalAveragePool", "pool", {b}), 4, {.kernel = 1}));
  const auto gate = net.op("HardSigmoid", "gate", {net.conv("g", few, 6, {.kernel = 1})});
  const auto c = net.conv("c", net.op("Mul", "se", {b, gate}), 6, {.kernel = 1, .spread = 2});
  const auto d = net.max_pool("pd", net.relu("rd", net.conv("d", net.concat("k", {net.add("s", c, a), b}), 8)));
  net.output(net.conv("y", d, 3));
  return net;
}

struct Flowing {
  explicit Flowing(const Net& net)
      : untouched(net),
        flow(untouched.engine.outcome().analysis, untouched.engine.outcome().regions,
             untouched.engine.outcome().statistics, {}) {}
  Untouched untouched;
  rw::runtime::Flow flow;
};

// In dB, of a tensor over all of its channels.
double power(const Row& squares) {
  double sum = 0;
  for (const double each : squares) sum += each;
  return 10 * std::log10(sum / static_cast<double>(squares.size()));
}

double measured_power(const Array& array) {
  double sum = 0;
  for (const float each : array.floats()) sum += double{each} * double{each};
  return 10 * std::log10(sum / static_cast<double>(array.count()));
}

}  // namespace

TEST_CASE("balance: the power of values is told by their ranges alone, whatever computes them") {
  Net net = curves();
  net.calibrate(1);
  const Flowing flowing(net);
  for (const NetNode& node : net.nodes()) {
    const std::string& name = node.outputs[0];
    const auto& values = flowing.flow.values(*flowing.untouched.engine.network().find(name));
    CHECK(values.measured);
    if (net.value(name).count() == values.square.size()) continue;  // one value is no range
    INFO(name << ": of ranges " << power(values.square) << " dB, measured " << measured_power(net.value(name))
              << " dB");
    CHECK(std::fabs(power(values.square) - measured_power(net.value(name))) < 6);
  }
}

TEST_CASE("balance: where nothing was measured, ranges are estimated") {
  const Net net = curves();
  const Flowing flowing(net);
  for (const NetNode& node : net.nodes()) {
    const std::string& name = node.outputs[0];
    const auto& values = flowing.flow.values(*flowing.untouched.engine.network().find(name));
    CHECK_FALSE(values.measured);
    const auto elements = net.value(name).floats();
    if (elements.size() == values.high.size()) continue;
    const auto [min, max] = std::minmax_element(elements.begin(), elements.end());
    const double high = *std::max_element(values.high.begin(), values.high.end()),
                 low = *std::max_element(values.low.begin(), values.low.end());
    INFO(name << ": from " << *min << " to " << *max << ", estimated from " << -low << " to " << high);
    // Inputs are uniform from -1 to 1, and 1.7 times smaller than what is taken for granted.
    const double ratio = (high + low) / (std::max(0.0, double{*max}) + std::max(0.0, -double{*min}));
    CHECK(ratio > 0.5);
    CHECK(ratio < 8);
  }
}

TEST_CASE("balance: a channel that is always 0 does not set the step of the weights") {
  Net dead(2);
  const auto b = dead.conv("a", dead.input("x", {1, 2, 4, 4}), 3, {.kernel = 1, .dead = {1}});
  dead.output(dead.conv("c", dead.relu("r", b), 2, {.kernel = 1}));
  dead.calibrate();
  const Engine engine(dead, "balance");
  for (const double each : engine.scale("r")) CHECK((each > 1e-3 && each < 1e3));
}

TEST_CASE("auto: with --exact nothing is folded, and the run goes on") {
  Net net(3);
  const auto a = net.batch_norm("n", net.conv("a", net.input("x", {1, 2, 6, 6}), 3, {.spread = 4}), 3);
  net.output(net.conv("c", net.relu("r", a), 2, {.spread = 4}));
  net.calibrate();
  rw::runtime::RunOptions exact;
  exact.exact = true;
  const Engine engine(net, "auto", exact);
  CHECK_FALSE(engine.outcome().plan.empty());
  bool declined = false;
  for (const auto& rule : engine.outcome().rules) {
    CHECK(rule.edits == 0);
    for (const auto& each : rule.declined) declined |= each.reason.find("bit for bit") != std::string::npos;
  }
  CHECK(declined);
  CHECK(difference_of_functions(net, engine) == "");
  // By itself prepare would be refused.
  CHECK_THROWS_AS(Engine(net, "prepare", exact), rw::runtime::Refusal);
}

TEST_CASE("balance: what the rule says by itself is what predictions and variants begin with") {
  const Net net = joined();
  rw::runtime::RunOptions options;
  options.params["balance"] = {{"per_channel", BalanceTarget().per_channel},
                               {"activations", rw::runtime::kUsualActivations},
                               {"headroom", rw::runtime::kUsualHeadroom}};
  const Engine given(net, "balance", options), silent(net, "balance");
  for (const auto& [tensor, range] : net.ranges()) CHECK(given.scale(tensor) == silent.scale(tensor));
}

TEST_CASE("balance: gain and best are those of the definition, region by region") {
  const Net net = chain();
  const Definition definition(net);
  const auto noise = [&](Row a, Row b) {
    const Rows scales = {{"x", Row(2, 1.0)}, {"a", a}, {"ra", a}, {"b", b}, {"rb", b}, {"c", Row(2, 1.0)}};
    Rows known;
    for (const auto& [tensor, range] : net.ranges()) known[tensor] = scales.at(tensor);
    return definition.noise(known).of_both(0.5, kShare);
  };
  const auto check_scale = [](const Engine& engine, const std::string& tensor, const Row& wanted) {
    const Row found = engine.scale(tensor);
    REQUIRE(found.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == Approx(wanted[i]).epsilon(1e-4));
  };
  const auto decibels = [](double from, double to) { return 10 * std::log10(from / to); };
  const std::string head = "rule told { region r { parents Conv as p through Relu children Conv as c } ";
  const double untouched = noise(Row(3, 1.0), Row(2, 1.0));

  // The second region is asked when the first has its scale.
  const Engine told(net, head + "do scale(p, exp2(gain(p, exp2(channel(p))))) }");
  const double first = std::exp2(decibels(untouched, noise({1, 2, 4}, Row(2, 1.0))));
  check_scale(told, "ra", Row(3, first));
  const double second = std::exp2(decibels(noise(Row(3, first), Row(2, 1.0)), noise(Row(3, first), {1, 2})));
  check_scale(told, "rb", Row(2, second));

  const Row up = {1, 2, 4}, down = {4, 2, 1};
  const bool rises = noise(up, Row(2, 1.0)) < noise(down, Row(2, 1.0));
  const Engine best(net, head + R"(
    where all p: largest(channel(p)) > 1 else "the last"
    do scale(p, best(exp2(2 - channel(p)), p.max - 1e9, exp2(channel(p))))
  })");
  check_scale(best, "ra", rises ? up : down);
  const Engine neither(net, head + "do scale(p, best(1, 1e6 * exp2(8 * channel(p)))) }");
  check_scale(neither, "ra", Row(3, 1.0));
}
