// The tables of the largest weights, of each pair of channels and of each channel, against one reading of the weights.
#include "runtime/weights/pair_maxima.hpp"

#include "runtime/weights/stored_maxima.hpp"

#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;
using runtime::Handle;
using runtime::PairMaxima;

namespace {

// Every layer that has a table, under the edits that `rules` made. How many.
int compare_tables(const Net& net, const std::string& rules, const runtime::RunOptions& options = {}) {
  const Engine engine(net, rules, options);
  const runtime::Analysis& analysis = engine.outcome().analysis;
  int tables = 0;
  runtime::StoredMaxima halves{{}};
  for (graph::OperatorId op = 0; op < engine.network().operators().size(); ++op) {
    const auto site = analysis.site(op);
    const auto out = find_handle(analysis.law(op), site, Handle::Side::out, Handle::Read::weight),
               in = find_handle(analysis.law(op), site, Handle::Side::in, Handle::Read::weight);
    if (!analysis.holds(op) || !out || !in) continue;
    const graph::Tensor& weight = site.tensor(out->slot);
    const auto table = PairMaxima::of({}, weight, *out, *in);
    if (!table) continue;
    ++tables;
    const graph::Edit* edit = engine.outcome().plan.edit(op, out->slot);
    for (const Handle& side : {*out, *in}) {
      std::size_t channels = 1;
      for (const int axis : side.axes) channels *= static_cast<std::size_t>(side.view[static_cast<std::size_t>(axis)]);
      const auto found = table->magnitudes(side.axes, edit);
      REQUIRE(found);
      const std::vector<double> expected = runtime::magnitudes(weight, side, edit, channels);
      INFO(site.op().name);
      REQUIRE(found->size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) CHECK((*found)[i] == Approx(expected[i]).epsilon(1e-12));
      const std::span<const float> stored = halves.find(op, analysis.law(op), site, side);
      REQUIRE(stored.size() == (weight.dtype == graph::DType::float16 ? channels : 0));
      const std::vector<double> before = runtime::magnitudes(weight, side, nullptr, channels);
      for (std::size_t i = 0; i < stored.size(); ++i) CHECK(double{stored[i]} == before[i]);
    }
  }
  return tables;
}

const LayerOptions kWide{.spread = 3, .dead = {1}};

}  // namespace

TEST_CASE("pair maxima: layers of all kinds, with scales on both sides of their weights") {
  Net net(2);
  std::string x = net.conv("a", net.input("x", {1, 4, 8, 8}), 6, kWide);
  x = net.conv("b", net.relu("rb", x), 6, {.kernel = 1, .spread = 3});
  x = net.conv("grouped", net.relu("rg", x), 9, {.group = 3, .spread = 3});
  x = net.depthwise("each", net.relu("re", x), {.spread = 3});
  x = net.conv_transpose("up", net.relu("ru", x), 6, {.group = 3, .kernel = 2, .stride = 2, .spread = 3});
  x = net.gemm("g", net.op("Flatten", "flat", {net.op("GlobalAveragePool", "p", {net.relu("rp", x)})}), 5, kWide);
  x = net.matmul("m", net.relu("rm", x), 4, kWide);
  net.output(net.gemm("last", net.relu("rl", x), 3));
  net.calibrate();
  CHECK(compare_tables(net, "wide") == 8);
  CHECK(compare_tables(net, "cross_layer") == 8);
  CHECK(compare_tables(net, "rule nothing { region r { parents Conv as p children MatMul as c } do scale(p, 2) }") ==
        8);
}

TEST_CASE("pair maxima: a table of more than one part, float16, and what has none") {
  Net net(3);
  const auto large = net.gemm("large", net.gemm("first", net.input("x", {1, 3}), 1030), 1100, kWide);
  net.output(net.gemm("last", net.relu("r", large), 2));
  net.calibrate();
  CHECK(compare_tables(net, "wide") == 3);

  Net half(4);
  const auto weight = [&](const std::string& name, Dims shape) {
    std::vector<float> values(static_cast<std::size_t>(shape[0] * shape[1] * 9));
    for (float& each : values) each = static_cast<float>(half.random().between(-100, 100)) / 64;
    return half.constant(name, float_array(std::move(shape), std::move(values)), graph::DType::float16);
  };
  const auto a =
      half.op("Conv", "a", {half.input("x", {1, 3, 9, 9}, graph::DType::float16), weight("wa", {4, 3, 3, 3})});
  const auto grouped = half.op("Conv", "g", {half.relu("s", a), weight("wg", {6, 2, 3, 3})}, {{"group", 2}});
  half.output(half.op("Conv", "c", {half.relu("r", grouped), weight("wc", {2, 6, 3, 3})}));
  CHECK(compare_tables(half, "cross_layer") == 3);

  Net through(5);  // its weights come in another order than they are stored
  const auto t = through.gemm("t", through.input("x", {2, 3}), 4, {.through = {"Transpose"}});
  through.output(through.gemm("u", through.relu("r", t), 3));
  CHECK(compare_tables(through, "cross_layer") == 1);
}

TEST_CASE("pair maxima: a weight that is not finite has no table, and is named as before") {
  Net net;
  const auto a = net.op("Conv", "a",
                        {net.input("x", {1, 1, 2, 2}),
                         net.constant("wa", float_array({2, 1, 1, 1}, {1, std::numeric_limits<float>::infinity()}))});
  net.output(net.op("Conv", "c", {a, net.constant("wc", float_array({1, 2, 1, 1}, {1, 1}))}));
  CHECK_THROWS_WITH(Engine(net, "cross_layer"), Catch::Matchers::Contains("weights must be finite"));
}
