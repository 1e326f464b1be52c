// Numbers of statistics that are not finite stop the rules that read them, and nobody else.
#include <fmt/format.h>

#include <cmath>

#include "graph/base/mapped_file.hpp"
#include "graph/formats/text/json.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace json = rw::graph::json;

namespace {

// Two regions, behind the Relus r and s.
Net three_layers() {
  Net net;
  const auto b = net.conv("b", net.relu("r", net.conv("a", net.image(), 3, {.spread = 3})), 3, {.spread = 3});
  net.output(net.conv("c", net.relu("s", b), 2));
  return net;
}

struct ReadKey {
  std::string name;
  bool range;  // rules read it
};
const std::vector<ReadKey> kReadKeys = {{"min", true},          {"max", true},    {"mean", false},
                                        {"mean_square", false}, {"std", false},   {"p99.9", false},
                                        {"zero", false},        {"count", false}, {"kurtosis", false}};

// As they stand in files: JSON has no way to write them, Python writes the first three.
const std::vector<std::string> kForms = {"NaN", "Infinity", "-Infinity", "\"nan\"", "\"inf\"", "\"-inf\"", "null"};

// An entry whose `key` has this number in its second channel, and the same of a tensor that nothing scales.
std::string entries(const std::string& key, const std::string& number) {
  std::string r = "{";
  for (const ReadKey& each : kReadKeys)
    r += fmt::format("{}\"{}\": [{}, {}, 3]", r.size() > 1 ? ", " : "", each.name, each.name == "min" ? 0 : 2,
                     each.name == key ? number : std::to_string(each.name == "min" ? 0 : 2));
  const std::string y =
      fmt::format(R"({{"min": [{0}, 0], "max": [1, 1], "note": {1}}})", key == "min" ? number : "0", number);
  return fmt::format(R"("r": {}}}, "s": {{"min": [0, 0, 0], "max": [1, 2, 4]}}, "c": {})", r, y);
}

// Writes the model and says what its calibration has of r; all of the file must be JSON.
rw::graph::Model written(Engine& engine, const TemporaryFolder& folder) {
  const auto& outcome = engine.outcome();
  rw::graph::write_model(
      engine.model(),
      rw::runtime::apply_plan(outcome.analysis, outcome.plan, engine.model().statistics, outcome.statistics),
      folder / "out.json");
  std::string text = read_file(folder / "out.json");
  const auto size = static_cast<std::uint32_t>(text.size());
  text.append(rw::graph::MappedFile::kPadding, ' ');
  json::Document(text, {0, size}).read([](json::Value& root) { root.check(); });
  return rw::graph::read_model(folder / "out.json");
}

}  // namespace

TEST_CASE("A number of statistics that is not finite stops rules that read it alone") {
  const Net net = three_layers();
  const std::string good = entries("none", "0");
  const Engine weights(net, "cross_layer"), finite(with_statistics(net, good), "equalization");
  REQUIRE(weights.rule_of("r") == "cross_layer");
  REQUIRE_FALSE(finite.rule_of("r").empty());
  for (const ReadKey& key : kReadKeys)
    for (const std::string& form : kForms) {
      INFO(key.name << " is " << form);
      Engine reads_weights(with_statistics(net, entries(key.name, form)), "cross_layer");
      for (const std::string tensor : {"r", "s"}) CHECK(reads_weights.scale(tensor) == weights.scale(tensor));
      Engine reads_ranges(with_statistics(net, entries(key.name, form)), "equalization");
      CHECK(reads_ranges.rule_of("s") == finite.rule_of("s"));
      CHECK(reads_ranges.scale("s") == finite.scale("s"));
      CHECK(reads_ranges.rule_of("r") == (key.range ? "" : finite.rule_of("r")));
      if (key.range) CHECK(contains(reads_ranges.reason("r"), "activation ranges are missing"));
      CHECK(contains(report_of(reads_ranges),
                     "statistics have a range that is not finite, which no rule reads (first: 'r')") == key.range);

      const TemporaryFolder folder;
      const rw::graph::Model model = written(reads_weights, folder);
      const auto* entry = model.statistics.find(*model.network.find("r"));
      REQUIRE(entry);
      CHECK(entry->finite == !key.range);
      CHECK(entry->max[2] == Approx(3 * weights.scale("r")[2]));
      if (key.name == "max") CHECK_FALSE(std::isfinite(entry->max[1]));
      if (key.name == "min") CHECK_FALSE(std::isfinite(entry->min[1]));
    }
}

TEST_CASE("A range that is not finite is missed by formulas, regions and conditions, in every place that reads one") {
  const Net net = three_layers();
  const std::string bad = R"("r": {"min": [0, 0, 0], "max": [1, NaN, 2]}, "s": {"min": [0, 0, 0], "max": [1, 2, 4]})";
  const auto rule = [](const std::string& rest) {
    return "rule each { region r { parents Conv as p through Relu children Conv as c } " + rest + " }\n";
  };
  const std::string told = "'r' has numbers that are not finite";
  for (const std::string& text :
       {rule("do scale(p, 1 + 0 * p.max)"), rule("do scale(p, 1 + 0 * p.min)"),
        rule("where any p: largest(p.max) > 0 do scale(p, 2)"), rule("needs stats(p) do scale(p, 2)"),
        rule("needs stats(r) do scale(p, 2)"), rule("do scale(p, 1 + 0 * r.max)"),
        read_file(source_path("rules/absorb_bias.dsl")), read_file(source_path("rules/mixed.dsl"))}) {
    INFO(text);
    const Engine engine(with_statistics(net, bad), text);
    CHECK(engine.rule_of("r").empty());
    CHECK_FALSE(engine.reason("r").empty());
    if (contains(text, "p.max)") && contains(text, "rule each"))
      CHECK(contains(report_of(engine), "statistics are missing"));
  }
  const Engine engine(with_statistics(net, bad), rule("do scale(p, 1 + 0 * p.max)"));
  CHECK(contains(engine.reason("r"), told));
  CHECK(engine.rule_of("s") == "each");
}

TEST_CASE("Tables of other tools may have numbers that are not finite") {
  const Net net = three_layers();
  for (
      const std::string text :
      {R"({"CLS": "TensorsData", "data": {"r": {"lowest": 0, "highest": NaN, "hist": [1, Infinity]}, "s": {"lowest": 0, "highest": 4}}})",
       R"({"version": "0.6.1", "activation_encodings": {"r": [{"bitwidth": 8, "min": -Infinity, "max": 1, "scale": NaN}],
            "s": [{"bitwidth": 8, "min": 0, "max": 4}]}})",
       R"({"version": "1.0.0", "activation_encodings": [{"name": "r", "bw": 8, "scale": [NaN], "offset": [0]},
            {"name": "s", "bw": 8, "scale": [0.5], "offset": [0]}]})",
       R"({"version": "2.0.0", "encodings": [{"name": "r", "output_dtype": "uint8", "y_scale": 0.5, "y_zero_point": "nan"},
            {"name": "s", "output_dtype": "uint8", "y_scale": 0.5}]})"}) {
    INFO(text);
    const TemporaryFolder folder;
    rw::graph::Model model = rw::graph::read_model(net.save(folder.path(), "m"));
    write_file(folder / "s.json", text);
    rw::graph::read_statistics(folder / "s.json", model);
    Engine engine(std::move(model), "equalization");
    CHECK(engine.rule_of("r").empty());
    CHECK_FALSE(engine.rule_of("s").empty());
    CHECK(contains(report_of(engine), "note: 1 of 2 statistics have a range that is not finite"));
    written(engine, folder);
  }
}
