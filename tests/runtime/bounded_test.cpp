// `op Clip law bounded`: a scale for each channel passes a Clip, whose bounds become constants for each channel.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <span>

#include "runtime/certify/certificate.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "runtime/evaluator/literal.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace rw::test;
using rw::graph::DType;

namespace {

// Scales that differ from channel to channel, all of them powers of two.
const std::string kBoundedRules = R"(
op Clip law bounded
rule everything {
  region r {
    parents  Conv, MatMul, Mul as p
    through  Clip, Relu, MaxPool, Mul, Add
    may join Add
    children Conv, MatMul, Mul as c
    leak     pin
  }
  do scale(p, pow2(64 / across(max, p.weight)))
}
)";

struct Bounds {
  std::optional<float> low, high;
  std::vector<std::string> becomes;    // the operators in its place
  std::vector<std::string> of_inputs;  // the same where its bounds are inputs; empty: the same
  bool attributes = false;
};

std::vector<std::string> types(const rw::graph::Network& network) {
  std::vector<std::string> all;
  for (rw::graph::OperatorId op = 0; op < network.operators().size(); ++op)
    if (!network.removed(op)) all.emplace_back(network.type_of(op));
  return all;
}

std::string clip(Net& net, const Bounds& bounds) {
  if (!bounds.attributes) return net.clip("f", "a", bounds.low, bounds.high);
  NetAttributes attributes;
  if (bounds.low) attributes.emplace_back("min", static_cast<double>(*bounds.low));
  if (bounds.high) attributes.emplace_back("max", static_cast<double>(*bounds.high));
  return net.op("Clip", "f", {"a"}, attributes);
}

const rw::graph::Tensor& tensor(const rw::graph::Network& network, const std::string& name) {
  INFO(name);
  const auto found = network.find(name);
  REQUIRE(found);
  return network.tensor(*found);
}

}  // namespace

TEST_CASE("bounded: Clip becomes Max and Min with a bound for each channel, bit by bit the same") {
  const std::vector<Bounds> cases = {
      {0.0F, 0.5F, {"Relu", "Min"}, {"Clip", "Min"}},
      {-0.25F, 0.5F, {"Max", "Min"}, {"Clip", "Max", "Min"}},
      {-0.5F, 0.0F, {"Max", "Min"}, {"Clip", "Max"}},
      {std::nullopt, 0.5F, {"Min"}, {}},
      {-0.25F, std::nullopt, {"Max"}, {}},
      {-3.4028235e38F, 0.5F, {"Min"}, {}},
      {-INFINITY, 0.5F, {"Min"}, {}},
      {0.5F, -0.5F, {"Max", "Min"}, {}},  // whatever it is, it is -0.5
      {0.0F, std::nullopt, {"Clip"}, {}},
      {std::nullopt, 0.0F, {"Clip"}, {}},
      {0.0F, 3.4028235e38F, {"Clip"}, {}},
  };
  for (const bool attributes : {false, true}) {
    for (Bounds bounds : cases) {
      if (attributes && std::isinf(bounds.low.value_or(0))) continue;  // model.json has no infinite attributes
      bounds.attributes = attributes;
      for (const bool last : {false, true}) {
        const TemporaryFolder folder;
        Net net(3, attributes ? 10 : 17);
        if (last)
          net.matmul("a", net.input("x", {2, 5, 6}), 8, {.spread = 3});
        else
          net.conv("a", net.input("x", {2, 3, 6, 6}), 4, {.spread = 3});
        const auto f = clip(net, bounds);
        net.output(last ? net.matmul("c", f, 3) : net.conv("c", f, 3));
        net.calibrate(4, last ? -1 : 1);
        const Rewritten rewritten = rewrite_through_files(net, kBoundedRules, folder, exactly());
        INFO("low " << bounds.low.value_or(NAN) << ", high " << bounds.high.value_or(NAN) << ", attributes "
                    << attributes << ", channels last " << last);
        std::vector<std::string> wanted = {last ? "MatMul" : "Conv"};
        const auto& becomes = attributes || bounds.of_inputs.empty() ? bounds.becomes : bounds.of_inputs;
        wanted.insert(wanted.end(), becomes.begin(), becomes.end());
        wanted.push_back(wanted[0]);
        CHECK(types(rewritten.after.network) == wanted);
        CHECK(outputs_identical(net, rewritten, 3));
        // Its output is scaled, and so is what is known of it.
        const auto& network = rewritten.before.network;
        const auto* scale = rewritten.outcome.plan.scale_of(*network.find("f"));
        REQUIRE(scale);
        const auto* before = rewritten.before.statistics.find(*network.find("f"));
        const auto* after = rewritten.after.statistics.find(*rewritten.after.network.find("f"));
        REQUIRE(before);
        REQUIRE(after);
        for (std::size_t i = 0; i < scale->size(); ++i) CHECK(after->max[i] == before->max[i] * (*scale)[i]);
      }
    }
  }
}

TEST_CASE("bounded: every Clip has bounds of its own, and one that is not scaled stays as it is") {
  const TemporaryFolder folder;
  Net net(5);
  const auto low = net.constant("low", float_array({}, {0})), high = net.constant("high", float_array({}, {0.5F}));
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 3});
  const auto f = net.op("Clip", "f", {a, low, high});
  const auto b = net.conv("b", f, 6, {.spread = 3});
  const auto g = net.op("Clip", "g", {b, low, high});
  net.output(net.op("Clip", "h", {net.conv("c", g, 2), low, high}));
  const Rewritten rewritten = rewrite_through_files(net, kBoundedRules, folder, exactly());
  CHECK(outputs_identical(net, rewritten, 3));
  const auto& after = rewritten.after.network;
  CHECK(types(after) == std::vector<std::string>{"Conv", "Clip", "Min", "Conv", "Clip", "Min", "Conv", "Clip"});
  const Array first = read_literal(*tensor(after, "high@f").constant);
  CHECK(first.shape() == Dims{4, 1, 1});
  CHECK(read_literal(*tensor(after, "high@g").constant).shape() == Dims{6, 1, 1});
  const auto* scale = rewritten.outcome.plan.scale_of(*rewritten.before.network.find("f"));
  REQUIRE(scale);
  for (std::size_t i = 0; i < 4; ++i) CHECK(first.floats()[i] == 0.5F * static_cast<float>((*scale)[i]));
  CHECK(read_literal(*tensor(after, "high").constant).floats() == std::vector<float>{0.5F});
  // What stands in front has the widest of the bounds, so that no channel meets it, and a quantizer's range ends there.
  const auto bounds = first.floats();
  CHECK(read_literal(*tensor(after, "f.max").constant).floats() ==
        std::vector<float>{*std::max_element(bounds.begin(), bounds.end())});
}

TEST_CASE("bounded: a hard swish written out keeps its function") {
  const TemporaryFolder folder;
  Net net(6);
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 3});
  const auto number = [&](const char* name, float value) { return net.constant(name, float_array({}, {value})); };
  const auto gate =
      net.op("Mul", "g", {net.clip("f", net.add("s", a, number("three", 3)), 0.0F, 6.0F), number("sixth", 1.0F / 6)});
  net.output(net.conv("c", net.op("Mul", "m", {a, gate}), 3));
  CHECK(outputs_identical(net, rewrite_through_files(net, kBoundedRules, folder, exactly()), 3));
}

TEST_CASE("bounded: equalization sees through ReLU6, and reads the ranges behind it") {
  Net net(7);
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4, {.spread = 3});
  net.output(net.conv("c", net.clip("f", a, 0.0F, 0.5F), 3));
  net.calibrate();
  const Engine without(net), with(net, "op Clip law bounded\n" + read_file(source_path("rules/equalization.dsl")));
  CHECK(without.rule_of("f") == "");
  CHECK(with.rule_of("f") == "pair");
  const NetRange& seen = net.ranges().at("f");
  const double top = *std::max_element(seen.max.begin(), seen.max.end());
  const auto scale = with.scale("f");
  for (std::size_t i = 0; i < scale.size(); ++i) CHECK(scale[i] == Approx(std::clamp(top / seen.max[i], 1.0, 20.0)));
}

TEST_CASE("bounded: half floats keep their type") {
  const TemporaryFolder folder;
  Net net(8);
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}, DType::float16), 4, {.spread = 3});
  const auto high = net.constant("high", float_array({}, {0.5F}), DType::float16);
  net.output(net.conv("c", net.op("Clip", "f", {a, "", high}), 3));
  const Rewritten rewritten = rewrite_through_files(net, kBoundedRules, folder, exactly());
  CHECK(tensor(rewritten.after.network, "high@f").constant->dtype == DType::float16);
  CHECK(outputs_identical(net, rewritten, 3));
}

TEST_CASE("bounded with --exact: a bound that would overflow, be rounded or become denormal keeps its channel at 1") {
  const auto scales_of = [](double factor, float bound, DType dtype) {
    Net net(9);
    const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4);
    const auto high = net.constant("high", float_array({}, {bound}), dtype);
    net.output(net.conv("c", net.op("Clip", "f", {a, "", high}), 3));
    const std::string rules =
        "op Clip law bounded\nrule r { region r { parents Conv as p through Clip children Conv as c }"
        " do scale(p, exp2(" +
        std::to_string(factor) + ")) }";
    const Engine engine(net, rules, exactly());
    return engine.scale("f");
  };
  CHECK(scales_of(1, 40000, DType::float16) == std::vector<double>(4, 1));
  CHECK(scales_of(1, 30000, DType::float16) == std::vector<double>(4, 2));
  CHECK(scales_of(-10, 0x1p-10F, DType::float16) == std::vector<double>(4, 1));
  CHECK(scales_of(-10, 0x1p-120F, DType::float32) == std::vector<double>(4, 1));
  CHECK(scales_of(2, 6, DType::float32) == std::vector<double>(4, 4));
}

TEST_CASE("bounded blocks where bounds are not known, or Max and Min do not broadcast") {
  const auto reason = [](std::int64_t opset, bool computed) {
    Net net(10, opset);
    const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 4);
    const auto f = computed ? net.op("Clip", "f", {a, "", net.op("Abs", "b", {net.input("y", {})})})
                            : net.op("Clip", "f", {a}, {{"max", 6.0}});
    net.output(net.conv("c", f, 3));
    return Engine(net, kBoundedRules).reason("a");
  };
  CHECK(reason(17, true) == "leaks at Clip 'f': its bounds are no constants");
  CHECK(reason(7, false) == "leaks at Clip 'f': Max and Min have no bounds for each channel before operator set 8");
}

TEST_CASE("bounded: the certificate sees a bound that does not follow") {
  Net net(11);
  const auto a = net.conv("a", net.input("x", {1, 3, 6, 6}), 2, {.kernel = 1, .bias = false});
  net.output(net.conv("c", net.clip("f", a, 0.0F, 0.5F), 3, {.kernel = 1, .bias = false}));
  const Engine engine(net, kBoundedRules);
  const auto& analysis = engine.outcome().analysis;
  const std::vector<std::int64_t> made = {1, 2, 3, 1}, read = {1, 3, 2, 1}, bound = {2, 1, 1};
  const std::vector<double> by = {2, 4}, back = {0.5, 0.25}, other = {2, 8};
  const auto plan_of = [&](const std::vector<double>* high) {
    rw::runtime::Plan plan;
    plan.multiply(0, 1, std::vector<std::int64_t>{2, 3, 1, 1}, made, rw::graph::AxisMask::of({0, 1}), by);
    plan.multiply(2, 1, std::vector<std::int64_t>{3, 2, 1, 1}, read, rw::graph::AxisMask::of({0, 2}), back);
    if (high) plan.multiply(1, 2, bound, bound, rw::graph::AxisMask::of({0}), *high);
    for (const char* name : {"a", "f"}) plan.scale(*engine.network().find(name), by);
    return plan;
  };
  CHECK(certificate_of(analysis, plan_of(&by)).holds);
  // The Clip that stays in front must have the widest of the bounds, 0.5 * 4, or more.
  const rw::runtime::Plan plan = plan_of(&by);
  for (const auto& [widest, why] :
       std::map<float, std::string>{{2.0F, ""}, {2.5F, ""}, {1.5F, "its bound max is not scaled as its input is"}}) {
    rw::graph::Rewriting rewriting = rw::runtime::apply_plan(analysis, plan, {}, {});
    const auto in_front = std::find_if(rewriting.graph.added.begin(), rewriting.graph.added.end(),
                                       [](const auto& each) { return each.value.shape.rank() == 0; });
    REQUIRE(in_front != rewriting.graph.added.end());
    in_front->value.bytes = std::as_bytes(std::span(&widest, 1));
    const rw::graph::Rewritten rewritten(*analysis.network, rewriting);
    CHECK(rw::runtime::certify(analysis, rewritten, plan.scales(), plan.shifts()).why == why);
  }
  CHECK(certificate_of(analysis, plan_of(&other)).why == "its bound max is not scaled as its input is");
  CHECK(certificate_of(analysis, plan_of(nullptr)).why == "its bound max is not scaled as its input is");
}
