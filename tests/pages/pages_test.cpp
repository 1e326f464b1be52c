// Pages: what is text stays text, whatever it is; nothing of a page asks for anything; and the figures that pages and
// the report as data share are those of the network as it was and as it will be.
#include <algorithm>
#include <cmath>
#include <regex>
#include <sstream>

#include "graph/rewritten.hpp"
#include "runtime/evaluator/literal.hpp"
#include "runtime/html/escape.hpp"
#include "runtime/html/markup.hpp"
#include "runtime/html/part.hpp"
#include "runtime/html/plot.hpp"
#include "runtime/report/channels.hpp"
#include "runtime/report/layers.hpp"
#include "runtime/written/written_network.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// The largest magnitude of a Conv's weight by output channel (axis 0) or by input channel (axis 1; no groups).
std::vector<double> magnitudes(const graph::Network& network, const std::string& op, std::size_t axis) {
  const graph::Tensor& weight = network.tensor(network.op(*network.find_operator(op)).inputs[1]);
  const evaluator::Array array = evaluator::read_literal(*weight.constant);
  const std::vector<double> values(array.floats().begin(), array.floats().end());
  const auto dims = weight.constant->shape.dims();
  std::size_t behind = 1;
  for (std::size_t i = axis + 1; i < dims.size(); ++i) behind *= static_cast<std::size_t>(dims[i]);
  std::vector<double> most(static_cast<std::size_t>(dims[axis]), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double& each = most[i / behind % most.size()];
    each = std::max(each, std::fabs(values[i]));
  }
  return most;
}

void near(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::fabs(a[i] - b[i]) <= 1e-6 * std::fabs(b[i]));
}

Net two_layers() {
  Net net;
  net.output(net.conv("c", net.relu("r", net.conv("a", net.image(), 6)), 3));
  net.calibrate();
  return net;
}

}  // namespace

TEST_CASE("html: text of anybody's files is text") {
  CHECK(html::escaped("<b a=\"1\" c='2'>&amp;") == "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
  CHECK(html::escaped("a\u202Eb\xFF\n") == "a\\u202eb\\xff\\n");
  html::Markup page;
  page.open("p", {{"title", "\"><script>"}}).text("</p><script>").close();
  CHECK(page.str() == "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;/p&gt;&lt;script&gt;</p>");
  html::Markup figures;
  figures.leaf("path", {{"d", "M0 1.5h-3\"><script>'", html::As::figures}});
  CHECK(figures.str() == "<path d=\"M0 1.5h-3script\"/>");
  CHECK(html::shortened("abcdefghij", 10) == "abcdefghij");
  CHECK(html::shortened("abcdefghijk", 5) == "ab\u2026jk");
  CHECK(html::shortened("\u00e4\u00f6\u00fc\u00df\u00e9\u00e8", 3) == "\u00e4\u2026\u00e8");
}

TEST_CASE("html: script and style are small, ask for nothing, and evaluate nothing") {
  std::size_t bytes = 0;
  for (const html::Part& each : html::parts()) {
    INFO(each.name);
    bytes += each.text.size();
    for (const char* never : {"eval(", "new Function", "innerHTML", "outerHTML", "document.write", "insertAdjacentHTML",
                              "http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "setAttribute(\"on"})
      CHECK_FALSE(contains(std::string(each.text), never));
    CHECK(each.digest.size() == 64);
  }
  CHECK(html::parts().size() == 2);
  CHECK(bytes < 100 * 1024);
}

TEST_CASE("html: a plot of many channels is drawn in steps that hold their extremes, and says so") {
  std::vector<double> low(1000, -1.0), high(1000, 1.0);
  high[777] = 10;
  html::Markup page;
  html::add_plot(page, {"t", "range", low, high, low, high});
  CHECK(contains(page.str(), "1000 channels, drawn in 256 steps"));
  CHECK(contains(page.str(), "largest 10 \u2192 10"));
  CHECK(page.size() < 20'000);
  CHECK(contains(page.str(), "V0h1"));  // one step comes to the top
  CHECK_FALSE(contains(page.str(), "data-hi"));
}

TEST_CASE("html: figures of plots have three digits, of any size and sign") {
  const std::vector<double> values = {0,   1,        -1,       10,      100,   999.6, 12345,
                                      0.5, -0.01234, 1.005e-7, 3.14159, 99.96, 1e30,  5e-30};
  html::Markup page;
  html::add_plot(page, {"t", "weight", {}, values, {}, values});
  std::smatch found;
  const std::string text = page.str();
  REQUIRE(std::regex_search(text, found, std::regex("data-hi=\"([^\"]*)\"")));
  std::istringstream list(found[1]);
  for (const double each : values) {
    std::string shown;
    list >> shown;
    INFO(shown << " for " << each);
    CHECK(shown.size() <= 8);
    CHECK(std::fabs(std::stod(shown) - each) <= 0.0051 * std::fabs(each));
  }
}

TEST_CASE("report: ranges and weights before and after are those of the networks as read and as written") {
  Engine engine(two_layers(), "cross_layer");
  const runtime::Outcome& outcome = engine.outcome();
  const graph::Rewritten rewritten(engine.network(), outcome.rewriting);
  const graph::Network after = runtime::written_network(rewritten);
  REQUIRE(outcome.visited.size() == 2);
  const runtime::RegionChannels region = runtime::channels_of(outcome, outcome.visited[0], true);
  REQUIRE(region.weights.size() == 2);
  CHECK(region.weights[0].parent);
  near(region.weights[0].before, magnitudes(engine.network(), "a", 0));
  near(region.weights[0].after, magnitudes(after, "a", 0));
  CHECK_FALSE(region.weights[1].parent);
  near(region.weights[1].before, magnitudes(engine.network(), "c", 1));
  near(region.weights[1].after, magnitudes(after, "c", 1));
  CHECK(region.weights[0].before != region.weights[0].after);
  REQUIRE(region.activations.size() == 2);
  for (const runtime::ActivationChannels& each : region.activations) {
    const std::string name(engine.network().tensor(each.tensor).name);
    const graph::Statistic* entry = engine.model().statistics.find(each.tensor);
    if (!entry) continue;
    const std::vector<double> scale = engine.scale(name);
    for (std::size_t i = 0; i < scale.size(); ++i) {
      CHECK(each.before.high[i] == entry->max[i]);
      CHECK(std::fabs(each.after.high[i] - entry->max[i] * scale[i]) <= 1e-12 * std::fabs(entry->max[i] * scale[i]));
      CHECK(std::fabs(each.after.low[i] - entry->min[i] * scale[i]) <= 1e-12 * std::fabs(entry->min[i] * scale[i]));
    }
  }
  // The narrowest channel, looked for among all of them.
  REQUIRE_FALSE(region.narrow.empty());
  double least = 1;
  for (const runtime::ActivationChannels& each : region.activations) {
    std::vector<double> fills;
    for (std::size_t i = 0; i < each.after.high.size(); ++i)
      fills.push_back(std::max(std::fabs(each.after.low[i]), std::fabs(each.after.high[i])));
    if (fills.empty()) continue;
    const double most = *std::max_element(fills.begin(), fills.end());
    for (const double fill : fills)
      if (fill > 0) least = std::min(least, fill / most);
  }
  CHECK(region.narrow[0].after == least);
}

TEST_CASE("report: the noise of all layers is the noise that was predicted") {
  Net net;
  auto x = net.image();
  for (const char* name : {"a", "b", "c", "d"}) x = net.relu(std::string("r") + name, net.conv(name, x, 5));
  net.output(net.conv("e", x, 3));
  net.calibrate();
  Engine engine(net, "balance", {.predict = true});
  const auto& prediction = engine.outcome().prediction;
  REQUIRE(prediction);
  const runtime::Layers layers = runtime::layers_of(engine.outcome(), {});
  CHECK(layers.are == runtime::LayersAre::predicted);
  double before = 0, after = 0;
  for (const runtime::Layer& each : layers.list) {
    before += std::pow(10, *each.before / 10);
    after += std::pow(10, *each.after / 10);
  }
  const auto both = [](const runtime::NoiseValue& noise) {
    return noise.parts[runtime::kPerTensor] + 0.3 * noise.parts[runtime::kActivations];
  };
  CHECK(std::fabs(before - 1) < 1e-9);
  CHECK(std::fabs(after - both(prediction->after) / both(prediction->before)) < 1e-9);
  // Each of them lies in the region that its tensor lies in.
  for (const runtime::Layer& each : layers.list) {
    if (each.region == graph::kNone) continue;
    const auto& tensors = engine.outcome().regions[engine.outcome().visited[each.region].region].tensors;
    CHECK(std::any_of(tensors.begin(), tensors.end(),
                      [&](graph::TensorId id) { return engine.network().tensor(id).name == each.tensor; }));
  }
}
