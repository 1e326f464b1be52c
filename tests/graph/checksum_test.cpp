// CRC-32C: the check value of its definition, pieces in any order, both ways to compute it, and the checksums that an
// edit notes, by however many threads and blocks, against those of the bytes.
#include "graph/base/checksum.hpp"

#include "graph/values/scale.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// Bit by bit, as the polynomial is defined.
std::uint32_t by_bits(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    sum ^= std::to_integer<std::uint32_t>(byte);
    for (int i = 0; i < 8; ++i) sum = (sum & 1U) != 0 ? sum >> 1U ^ 0x82F63B78U : sum >> 1U;
  }
  return ~sum;
}

std::vector<std::byte> random_bytes(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& each : bytes) each = static_cast<std::byte>(random.between(0, 255));
  return bytes;
}

}  // namespace

TEST_CASE("Checksums of bytes") {
  const std::string check = "123456789";
  CHECK(checksum(std::as_bytes(std::span(check))) == 0xE3069283);  // RFC 3720, and every catalogue of CRCs
  CHECK(checksum({}) == 0);
  for (const std::size_t count : {1, 7, 8, 9, 63, 64, 1000, 4099}) {
    const auto bytes = random_bytes(count, count);
    CHECK(checksum(bytes) == by_bits(bytes));
    CHECK(checksum(bytes) != checksum(std::span(bytes).first(count - 1)));
  }
}

TEST_CASE("A processor without the instruction computes the same") {
  for (const std::size_t count : {0, 1, 8, 17, 4099}) {
    const auto bytes = random_bytes(count, 3 + count);
    // The remainder alone, without what stands for the length: that of zeros in front of the bytes.
    Checksum whole;
    whole.add(bytes, 0);
    std::vector<std::byte> zeros(count);
    CHECK((whole.value() ^ checksum(zeros)) == detail::remainder_by_tables(bytes));
  }
}

TEST_CASE("Pieces of a whole come in any order") {
  const auto bytes = random_bytes(5000, 1);
  Random random(2);
  for (int i = 0; i < 50; ++i) {
    const auto a = static_cast<std::size_t>(random.between(0, 5000)),
               b = static_cast<std::size_t>(random.between(0, 5000));
    const std::size_t first = std::min(a, b), second = std::max(a, b);
    Checksum sum;
    sum.add(std::span(bytes).subspan(first, second - first), bytes.size() - second);
    sum.add(std::span(bytes).subspan(second), 0);
    sum.add(std::span(bytes).first(first), bytes.size() - first);
    CHECK(sum.size() == bytes.size());
    CHECK(sum.value() == checksum(bytes));
  }
}

TEST_CASE("An edit notes what it read and what it made, written in blocks by several threads") {
  // 1.5 MiB of weights behind 3 bytes that put the elements across the ends of blocks.
  constexpr std::size_t kCount = 393'219;
  std::vector<float> values(kCount);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = static_cast<float>(i % 977) / 64 - 3;
  const TemporaryFolder folder;
  const std::string head = R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"w":{"dtype":"F32","shape":[)" +
                           std::to_string(kCount) + R"(],"data_offsets":[3,)" + std::to_string(3 + 4 * kCount) + "]}}";
  write_file(folder / "m.safetensors", safetensors_file(head, std::string(3, 'x') + bytes_of(values)));
  const Model model = read_text(folder, model_text(R"("weights": "m.safetensors", "inputs": ["x"], "outputs": ["y"],
    "nodes": [{"name": "n", "op": "Sum", "inputs": ["x", "w"], "outputs": ["y"]}])"));
  Rewriting rewriting;
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(kCount)};
  std::vector<double> factors(kCount);
  for (std::size_t i = 0; i < kCount; ++i) factors[i] = static_cast<double>(i % 5 + 1);
  rewriting.constants = {{*model.network.find("w"), {shape, shape, {{AxisMask::of({0}), factors}}}}};
  rewriting.constants[0].edit.sums = std::make_shared<EditSums>();
  write_model(model, rewriting, folder / "out.json");
  const EditSums& sums = *rewriting.constants[0].edit.sums;
  for (std::size_t i = 0; i < kCount; ++i) factors[i] *= values[i];
  const std::vector<float> made(factors.begin(), factors.end());
  CHECK(sums.before.size() == 4 * kCount);
  CHECK(sums.after.size() == 4 * kCount);
  CHECK(sums.before.value() == by_bits(std::as_bytes(std::span(values))));
  CHECK(sums.after.value() == by_bits(std::as_bytes(std::span(made))));
}

TEST_CASE("An edit that expands notes the constant as it was") {
  const std::vector<float> values = {1, 2, 3};
  const std::vector<std::int64_t> old = {3}, shape = {2, 3};
  const Literal literal{DType::float32, Shape(old), std::as_bytes(std::span(values))};
  Edit edit{shape, shape, {{AxisMask::of({0}), {1, 10}}}};
  edit.sums = std::make_shared<EditSums>();
  const auto made = Scaler(literal, edit, "w").result();
  CHECK(edit.sums->before.value() == by_bits(literal.bytes));
  CHECK(edit.sums->after.value() == by_bits(made));
}
