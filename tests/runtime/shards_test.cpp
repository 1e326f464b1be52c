// Weights in several files, some of which come to their operator through others: the output is split as the input is.
#include <map>
#include <set>

#include "tests/runtime/rewritten.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shards.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// By tensor, the number of the file that has it; and the bytes of all.
struct Shards {
  std::map<std::string, int> file_of;
  std::size_t bytes = 0;
};

Shards shards(const std::filesystem::path& first, const std::filesystem::path& second) {
  Shards all;
  for (const auto& [number, file] : {std::pair(1, first), std::pair(2, second)})
    for (const StoredEntry& each : stored_entries(file)) {
      all.file_of[each.name] = number;
      all.bytes += each.bytes;
    }
  return all;
}

// The index says of each tensor where it is, of none that is not there, and how many bytes they have.
void check_index(const std::string& index, const Shards& after) {
  INFO(index);
  std::size_t entries = 0;
  for (std::size_t at = index.find("\"weight_map\""); (at = index.find(".safetensors\"", at)) != std::string::npos;
       ++at)
    ++entries;
  CHECK(entries == after.file_of.size());
  for (const auto& [name, number] : after.file_of)
    CHECK(index.find("\"" + name + "\": \"after-0000" + std::to_string(number) + "-of-00002.safetensors\"") !=
          std::string::npos);
  CHECK(index.find("\"total_size\": " + std::to_string(after.bytes) + "}") != std::string::npos);
}

}  // namespace

TEST_CASE("Shards by an index keep their tensors, and copies of weights behind operators stand where those stood") {
  Net net;
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto a = net.conv("a", x, 6, {.spread = 3, .through = {"Transpose", "Reshape"}});
  const auto b = net.conv("b", net.relu("ra", a), 6, {.spread = 3});
  const auto c = net.conv("c", net.relu("rb", b), 6, {.spread = 3, .through = {"Reshape"}});
  const auto d = net.conv("d", net.relu("rc", c), 6, {.spread = 3, .through = {"Cast", "Transpose"}});
  net.output(net.conv("e", net.relu("rd", d), 4));
  net.calibrate();
  const TemporaryFolder folder;
  net.save(folder.path(), "before");
  shard(folder.path(), "before");
  const Shards before = shards(folder / "before.1.safetensors", folder / "before.2.safetensors");
  REQUIRE(before.file_of.size() == 5);
  const Rewritten rewritten = rewrite_file(folder / "before.json", "equalization", folder, "after.json");
  const Shards after = shards(folder / "after-00001-of-00002.safetensors", folder / "after-00002-of-00002.safetensors");
  std::map<std::string, int> expected;
  for (const auto& [name, number] : before.file_of) {
    const std::size_t stored = name.find(".weight.stored");
    expected[stored == std::string::npos ? name : name.substr(0, stored) + ".weight@" + name.substr(0, stored)] =
        number;
  }
  CHECK(after.file_of == expected);
  CHECK(after.bytes == before.bytes + std::uint64_t{6} * 6 * 9 * 2);  // of d, float32 now
  check_index(read_file(folder / "after.safetensors.index.json"), after);
  CHECK(largest_difference(net, rewritten, 2) <= 1e-5);
}

TEST_CASE("Random networks in shards keep their function, their index is true, and no tensor changes the file") {
  std::size_t moved_in = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(60U, 12U); ++seed) {
    INFO("seed " << seed);
    const Net net = random_net(seed);
    const TemporaryFolder folder;
    net.save(folder.path(), "before");
    shard(folder.path(), "before");
    const Shards before = shards(folder / "before.1.safetensors", folder / "before.2.safetensors");
    if (before.file_of.size() < 2) continue;  // one file, for the index
    const Rewritten rewritten = rewrite_file(folder / "before.json", seed % 2 ? "wide" : "prepare wide", folder,
                                             "after.json", {.exact = seed % 2 == 1});
    const Shards after =
        shards(folder / "after-00001-of-00002.safetensors", folder / "after-00002-of-00002.safetensors");
    check_index(read_file(folder / "after.safetensors.index.json"), after);
    for (const auto& [name, number] : after.file_of) {
      const auto old = before.file_of.find(name);
      if (old != before.file_of.end())
        CHECK(old->second == number);
      else
        ++moved_in;
    }
    if (seed % 2) {
      CHECK(outputs_identical(net, rewritten, 1));
    } else {
      const double difference = largest_difference(net, rewritten, 1);
      CHECK((difference <= 1e-5 || difference <= 4 * rounding_noise(net, 1)));
    }
  }
  CHECK(moved_in > unless_sanitized(20U, 2U));
}
