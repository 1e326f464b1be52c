// Operators and words of formulas in rules with a region: what each is, computed another way.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// Two parents, one of them grouped, that meet in an Add.
Net two_parents() {
  Net net;
  const auto x = net.input("x", {1, 4, 6, 6});
  const auto s = net.add("s", net.conv("a", x, 4), net.conv("b", x, 4, {.group = 2}));
  net.output(net.conv("c", s, 2));
  return net;
}

std::string rule_text(const std::string& clauses) {
  return "rule t {\n  region r {\n    parents Conv as p\n    join Add as s\n    may join Concat as k\n    children "
         "Conv as c\n"
         "  }\n  " +
         clauses + "\n  do scale(p, 2)\n}\n";
}

bool takes(const std::string& clauses) { return Engine(two_parents(), rule_text(clauses)).rule_of("s") == "t"; }

// x [1, 3, 8, 8] -> conv a (4 channels, 3 x 3, strides 2) -> Relu r -> conv b (2 channels, 1 x 1)
Net conv_relu_conv() {
  Net net;
  const auto a = net.conv("a", net.image(), 4, {.kernel = 3});
  net.output(net.conv("b", net.relu("r", a), 2, {.kernel = 1}));
  return net;
}

std::string rule_with(const std::string& clauses) {
  return fmt::format(
      "rule s {{ region r {{ parents law linear as p through law pass may join law join as k\n"
      "children law linear as c leak pin }}\n{} }}",
      clauses);
}
bool is_met(const Net& net, const std::string& condition) {
  return Engine(net, rule_with("where " + condition + " do scale(p, 2)")).rule_of("a") == "s";
}
std::string reason_of(const Net& net, const std::string& condition) {
  return Engine(net, rule_with("where " + condition + " do scale(p, 2)")).reason("a");
}
std::vector<double> scales_by(const Net& net, const std::string& formula) {
  return Engine(net, rule_with("do scale(p, " + formula + ")")).scale("a");
}

void check_close(const std::vector<double>& is, const std::vector<double>& wanted) {
  INFO(fmt::format("[{}], wanted [{}]", fmt::join(is, ", "), fmt::join(wanted, ", ")));
  REQUIRE(is.size() == wanted.size());
  for (std::size_t i = 0; i < is.size(); ++i) CHECK(std::fabs(is[i] - wanted[i]) <= 1e-6 * std::fabs(wanted[i]));
}

// The weights of an operator that make output channel `o`, or read input channel `o`.
std::vector<double> weights_along(const Net& net, const std::string& name, std::size_t channel, bool made) {
  const graph::Model model = net.model();
  const graph::Tensor& tensor = model.network.tensor(*model.network.find(name + ".weight"));
  const auto dims = tensor.shape.dims();
  const auto* values = reinterpret_cast<const float*>(tensor.constant->bytes.data());
  const auto outs = static_cast<std::size_t>(dims[0]), ins = static_cast<std::size_t>(dims[1]);
  const std::size_t rest = tensor.constant->bytes.size() / sizeof(float) / outs / ins;
  std::vector<double> found;
  for (std::size_t o = 0; o < outs; ++o)
    for (std::size_t i = 0; i < ins; ++i)
      for (std::size_t k = 0; k < rest; ++k)
        if ((made ? o : i) == channel) found.push_back(values[(o * ins + i) * rest + k]);
  return found;
}

}  // namespace

TEST_CASE("if: texts are chosen node by node") {
  const std::string kind = R"((if p.group == 1 then "full" else "grouped"))";
  CHECK_FALSE(takes("where all p: " + kind + R"( == "full")"));
  CHECK_FALSE(takes("where none p: " + kind + R"( == "grouped")"));
  CHECK(takes("where any p: " + kind + R"( == "grouped")"));
  CHECK(takes("where all p: " + kind + R"( like "*u*")"));
}

TEST_CASE("if: one text for all meets one for each node, and the other way round") {
  CHECK_FALSE(takes(R"(where all p: (if count(p) == 2 then p.name else "b") == "b")"));
  CHECK(takes(R"(where all p: (if count(p) == 3 then "none" else p.name) like "?")"));
  CHECK(takes(R"(where any p: (if p.group == 2 then p.name else "other") == "b")"));
}

TEST_CASE("if: an empty set has no nodes, and no branch is read") {
  CHECK(takes("where all k: (if k.channels > 2 then 1 else 0) == 1"));
  CHECK(takes("where none k: (if k.channels > 2 then 1 else 0) == 0"));
  CHECK(takes(R"(where all k: (if k.channels > 2 then "a" else "b") == "a")"));
  CHECK(takes("where overall(max, if k.channels > 2 then 1 else 0) < 1"));
  CHECK(takes("where count(k) == 0"));
}

TEST_CASE("if: what a branch misses that no node takes does not matter") {
  CHECK(takes("where all p: (if p.channels > 0 then 1 else p.max) == 1"));
  const Engine engine(two_parents(), rule_text("where all p: (if p.channels > 0 then p.max else 1) > 0"));
  CHECK(engine.rule_of("s").empty());
  CHECK_THAT(engine.reason("s"), Catch::Matchers::Contains("statistics are missing"));
}

TEST_CASE("formulas: attributes that are lists, whole and item by item") {
  const Net net = conv_relu_conv();
  CHECK(is_met(net, "all p: p.kernel_shape == [3, 3]"));
  CHECK_FALSE(is_met(net, "all p: p.kernel_shape == [3]"));
  CHECK_FALSE(is_met(net, "all p: p.kernel_shape != [3, 3]"));
  CHECK(is_met(net, "all c: c.kernel_shape == [1, 1] and c.strides[0] == 1 and c.dilations[-1] == 1"));
  CHECK(is_met(net, "all p: p.kernel_shape == (if p.name == \"a\" then [3, 3] else [1, 1])"));
  // An item that is not there is missing, as a statistic is.
  CHECK_THAT(reason_of(net, "all p: p.strides[7] == 1"), Catch::Matchers::Contains("[7] of 2 items"));
  // The same in a guard.
  const auto guarded = [&](int kernel) {
    return Engine(net, fmt::format("rule s {{ region r {{ parents Conv where kernel_shape == [3, 3] as p through Relu "
                                   "children Conv where kernel_shape[0] == {} }} do scale(p, 2) }}",
                                   kernel))
        .rule_of("a");
  };
  CHECK(guarded(1) == "s");
  CHECK(guarded(3).empty());
}

TEST_CASE("formulas: an attribute is the number that it is in float32") {
  Net net;
  net.output(net.conv("c", net.op("LeakyRelu", "l", {net.conv("a", net.image(), 4)}, {{"alpha", 0.1F}}), 2));
  const auto takes_it = [&](const std::string& guard) {
    return Engine(net, "rule s { region r { parents Conv as p through LeakyRelu where " + guard +
                           " children Conv } do scale(p, 2) }")
               .rule_of("a") == "s";
  };
  CHECK(takes_it("alpha == 0.1"));
  CHECK_FALSE(takes_it("alpha != 0.1"));
  CHECK_FALSE(takes_it("alpha == 0.1001"));
}

TEST_CASE("formulas: where an operator stands, and the size of a region") {
  const Net net = conv_relu_conv();
  CHECK(is_met(net, "all p: p.reads_input and not p.makes_output"));
  CHECK(is_met(net, "all c: c.makes_output and not c.reads_input"));
  CHECK(is_met(net, "all p: p.depth == 0"));
  CHECK(is_met(net, "all c: c.depth == 2"));  // a and r stand before b
  CHECK(is_met(net, "r.size == 3"));
  Net deep;  // the nearest input counts
  const auto x = deep.image();
  const auto far = deep.conv("a", deep.relu("r1", deep.relu("r0", x)), 4);
  deep.output(deep.conv("c", deep.op("Add", "k", {far, deep.conv("b", x, 4)}), 2));
  CHECK(is_met(deep, "any p: p.depth == 2"));
  CHECK(is_met(deep, "any p: p.depth == 0"));
  CHECK(is_met(deep, "all c: c.depth == 2"));
  CHECK(is_met(deep, "r.size == 4"));
}

TEST_CASE("formulas: shape, rank and type of what an operator makes or reads") {
  const Net net = conv_relu_conv();
  const std::vector<std::int64_t> dims = net.shape("a");
  CHECK(is_met(
      net, fmt::format("all p: p.shape == [{}] and p.rank == 4 and p.dtype == \"float32\"", fmt::join(dims, ", "))));
  CHECK(is_met(net, "all p: p.shape[1] == p.channels and p.shape[1] == 4"));
  CHECK(is_met(net, "all c: c.shape[1] == 4"));  // where it absorbs
  CHECK_FALSE(is_met(net, "all p: p.dtype == \"float16\""));
}

TEST_CASE("formulas: any statistic of the file, scaled with the tensor") {
  const std::string entries =
      R"("r": {"axis": 1, "min": [0, 0, 0, 0], "max": [1, 2, 4, 8], "mean": [0.5, 1, 1, 2],
        "mean_square": [1, 4, 9, 16], "p99.9": [0.5, 1, 2, 4], "p0.1": [-1, -1, -3, -1], "std": [1, 2, 3, 4]})";
  const Net net = conv_relu_conv();
  const auto scale = [&](const std::string& clauses) {
    return Engine(with_statistics(net, entries), rule_with(clauses)).scale("a");
  };
  check_close(scale("do scale(p, p.mean)"), {0.5, 1, 1, 2});
  check_close(scale("do scale(p, sqrt(p.mean_square))"), {1, 2, 3, 4});
  check_close(scale("do scale(p, p.stat(\"p99.9\"))"), {0.5, 1, 2, 4});
  check_close(scale("do scale(p, p.stat(99.9))"), {0.5, 1, 2, 4});
  check_close(scale("do scale(p, p.stat(100))"), {1, 2, 4, 8});
  check_close(scale("do scale(p, range(p))"), {1, 2, 4, 8});
  check_close(scale("do scale(p, range(p, 99.9))"), {1, 1, 3, 4});
  // The second clause reads what the first has left: values by the scale, squares by its square.
  for (const auto& [formula, wanted] :
       std::vector<std::pair<std::string, std::vector<double>>>{{"p.mean", {1, 2, 2, 4}},
                                                                {"p.mean_square", {4, 16, 36, 64}},
                                                                {"p.stat(\"p99.9\")", {1, 2, 4, 8}},
                                                                {"p.stat(\"std\")", {2, 4, 6, 8}}}) {
    INFO(formula);
    std::vector<double> both;
    for (const double each : wanted) both.push_back(2 * each);
    check_close(scale("do scale(p, 2) do scale(p, " + formula + ")"), both);
  }
  const Engine lacking(with_statistics(net, entries), rule_with("do scale(p, p.stat(\"p42\"))"));
  CHECK_THAT(lacking.reason("a"), Catch::Matchers::Contains("'r' has no p42"));
  const Engine none(net, rule_with("do scale(p, p.mean)"));
  CHECK_THAT(none.reason("a"), Catch::Matchers::Contains("statistics are missing"));
}

TEST_CASE("formulas: weights by their mean and by the root of their mean square, of parents and children") {
  const Net net = conv_relu_conv();
  std::vector<double> mean, rms, read;
  for (std::size_t channel = 0; channel < 4; ++channel) {
    double sum = 0, squares = 0, child = 0;
    const std::vector<double> made = weights_along(net, "a", channel, true),
                              reads = weights_along(net, "b", channel, false);
    for (const double each : made) sum += std::fabs(each), squares += each * each;
    for (const double each : reads) child += each * each;
    mean.push_back(sum / static_cast<double>(made.size()));
    rms.push_back(std::sqrt(squares / static_cast<double>(made.size())));
    read.push_back(std::sqrt(child / static_cast<double>(reads.size())));
  }
  check_close(scales_by(net, "p.weight_mean"), mean);
  check_close(scales_by(net, "p.weight_rms"), rms);
  check_close(scales_by(net, "across(max, c.weight_rms)"), read);
}

TEST_CASE("formulas: one value for a group of neighbouring channels, and the number of a channel") {
  Net net;
  net.output(net.conv("b", net.relu("r", net.conv("a", net.image(), 6)), 2));
  CHECK(scales_by(net, "channel(p) + 1") == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(scales_by(net, "grouped(max, channel(p) + 1, 4)") == std::vector<double>{4, 4, 4, 4, 6, 6});
  CHECK(scales_by(net, "grouped(min, channel(p) + 1, 2)") == std::vector<double>{1, 1, 3, 3, 5, 5});
  CHECK(scales_by(net, "grouped(mean, channel(p) + 1, 100)") == std::vector<double>(6, 3.5));
  CHECK(scales_by(net, "if channel(p) == 2 then 1 else 2") == std::vector<double>{2, 2, 1, 2, 2, 2});
}
