// Networks from files. A trained one judges the evaluator: by its labels, and by the ranges that ONNX Runtime measured.
#include "graph/model.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

const std::filesystem::path kData = data_path("");

Array image(const Array& images, std::size_t i) {
  const Dims shape = {1, images.dim(1), images.dim(2), images.dim(3)};
  const auto begin = images.floats().begin() + static_cast<std::ptrdiff_t>(i * count(shape));
  return Array(shape, std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count(shape))));
}

struct Range {
  std::vector<double> min, max;
};

// Ranges along axis 1 over all images.
std::map<std::string, Range> measure(const graph::Network& network, const Array& images) {
  std::map<std::string, Range> ranges;
  for (std::size_t i = 0; i < static_cast<std::size_t>(images.dim(0)); ++i) {
    for (const auto& [name, array] : evaluate(network, {{"x", image(images, i)}})) {
      if (array.rank() < 2 || network.tensor(*network.find(name)).constant) continue;
      const auto channels = static_cast<std::size_t>(array.dim(1));
      Range& range = ranges[name];
      range.min.resize(channels, std::numeric_limits<double>::infinity());
      range.max.resize(channels, -std::numeric_limits<double>::infinity());
      const std::size_t plane = array.count() / channels;
      for (std::size_t at = 0; at < array.count(); ++at) {
        range.min[at / plane] = std::min<double>(range.min[at / plane], array.floats()[at]);
        range.max[at / plane] = std::max<double>(range.max[at / plane], array.floats()[at]);
      }
    }
  }
  return ranges;
}

}  // namespace

TEST_CASE("a trained network reads handwritten digits", "[model]") {
  const graph::Model model = graph::read_model(kData / "digits_res.json");
  const Array images = read_npy(kData / "digits_x.npy"), labels = read_npy(kData / "digits_y.npy");
  constexpr std::size_t kImages = 100;
  std::size_t right = 0;
  for (std::size_t i = 0; i < kImages; ++i) {
    const std::vector<float> scores = evaluate(model.network, {{"x", image(images, i)}}).at("y").floats();
    right += std::max_element(scores.begin(), scores.end()) - scores.begin() == labels.ints()[i];
  }
  CHECK(right >= 97);  // its accuracy on all images is 0.994
}

TEST_CASE("the ranges of a trained network are those of ONNX Runtime", "[model]") {
  const graph::Model model = graph::read_model(kData / "digits_res.json");
  const auto measured = measure(model.network, read_npy(kData / "digits_calib.npy"));
  std::size_t compared = 0;
  for (const graph::Statistic& wanted : model.statistics.entries()) {
    const std::string name(model.network.tensor(wanted.tensor).name);
    INFO(name);
    const Range& got = measured.at(name);
    REQUIRE(got.min.size() == wanted.min.size());
    double magnitude = 0, error = 0;
    for (std::size_t c = 0; c < got.min.size(); ++c) {
      magnitude = std::max({magnitude, std::abs(wanted.min[c]), std::abs(wanted.max[c])});
      error = std::max({error, std::abs(got.min[c] - wanted.min[c]), std::abs(got.max[c] - wanted.max[c])});
    }
    CHECK(error <= 2e-6 * magnitude);
    ++compared;
  }
  CHECK(compared == 32);
}

TEST_CASE("a network that a test saves is read as it was", "[model]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    const Net net = random_net(seed);
    const TemporaryFolder folder;
    const graph::Model read = graph::read_model(net.save(folder.path(), "net"));
    const Arrays values = evaluate(read.network, net.inputs(0));
    for (const std::string& output : net.outputs()) CHECK(identical(values.at(output), net.value(output)));
    const graph::Model made = net.model();
    REQUIRE(read.statistics.entries().size() == made.statistics.entries().size());
    for (const graph::Statistic& entry : made.statistics.entries()) {
      const graph::Statistic* other = read.statistics.find(read.network.find(entry.name).value());
      REQUIRE(other != nullptr);
      CHECK(std::equal(entry.min.begin(), entry.min.end(), other->min.begin(), other->min.end()));
      CHECK(std::equal(entry.max.begin(), entry.max.end(), other->max.begin(), other->max.end()));
    }
  }
}

}  // namespace rw::test
