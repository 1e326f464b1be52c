// What the rule files are for: a network whose channels are out of balance loses less when it is rounded to eight bits.
#include "graph/model.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/quantize.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

Array some_digits(std::int64_t count) {
  const Array images = read_npy(data_path("digits_x.npy"));
  return Array({count, 1, 16, 16}, std::vector<float>(images.floats().begin(), images.floats().begin() + count * 256));
}

struct Case {
  const char* model;
  std::vector<std::string> rules;
  double gain;  // dB that it must win
};

}  // namespace

TEST_CASE("Rewritten networks lose less when they are rounded to eight bits") {
  // The channels of these networks are out of balance by more than the 20 that equalization allows itself.
  const std::vector<std::string> equalization = {"equalization",     "--param", "pair.hi=100000",           "--param",
                                                 "concat.hi=100000", "--param", "residual_family.hi=100000"};
  const std::vector<std::string> wide = {"wide", "--param", "wide.hi=100000"};
  const auto clip = [](std::vector<std::string> rules) {
    rules.insert(rules.begin(), "clip");
    return rules;
  };
  const std::vector<Case> cases = {
      {"digits_dense_imb.json", equalization, 10},           {"digits_dense_imb.json", wide, 10},
      {"digits_dense_imb.json", {"cross_layer"}, 30},        {"digits_dense_imb.json", {"mixed"}, 30},
      {"digits_mbv2_relu_imb.json", equalization, 10},       {"digits_mbv2_relu_imb.json", wide, 10},
      {"digits_mbv2_relu_imb.json", {"cross_layer"}, 30},    {"digits_mbv2_relu_imb.json", {"mixed"}, 30},
      {"digits_mbv2_imb.onnx", clip(equalization), 10},      {"digits_mbv2_imb.onnx", clip(wide), 10},
      {"digits_mbv2_imb.onnx", {"clip", "cross_layer"}, 30}, {"digits_mbv2_imb.onnx", {"clip", "mixed"}, 30},
  };
  const Arrays inputs = {{"x", some_digits(unless_sanitized(16, 2))}};
  for (const Case& each : cases) {
    const TemporaryFolder folder;
    const std::filesystem::path model = data_path(each.model);
    const std::string out = (folder / ("out" + model.extension().string())).string();
    std::vector<std::string> arguments = {model.string()};
    arguments.insert(arguments.end(), each.rules.begin(), each.rules.end());
    arguments.insert(arguments.end(), {"-o", out});
    const auto stats = std::filesystem::path(model).replace_extension(".stats.json");
    if (std::filesystem::exists(stats)) arguments.insert(arguments.end(), {"--stats", stats.string()});
    const Outcome outcome = run_engine(arguments);
    INFO(outcome.err << outcome.out);
    REQUIRE(outcome.status == 0);
    const double before = signal_to_noise(graph::read_model(model).network, inputs, "y");
    const double after = signal_to_noise(graph::read_model(out).network, inputs, "y");
    INFO(each.model << " " << each.rules[0] << " " << each.rules.back() << ": " << before << " dB, " << after << " dB");
    CHECK(after > before + each.gain);
  }
}
