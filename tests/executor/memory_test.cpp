// Where activations lie, and how much memory a session takes.
#include "runtime/executor/memory.hpp"

#include <malloc.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/builder.hpp"
#include "runtime/executor/session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/random.hpp"

namespace rw::test {
namespace {

using executor::Memory;
using executor::Span;

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
namespace {

std::size_t anonymous_bytes() {
  malloc_trim(0);  // what is free is not in use
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8)) << 10U;
  return 0;
}

// Convolutions of 1x1, one behind the other, all with the same weights, which each keeps in a format of its own.
struct Chain {
  Chain(std::int64_t channels, std::int64_t side, int layers)
      : picture{1, channels, side, side},
        shape{channels, channels, 1, 1},
        weights(static_cast<std::size_t>(channels * channels), 1.0F / static_cast<float>(channels)),
        literal{graph::DType::float32, graph::Shape(shape), std::as_bytes(std::span(weights))} {
    graph::NetworkBuilder builder;
    const graph::TensorId w = builder.tensor("w"), x = builder.tensor("x");
    builder.constant(w, &literal);
    builder.describe(x, graph::DType::float32, graph::Shape(picture));
    builder.input(x);
    last = x;
    for (int i = 0; i < layers; ++i) {
      const graph::TensorId y = builder.tensor("y" + std::to_string(i)), z = builder.tensor("z" + std::to_string(i));
      builder.add("Conv", "conv" + std::to_string(i), std::vector{last, w}, std::vector{y}, {});
      builder.add("Relu", "relu" + std::to_string(i), std::vector{y}, std::vector{z}, {});
      last = z;
    }
    builder.output(last);
    network = builder.finish();
    inputs = {{x, Array(picture, std::vector<float>(picture_bytes() / sizeof(float), 1))}};
  }
  std::size_t picture_bytes() const { return evaluator::count(picture) * sizeof(float); }
  std::size_t weight_bytes() const { return weights.size() * sizeof(float); }

  // The most anonymous memory while it runs three times.
  std::size_t most_bytes() const {
    executor::Options options;
    options.watched = {last};
    const auto session = executor::open(network, std::move(options));
    std::size_t most = 0;
    for (int run = 0; run < 3; ++run)
      session->run(inputs, [&](const executor::Value& value) {
        CHECK(value.floats[0] == Approx(1));
        most = std::max(most, anonymous_bytes());
      });
    return most;
  }

  std::vector<std::int64_t> picture, shape;
  std::vector<float> weights;
  graph::Literal literal;
  graph::Network network;
  graph::TensorId last = graph::kNone;
  executor::Inputs inputs;
};

constexpr std::size_t kMiB = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("a session takes little more than weights and live activations", "[executor]") {
  constexpr int kLayers = 6;
  const Chain chain(1024, 32, kLayers);
  const std::size_t before = anonymous_bytes(), most = chain.most_bytes() - before;
  const std::size_t weights = kLayers * chain.weight_bytes(), live = 2 * chain.picture_bytes();
  INFO(most << " bytes, weights " << weights << ", activations " << live);
  CHECK(most <= weights * 13 / 10 + live + 4 * kMiB);  // 4 MiB: the library, its kernels
}

TEST_CASE("tensors of a session take what weights and live activations take, however small", "[executor]") {
  constexpr std::size_t kLayers = 6, kBeside = 10240;  // bytes that kernels need while they run
  for (const auto& [channels, size] : {std::pair{16, 8}, {64, 8}, {256, 16}}) {
    const Chain chain(channels, size, kLayers);
    const auto session = executor::open(chain.network, {});
    for (int run = 0; run < 2; ++run) session->run(chain.inputs, [](const executor::Value&) {});
    const auto [weights, activations] = session->footprint();
    INFO(channels << " channels: weights " << weights << ", activations " << activations);
    CHECK(weights >= kLayers * chain.weight_bytes());
    CHECK(weights <= kLayers * chain.weight_bytes() * 13 / 10);
    CHECK(activations >= chain.picture_bytes());
    CHECK(activations <= 2 * chain.picture_bytes() + kBeside);
  }
}

TEST_CASE("layers of equal shapes share what computes them", "[executor]") {
  constexpr int kLayers = 400;
  const Chain chain(16, 8, kLayers);
  executor::open(chain.network, {})->run(chain.inputs, [](const executor::Value&) {});  // the library is there
  const std::size_t before = anonymous_bytes(), most = chain.most_bytes() - before;
  INFO(most << " bytes");
  CHECK(most <= kLayers * (std::size_t{8} << 10U));  // oneDNN alone takes 30 KiB and more for each
}

TEST_CASE("what a session took goes with it", "[executor]") {
  Chain(48, 8, 4).most_bytes();
  const std::size_t before = anonymous_bytes();
  for (std::int64_t side = 9; side < 49; ++side) Chain(48, side, 4).most_bytes();
  INFO(anonymous_bytes() - before << " bytes");
  CHECK(anonymous_bytes() <= before + kMiB);
}

TEST_CASE("code of kernels is not put together to huge pages", "[executor]") {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) return;
  const Chain chain(40, 8, 2);
  const auto session = executor::open(chain.network, {});
  session->run(chain.inputs, [](const executor::Value&) {});
  std::ifstream maps("/proc/self/smaps");
  std::string rights;
  int found = 0;
  for (std::string line, word; std::getline(maps, line);) {
    std::istringstream words(line);
    words >> word;
    if (word.find('-') != std::string::npos) words >> rights;
    if (word != "VmFlags:" || rights != "rwxp") continue;
    ++found;
    INFO(line);
    CHECK(line.find(" nh") != std::string::npos);
  }
  CHECK(found > 0);
}
#endif

}  // namespace rw::test
