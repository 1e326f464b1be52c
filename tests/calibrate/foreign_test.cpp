// Statistics that other tools write, and statistics that do not fit.
#include <cmath>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/calibrate/measured.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// The statistics that a text adds to the small network.
graph::Model with(const Small& small, const std::string& text) {
  write_file(small.folder / "s.json", text);
  graph::Model model = graph::read_model(small.model);
  graph::read_statistics(small.folder / "s.json", model);
  return model;
}

std::string error(const Small& small, const std::string& text) {
  try {
    with(small, text);
  } catch (const graph::Error& error) {
    return error.place + ": " + error.message;
  }
  FAIL("it was read");
  return {};
}

void check_range(const graph::Model& model, const std::string& tensor, double min, double max) {
  INFO(tensor);
  const graph::Statistic* entry = model.statistics.find(*model.network.find(tensor));
  REQUIRE(entry);
  CHECK(entry->whole);
  CHECK(std::vector<double>(entry->min.begin(), entry->min.end()) == std::vector{min});
  CHECK(std::vector<double>(entry->max.begin(), entry->max.end()) == std::vector{max});
}

Outcome run_with(const Small& small, const std::string& text, const std::string& out = "out.json") {
  write_file(small.folder / "s.json", text);
  return run_in(small.folder, {"m.json", "equalization", "--stats", "s.json", "-o", out});
}

}  // namespace

TEST_CASE("Calibration tables of ONNX Runtime are read") {
  const Small small;
  const graph::Model model = with(small, R"({"CLS": "TensorsData", "data": {
    "r": {"lowest": {"data": 0.0, "dtype": "float32", "CLS": "numpy.array"},
          "highest": {"data": [2.5], "dtype": "float32", "CLS": "numpy.array"}, "CLS": "TensorData"},
    "b": {"hist": {"data": [1, 2], "dtype": "int64", "CLS": "numpy.array"}, "lowest": -1, "highest": 3, "CLS": "TensorData"},
    "a": {"lowest": {"data": [[0, 1, 2, 3, 4, 5]], "CLS": "numpy.array"},
          "highest": {"data": [[1, 2, 3, 4, 5, 6]], "CLS": "numpy.array"}}
    }, "calibration_method": {"CLS": "CalibrationMethod", "value": "CalibrationMethod.MinMax"}})");
  check_range(model, "r", 0, 2.5);
  check_range(model, "b", -1, 3);
  const graph::Statistic* a = model.statistics.find(*model.network.find("a"));
  REQUIRE(a);
  CHECK_FALSE(a->whole);
  CHECK(a->max.size() == 6);
  check_range(with(small, R"({"r": {"CLS": "TensorData", "lowest": 0, "highest": 2}})"), "r", 0, 2);
  CHECK(contains(error(small, R"({"CLS": "TensorsData"})"), "the key \"data\" is missing"));
  CHECK(contains(error(small, R"({"CLS": "TensorsData", "data": {"r": {"lowest": 3, "highest": 1}}})"),
                 "calibration 'r', line 1"));
  CHECK(contains(error(small, R"({"CLS": "TensorsData", "data": {"r": {"lowest": 3}}})"),
                 "its range has 1 lower and 0 upper ends"));
}

TEST_CASE("Encodings of AIMET are read, of every version") {
  const Small small;
  check_range(with(small, R"({"version": "0.6.1", "activation_encodings": {
    "r": [{"bitwidth": 8, "dtype": "int", "is_symmetric": "False", "max": 6.0, "min": 0.0, "offset": 0, "scale": 0.02}],
    "b": [{"bitwidth": 16, "dtype": "float"}]}, "param_encodings": {"a.weight": [{"min": -1, "max": 1}]}})"),
              "r", 0, 6);
  check_range(with(small, R"({"version": "1.0.0", "activation_encodings": [
    {"bw": 8, "dtype": "INT", "enc_type": "PER_TENSOR", "is_sym": false, "name": "r", "offset": [-4], "scale": [0.5]}],
    "param_encodings": []})"),
              "r", -2, 125.5);
  check_range(with(small, R"({"version": "2.0.0", "encodings": [
    {"name": "r", "output_dtype": "uint8", "y_scale": 0.5, "y_zero_point": 4},
    {"name": "a.weight", "output_dtype": "int8", "y_scale": [1, 2], "axis": 0}]})"),
              "r", -2, 125.5);
  check_range(
      with(small, R"({"version": "2.0.0", "encodings": [{"name": "r", "output_dtype": "int8", "y_scale": 0.5}]})"), "r",
      -64, 63.5);
  CHECK(contains(error(small, R"({"activation_encodings": {"conv1": {"output": {"0": {"min": 0, "max": 1}}}}})"),
                 "these are encodings by modules of PyTorch"));
  CHECK(contains(error(small, R"({"activation_encodings": [{"name": "r", "bw": 8}]})"),
                 "expected \"min\" and \"max\", or \"scale\" and \"offset\""));
}

TEST_CASE("A range of a whole tensor serves all channels, is told, and becomes one for each channel") {
  const Small small;
  for (const std::string text : {R"({"r": [0, 8]})", R"({"r": {"min": 0, "max": 8}})",
                                 R"({"r": {"axis": null, "min": [0], "max": [8], "mean": [1], "p99.9": [7]}})",
                                 R"({"format": "rewrite-engine/stats", "version": 1, "tensors": {"r": [0, 8]}})",
                                 R"({"CLS": "TensorsData", "data": {"r": {"lowest": 0, "highest": 8}}})"}) {
    INFO(text);
    // A rule that scales by weights, so that the channels have ranges of their own afterwards.
    write_file(small.folder / "w.dsl",
               "rule w {\n  region r {\n    parents Conv as p\n    through Relu\n    children Conv as c\n  }\n"
               "  needs stats(p)\n  do scale(p, largest(p.weight) / p.weight)\n}\n");
    write_file(small.folder / "s.json", text);
    const Outcome outcome =
        run_in(small.folder, {"m.json", "./w.dsl", "--stats", "s.json", "-o", "out.json", "--plan", "p.json"});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    const graph::Model model = graph::read_model(small.folder / "out.json");
    const graph::Statistic* entry = model.statistics.find(*model.network.find("r"));
    REQUIRE(entry);
    CHECK_FALSE(entry->whole);
    CHECK(entry->axis == 1);
    REQUIRE(entry->max.size() == 6);
    // The scale of a channel is what its weights were multiplied by.
    const graph::Network before = small.net.network();
    const auto weights = [](const graph::Network& network) {
      return read_literal(*network.tensor(*network.find("a.weight")).constant);
    };
    const Array old = weights(before), now = weights(model.network);
    const std::size_t row = old.count() / 6;
    bool differ = false;
    for (std::size_t i = 0; i < 6; ++i) {
      const double scale = static_cast<double>(now.floats()[i * row]) / static_cast<double>(old.floats()[i * row]);
      CHECK(std::fabs(entry->max[i] - 8 * scale) <= 1e-5 * entry->max[i]);
      CHECK(entry->min[i] == 0);
      differ |= std::fabs(entry->max[i] - entry->max[0]) > 1;
    }
    CHECK(differ);
    write_file(small.folder / "none.dsl", "");
    REQUIRE(run_in(small.folder, {"m.json", "./none.dsl", "--stats", "s.json", "-o", "with.json"}).status == 0);
    const Outcome applied = run_in(small.folder, {"apply", "p.json", "with.json", "-o", "applied.json"});
    INFO(applied.err);
    CHECK(applied.status == 0);
    const graph::Model again = graph::read_model(small.folder / "applied.json");
    CHECK(again.statistics.find(*again.network.find("r"))->text == entry->text);
    CHECK(contains(outcome.out,
                   "note: 1 of 1 statistics are ranges of whole tensors: each serves all channels of its tensor\n"));
    CHECK_FALSE(contains(outcome.out, "pass --stats"));
  }
}

TEST_CASE("Names that are no tensors are told with the nearest, and what is used is counted") {
  const Small small;
  std::string text = R"({"r": [0, 8], "flat": [0, 1], "gg": [0, 1]})";
  const Outcome outcome = run_with(small, text);
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, "note: 2 of 3 statistics name no tensor of the model (first: 'flat'"));
  CHECK(run_in(small.folder, {"m.json", "equalization", "--stats", "s.json", "-o", "o2.json", "--json", "report.json"})
            .status == 0);
  CHECK(contains(
      read_file(small.folder / "report.json"),
      "\"statistics\": {\"entries\": 3, \"used\": 1, \"whole_tensor\": 1, \"other_axis\": 0, \"unknown_tensor\": 2, "
      "\"not_finite\": 0}"));
  Net net;
  net.output(net.conv("/layer/Conv_1_output_0", net.relu("/layer/Relu_output_0", net.conv("c", net.image(), 4)), 4));
  const TemporaryFolder folder;
  net.save(folder.path(), "n");
  write_file(folder / "s.json", R"({"/layer/Relu_1_output_0": [0, 1]})");
  const Outcome near = run_in(folder, {"n.json", "equalization", "--stats", "s.json", "-o", "out.json"});
  CHECK(contains(near.out, "(first: '/layer/Relu_1_output_0'; did you mean '/layer/Relu_output_0'?)"));
  CHECK(contains(near.out, "warning: none of the 1 statistics fits a tensor that carries a scale"));
  CHECK_FALSE(contains(near.out + near.err, "pass --stats"));
}

TEST_CASE("A run without any statistics says where ranges come from, one whose statistics fit nothing does not") {
  const Small small;
  const std::string bare = read_file(small.model);
  const Outcome none = run_in(small.folder, {"m.json", "equalization", "-o", "out.json"});
  CHECK(contains(none.out, "ranges of activations: --stats FILE, or --data FILES on which they are measured\n"));
  for (const std::string text : {R"({"x1": [0, 1], "y1": [0, 1]})",
                                 R"({"r": {"axis": 2, "min": [0,0,0,0,0,0,0,0], "max": [1,1,1,1,1,1,1,1]}})"}) {
    const Outcome wrong = run_with(small, text);
    INFO(wrong.err);
    CHECK(wrong.status == 0);
    CHECK(contains(wrong.out, "warning: none of the"));
    CHECK_FALSE(contains(wrong.out + wrong.err, "--stats FILE"));
    const Outcome why = run_in(small.folder, {"explain", "m.json", "equalization", "--stats", "s.json"});
    CHECK_FALSE(contains(why.out, "pass --stats"));
  }
}

TEST_CASE("Ranges that are none are told with their place") {
  const Small small;
  CHECK(contains(error(small, R"({"r": [1]})"), "two numbers [lo, hi], found a list of 1"));
  CHECK(contains(error(small, R"({"r": [2, 1]})"), "min 2 is larger than max 1"));
  CHECK(contains(error(small, R"({"r": []})"), "two numbers [lo, hi], found a list of 0"));
  CHECK(contains(error(small, R"({"r": ["a", 1]})"), "calibration 'r', line 1"));
  CHECK(contains(error(small, R"({"r": {"axis": null, "min": [0, 0], "max": [1, 1]}})"), "it is of the whole tensor"));
  CHECK(contains(error(small, R"({"r": {"min": 0, "max": [1, 2]}})"), "\"min\" has 1 numbers"));
}
