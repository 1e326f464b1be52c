// Where activations lie, and how much memory a session takes.
#include "runtime/executor/memory.hpp"

#include <fstream>

#include "graph/builder.hpp"
#include "runtime/executor/session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/random.hpp"

namespace rw::test {
namespace {

using executor::Memory;
using executor::Span;

std::size_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8)) << 10U;
  return 0;
}

// The most that lives at one time.
std::size_t live(const std::vector<Span>& blocks) {
  std::size_t most = 0;
  for (const Span& now : blocks) {
    std::size_t sum = 0;
    for (const Span& each : blocks)
      if (each.begin <= now.begin && now.begin < each.end) sum += each.bytes;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("blocks that live at the same time do not overlap", "[executor]") {
  Random random(1);
  for (int draw = 0; draw < 200; ++draw) {
    std::vector<Span> blocks;
    for (std::int64_t i = 0, count = random.between(1, 60); i < count; ++i) {
      const auto begin = static_cast<std::size_t>(random.between(0, 100));
      blocks.push_back({static_cast<std::size_t>(random.between(1, 50)) * 64, begin,
                        begin + static_cast<std::size_t>(random.between(1, 20))});
    }
    const executor::Places places = executor::place(blocks);
    for (std::size_t a = 0; a < blocks.size(); ++a) {
      CHECK(places.offsets[a] + blocks[a].bytes <= places.bytes);
      for (std::size_t b = 0; b < a; ++b) {
        const bool together = blocks[a].begin < blocks[b].end && blocks[b].begin < blocks[a].end;
        const bool overlap = places.offsets[a] < places.offsets[b] + blocks[b].bytes &&
                             places.offsets[b] < places.offsets[a] + blocks[a].bytes;
        CHECK_FALSE((together && overlap));
      }
    }
    CHECK(places.bytes >= live(blocks));
    CHECK(places.bytes <= 2 * live(blocks));
  }
}

TEST_CASE("a run that goes another way than the one before gets memory of its own", "[executor]") {
  Random random(2);
  Memory memory;
  for (int run = 0; run < 20; ++run) {
    if (run == 10) memory.forget();
    memory.begin();
    std::vector<std::pair<std::shared_ptr<float>, float>> held;
    for (int i = 0; i < 60; ++i) {
      const auto count = static_cast<std::size_t>(random.between(1, 40000));
      auto block = memory.get(count * sizeof(float));
      CHECK(reinterpret_cast<std::uintptr_t>(block.get()) % 64 == 0);
      std::fill_n(block.get(), count, static_cast<float>(i));
      held.emplace_back(std::move(block), static_cast<float>(i));
      const auto gone = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(held.size()) - 1));
      CHECK(*held[gone].first == held[gone].second);
      if (held.size() > 6) held.erase(held.begin() + static_cast<std::ptrdiff_t>(gone));
    }
    for (const auto& [block, value] : held) CHECK(*block == value);
    held.clear();
    memory.end();
  }
}

#ifndef RW_SANITIZED
TEST_CASE("a session takes little more than weights and live activations", "[executor]") {
  constexpr std::int64_t kChannels = 1024, kSide = 32, kLayers = 6;
  const std::vector<std::int64_t> picture = {1, kChannels, kSide, kSide}, weight = {kChannels, kChannels, 1, 1};
  const std::vector<float> weights(kChannels * kChannels, 1.0F / kChannels);
  graph::NetworkBuilder builder;
  const graph::Literal literal{graph::DType::float32, graph::Shape(weight), std::as_bytes(std::span(weights))};
  const graph::TensorId w = builder.tensor("w"), x = builder.tensor("x");
  builder.constant(w, &literal);
  builder.describe(x, graph::DType::float32, graph::Shape(picture));
  builder.input(x);
  graph::TensorId last = x;
  for (int i = 0; i < kLayers; ++i) {  // each has weights of its own, once they are reordered
    const graph::TensorId y = builder.tensor("y" + std::to_string(i)), z = builder.tensor("z" + std::to_string(i));
    builder.add("Conv", "conv" + std::to_string(i), std::vector{last, w}, std::vector{y}, {});
    builder.add("Relu", "relu" + std::to_string(i), std::vector{y}, std::vector{z}, {});
    last = z;
  }
  builder.output(last);
  const graph::Network network = builder.finish();
  executor::Options options;
  options.watched = {last};
  const executor::Inputs inputs = {{x, Array(picture, std::vector<float>(kChannels * kSide * kSide, 1))}};
  const std::size_t before = anonymous_bytes();
  const auto session = executor::open(network, std::move(options));
  std::size_t most = 0;
  for (int run = 0; run < 3; ++run)
    session->run(inputs, [&](const executor::Value& value) {
      CHECK(value.floats[0] == Approx(1));
      most = std::max(most, anonymous_bytes() - before);
    });
  const std::size_t weights_bytes = kLayers * weights.size() * sizeof(float);
  const std::size_t live_bytes = 2 * kChannels * kSide * kSide * sizeof(float);
  INFO(most << " bytes, weights " << weights_bytes << ", activations " << live_bytes);
  CHECK(most <= (weights_bytes + live_bytes) * 13 / 10 + (std::size_t{4} << 20U));  // 4 MiB: the library, its kernels
}
#endif

}  // namespace rw::test
