// What carries a scale is open to all rule files that are written by law (rules/sets.dsl): one small network for each
// operator goes through wide, cross_layer, mixed and smoothquant.
#include <algorithm>
#include <functional>

#include "tests/runtime/applied.hpp"
#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"

using namespace rw::test;

namespace {

// A tensor of four channels of very different size, whose scale is free.
using BeginWith = std::string (*)(Net&, const std::string& name);

std::string begin_with_conv(Net& net, const std::string& name) {
  return net.conv(name, "x", 4, {.kernel = 1, .spread = 3});
}
std::string begin_with_normalization(Net& net, const std::string& name) {
  return net.op("InstanceNormalization", name,
                {"x", net.constant(name + ".scale", float_array({4}, {1, 20, 0.5F, 3})),
                 net.constant(name + ".bias", float_array({4}, {0.5F, 1, -0.25F, 0}))});
}

struct OpenRow {
  std::string what;
  // Between the tensor 'a' and what a convolution reads.
  std::function<std::string(Net&, BeginWith)> between;
};

const OpenRow kOpenOperators[] = {
    {"Expand",
     [](Net& net, BeginWith) {
       return net.op("Expand", "f", {net.op("GlobalAveragePool", "p", {"a"}), net.ints("to", {2, 4, 6, 6})});
     }},
    {"Tile",
     [](Net& net, BeginWith) {
       return net.op("Tile", "f", {"a", net.ints("times", {1, 1, 2, 1})});
     }},
    {"Div by a gate",
     [](Net& net, BeginWith) {
       return net.op("Div", "f", {"a", net.op("Exp", "e", {net.conv("g", "x", 4)})});
     }},
    {"Where",
     [](Net& net, BeginWith) {
       const auto mask = net.op("Greater", "m", {"x", net.constant("zero", float_array({}, {0}))});
       return net.op("Where", "f", {mask, "a", net.constant("else", float_array({}, {0}))});
     }},
    {"GridSample",
     [](Net& net, BeginWith) {
       std::vector<float> grid;
       for (int i = 0; i < 2 * 5 * 5 * 2; ++i) grid.push_back(static_cast<float>(i * 37 % 100) / 50 - 1);
       return net.op("GridSample", "f", {"a", net.constant("grid", float_array({2, 5, 5, 2}, grid))});
     }},
    {"Gather of rows",
     [](Net& net, BeginWith) {
       return net.op("Gather", "f", {"a", net.ints("at", {4, 0, 2})}, {{"axis", 2}});
     }},
    {"Gather of channels",
     [](Net& net, BeginWith) {
       return net.op("Gather", "f", {"a", net.ints("at", {3, 1, 0, 2})}, {{"axis", 1}});
     }},
    {"Slice of rows",
     [](Net& net, BeginWith) {
       return net.op("Slice", "f", {"a", net.ints("from", {1}), net.ints("to", {5}), net.ints("axes", {2})});
     }},
    {"Slice of channels",
     [](Net& net, BeginWith) {
       return net.op("Slice", "f", {"a", net.ints("from", {1}), net.ints("to", {4}), net.ints("axes", {1})});
     }},
    {"Concat along the channels",
     [](Net& net, BeginWith begin) {
       return net.concat("f", {"a", begin(net, "b")});
     }},
    {"Concat of rows with a constant",
     [](Net& net, BeginWith) {
       std::vector<float> row(2 * 4 * 6);
       for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i % 7) - 3;
       return net.concat("f", {"a", net.constant("row", float_array({2, 4, 1, 6}, row))}, 2);
     }},
    {"Split of channels",
     [](Net& net, BeginWith) {
       net.output(net.conv("d", net.ops("Split", "f", 2, {"a", net.ints("parts", {1, 3})}, {{"axis", 1}})[0], 2));
       return std::string("f:1");
     }},
    {"Split of rows",
     [](Net& net, BeginWith) {
       net.output(net.conv("d", net.ops("Split", "f", 2, {"a", net.ints("parts", {2, 4})}, {{"axis", 2}})[0], 2));
       return std::string("f:1");
     }},
    {"Pad",
     [](Net& net, BeginWith) {
       return net.op("Pad", "f", {"a", net.ints("pads", {0, 0, 1, 1, 0, 0, 1, 1})});
     }},
    {"an affine operator that reads it",
     [](Net& net, BeginWith) {
       net.output(net.op("Mul", "m", {"a", net.constant("by", float_array({4, 1, 1}, {2, 3, 4, 5}))}));
       return std::string("a");
     }},
    {"Add of two", [](Net& net, BeginWith begin) { return net.add("f", "a", begin(net, "b")); }},
};

Net network_between(const OpenRow& row, BeginWith begin) {
  Net net(11);
  net.input("x", {2, 4, 6, 6});
  begin(net, "a");
  net.output(net.conv("c", row.between(net, begin), 3));
  net.calibrate();
  return net;
}

bool scaled_by_one(const std::vector<double>& scale) {
  return std::all_of(scale.begin(), scale.end(), [](double each) { return each == 1; });
}

void check_open(const Net& net, const std::string& rules) {
  const Engine engine(net, rules);
  CHECK(engine.rule_of("a") == rules);
  CHECK(engine.reason("a").empty());
  CHECK_FALSE(scaled_by_one(engine.scale("a")));
  CHECK(difference_of_functions(net, engine, 1e-4) == "");
}

}  // namespace

TEST_CASE("What carries a scale is open to wide, cross_layer, mixed and smoothquant") {
  for (const OpenRow& row : kOpenOperators) {
    for (const char* rules : {"wide", "cross_layer", "mixed"}) {
      INFO(rules << ": " << row.what);
      check_open(network_between(row, begin_with_conv), rules);
    }
    INFO("smoothquant: " << row.what);
    check_open(network_between(row, begin_with_normalization), "smoothquant");
  }
}

TEST_CASE("An affine operator stands in all four as a parent") {
  const std::pair<const char*, BeginWith> parents[] = {
      {"BatchNormalization",
       [](Net& net, const std::string& name) { return net.batch_norm(name, net.op("Tanh", "t", {"x"}), 3); }},
      {"Mul", [](Net& net, const std::string& name) {
         return net.op("Mul", name, {"x", net.constant("by", float_array({4, 1, 1}, {20, 3, 0.25F, 1}))});
       }}};
  for (const auto& [what, begin] : parents) {
    for (const char* rules : {"wide", "cross_layer", "mixed", "smoothquant"}) {
      INFO(rules << ": " << what);
      check_open(network_between({"Relu", [](Net& net, BeginWith) { return net.relu("r", "a"); }}, begin), rules);
    }
  }
}

namespace {

// x * Clip(x + 3, 0, 6) / 6, as exporters write it.
std::string hard_sigmoid(Net& net, const std::string& name, const std::string& x) {
  const auto three = net.op("Add", name + ".3", {x, net.constant(name + ".three", float_array({}, {3}))});
  return net.op("Div", name + ".6", {net.clip(name, three, 0, 6), net.constant(name + ".six", float_array({}, {6}))});
}
std::string divided_first(Net& net) { return net.op("Mul", "h", {"a", hard_sigmoid(net, "s", "a")}); }
std::string divided_last(Net& net) {
  const auto three = net.op("Add", "s.3", {"a", net.constant("three", float_array({}, {3}))});
  return net.op("Div", "h",
                {net.op("Mul", "m", {"a", net.clip("s", three, 0, 6)}), net.constant("six", float_array({}, {6}))});
}
std::string squeezed(Net& net) {
  const auto squeeze = net.relu("q", net.conv("e", net.op("GlobalAveragePool", "p", {"a"}), 2, {.kernel = 1}));
  return net.op("Mul", "h", {"a", hard_sigmoid(net, "s", net.conv("g", squeeze, 4, {.kernel = 1}))});
}

// Names of the parents of every region that was scaled.
std::vector<std::string> scaled_parents(const Engine& engine) {
  std::vector<std::string> names;
  for (const auto& region : engine.outcome().visited)
    if (region.taken_by != rw::graph::kNone && !scaled_by_one(region.scales))
      for (const auto op : engine.outcome().regions[region.region].parents)
        names.emplace_back(engine.network().op(op).name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("clip wide reaches what wide reaches, where hard-swish and squeeze and excitation are written with Clip") {
  for (const auto form : {divided_first, divided_last, squeezed}) {
    Net net(5);
    net.input("x", {2, 4, 6, 6});
    net.conv("a", "x", 4, {.kernel = 1, .spread = 3});
    net.output(net.conv("c", form(net), 3));
    net.calibrate();
    const std::vector<std::string> wide = scaled_parents(Engine(net, "wide")),
                                   clip = scaled_parents(Engine(net, "clip wide"));
    CHECK(clip.size() >= wide.size());
    if (form == squeezed) CHECK(std::includes(clip.begin(), clip.end(), wide.begin(), wide.end()));
    const TemporaryFolder folder;
    CHECK(largest_difference(net, rewrite_through_files(net, "include \"clip\"\ninclude \"wide\"\n# {}\n", folder), 3) <
          1e-4);
  }
}
