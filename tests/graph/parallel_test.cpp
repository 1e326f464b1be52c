// Threads: all of the work is done, by as many as there may be, and what comes out is the same for any number.
#include "graph/base/parallel.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "graph/formats/output/block_queue.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/threads.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// So many threads until the test ends.
std::vector<std::byte> bytes_from(std::size_t count, std::size_t first) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>((first + i) * 31);
  return bytes;
}

}  // namespace

TEST_CASE("Every index is called once, whatever the number of threads") {
  for (const unsigned count : {1U, 2U, 3U, 16U}) {
    const Threads set(count);
    CHECK(threads() == count);
    for (const std::size_t calls : {0U, 1U, 2U, 1000U}) {
      std::vector<std::atomic<int>> seen(calls);
      parallel_for(calls, [&](std::size_t i) { ++seen[i]; });
      for (const auto& each : seen) CHECK(each == 1);
    }
  }
}

TEST_CASE("Parts cover everything once, and none is longer than asked for") {
  for (const unsigned count : {1U, 3U}) {
    const Threads set(count);
    for (const std::size_t size : {0U, 1U, 6U, 7U, 8U, 100U}) {
      std::vector<std::atomic<int>> seen(size);
      std::atomic<bool> wrong = false;
      parallel_for_parts(size, 7, [&](std::size_t begin, std::size_t end) {
        if (begin >= end || end - begin > 7 || end > size) wrong = true;  // assertions are not for several threads
        for (std::size_t i = begin; i < end; ++i) ++seen[i];
      });
      CHECK_FALSE(wrong);
      for (const auto& each : seen) CHECK(each == 1);
    }
  }
}

TEST_CASE("No more threads work than may, and none within another one's work") {
  const Threads set(3);
  std::mutex mutex;
  std::set<std::thread::id> workers;
  std::atomic<unsigned> within = 0;
  parallel_for(200, [&](std::size_t) {
    within = std::max<unsigned>(within, threads());
    parallel_for(2, [&](std::size_t) {
      const std::lock_guard lock(mutex);
      workers.insert(std::this_thread::get_id());
    });
  });
  CHECK(within == 1);
  CHECK(workers.size() <= 3);
  CHECK(threads() == 3);
}

TEST_CASE("Of several exceptions that of the smallest index comes out") {
  for (const unsigned count : {1U, 2U, 8U}) {
    const Threads set(count);
    for (int round = 0; round < 20; ++round) {
      std::atomic<std::size_t> calls = 0;
      const auto run = [&] {
        parallel_for(100, [&](std::size_t i) {
          ++calls;
          if (i == 7) std::this_thread::sleep_for(std::chrono::microseconds(200));  // later ones fail before it
          if (i >= 7) throw i;
        });
      };
      std::size_t thrown = 0;
      try {
        run();
      } catch (const std::size_t i) {
        thrown = i;
      }
      CHECK(thrown == 7);
      CHECK(calls >= 8);
      CHECK(calls < 100);
    }
  }
}

TEST_CASE("Blocks are all worked off, whoever does it, and none is begun behind a failure") {
  for (const unsigned threads : {1U, 2U, 5U}) {
    INFO(threads);
    const std::vector<std::byte> wanted = bytes_from(12800, 0);
    const auto block_at = [&](std::size_t at) {
      Block block{.at = at};
      block.add(std::span(wanted).subspan(at, 64));
      return block;
    };
    {
      std::vector<std::byte> written(wanted.size());
      std::atomic<int> calls = 0;
      BlockQueue queue(threads, [&](const Block& block, std::span<std::byte> buffer) {
        const std::span<const std::byte> bytes = rw::graph::bytes_of(block, buffer);
        std::copy(bytes.begin(), bytes.end(), written.begin() + static_cast<std::ptrdiff_t>(block.at));
        ++calls;
      });
      for (std::size_t at = 0; at < wanted.size(); at += 64) queue.give(block_at(at));
      queue.wait();
      CHECK(calls == 200);
      CHECK(written == wanted);
    }
    std::atomic<int> calls = 0;
    BlockQueue queue(threads, [&](const Block& block, std::span<std::byte>) {
      ++calls;
      if (block.at >= 640) throw block.at;  // the tenth and all behind it
    });
    std::uint64_t thrown = 0;
    try {
      for (std::size_t at = 0; at < wanted.size(); at += 64) queue.give(block_at(at));
    } catch (const std::uint64_t at) {
      thrown = at;
    }
    CHECK(thrown == 640);
    const int begun = calls;
    CHECK(begun >= 11);
    CHECK(begun <= 10 + 2 * static_cast<int>(threads));
    CHECK_THROWS_AS(queue.give(block_at(0)), std::uint64_t);
    CHECK_THROWS_AS(queue.wait(), std::uint64_t);
    CHECK(calls == begun);
  }
}

TEST_CASE("Files are the same bytes for any number of threads") {
  const TemporaryFolder folder;
  // Two shards of 6 MiB: more than is worth a thread, of a size that is no multiple of a buffer.
  std::string nodes, names;
  for (const char* shard : {"a", "b"}) {
    std::vector<float> values(std::size_t{1537} * 1024);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 977) - 400.5F;
    const std::string header = R"({"w)" + std::string(shard) +
                               R"(":{"dtype":"F32","shape":[1537,1024],"data_offsets":[0,)" +
                               std::to_string(values.size() * 4) + "]}}";
    write_file(folder / (std::string(shard) + ".safetensors"), safetensors_file(header, bytes_of(values)));
    names += std::string(names.empty() ? "" : ", ") + '"' + shard + ".safetensors\"";
    nodes += std::string(nodes.empty() ? "" : ", ") + R"({"op": "MatMul", "inputs": ["x", "w)" + shard +
             R"("], "outputs": ["y)" + shard + "\"]}";
  }
  write_file(folder / "m.json", model_text(R"("inputs": ["x"], "outputs": ["ya", "yb"], "weights": [)" + names +
                                           R"(], "nodes": [)" + nodes + "]"));
  const Model model = read_model(folder / "m.json");
  Rewriting rewriting;
  for (const char* name : {"wa", "wb"}) {
    std::vector<double> factors(1024);
    for (std::size_t i = 0; i < factors.size(); ++i) factors[i] = 0.5 + static_cast<double>(i) / 700;
    rewriting.constants.push_back(
        {*model.network.find(name), {{1537, 1024}, {1537, 1024}, {{AxisMask::of({1}), factors}}}});
  }
  std::vector<std::string> results;
  for (const unsigned count : {1U, 2U, 5U}) {
    const Threads set(count);
    const std::filesystem::path out = folder / std::to_string(count);
    std::filesystem::create_directory(out);
    const Written written = write_model(model, rewriting, out / "m.json");
    std::string all;
    for (const std::string& name : listing(out)) all += name + read_file(out / name);
    results.push_back(all);
    CHECK(written.files.size() == 3);
  }
  CHECK(results[0] == results[1]);
  CHECK(results[0] == results[2]);
  // The last element of a shard by itself.
  const Model again = read_model(folder / "5" / "m.json");
  const float last =
      static_cast<float>((1537.0 * 1024 - 1) - 977.0 * static_cast<int>((1537 * 1024 - 1) / 977) - 400.5);
  CHECK(values_of(again.network, "wb").back() == static_cast<double>(static_cast<float>(last * (0.5 + 1023.0 / 700))));
}
