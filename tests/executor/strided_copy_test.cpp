// Elements copied between two tensors as they lie in memory, against their addresses one by one.
#include "runtime/executor/onednn/strided_copy.hpp"

#include <limits>
#include <numeric>

#include "tests/support/catch.hpp"
#include "tests/support/random.hpp"

namespace rw::test {
namespace {

using executor::Dims;
using executor::onednn::AlongAxis;
using executor::onednn::View;

constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

struct Lying {
  View view;
  std::size_t elements;
};

// A tensor that has a box of this shape somewhere within it: its axes in any order, one in blocks perhaps.
Lying random_lying(Random& random, const Dims& box) {
  const std::size_t rank = box.size();
  Lying lying{{std::vector<AlongAxis>(rank), Dims(rank, 0)}, 0};
  Dims shape = box;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (random.chance(0.6)) continue;
    lying.view.offsets[axis] = random.between(0, 20);
    shape[axis] += lying.view.offsets[axis] + random.between(0, 3);
  }
  std::vector<std::size_t> order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = rank; i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(i) - 1))]);
  const auto blocked = static_cast<std::size_t>(random.between(0, 2 * static_cast<std::int64_t>(rank)));
  const std::int64_t block = random.pick<std::int64_t>({4, 8, 16});
  std::int64_t stride = blocked < rank ? block : 1;
  for (const std::size_t axis : order) {
    const bool in_blocks = axis == blocked;
    lying.view.axes[axis] = in_blocks ? AlongAxis{block, 1, stride} : AlongAxis{kNoEnd, stride, 0};
    stride *= in_blocks ? (shape[axis] + block - 1) / block : shape[axis];
  }
  lying.elements = static_cast<std::size_t>(stride);
  return lying;
}

std::size_t address(const View& view, const Dims& index) {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < index.size(); ++axis) {
    const std::int64_t i = view.offsets[axis] + index[axis];
    const AlongAxis& along = view.axes[axis];
    at += i / along.block * along.stride + i % along.block * along.step;
  }
  return static_cast<std::size_t>(at);
}

// The next index of a box in row-major order; whether there is one.
bool next(const Dims& box, Dims& index) {
  for (std::size_t axis = box.size(); axis-- > 0;) {
    if (++index[axis] < box[axis]) return true;
    index[axis] = 0;
  }
  return false;
}

}  // namespace

TEST_CASE("a copy writes each element where it belongs, and nothing else", "[executor]") {
  Random random(7);
  for (int draw = 0; draw < 3000; ++draw) {
    Dims box(static_cast<std::size_t>(random.between(1, 5)));
    for (std::int64_t& size : box) size = random.pick<std::int64_t>({1, 1, 2, 3, 4, 5, 7, 16, 17, 33});
    const auto count = std::accumulate(box.begin(), box.end(), std::int64_t{1}, std::multiplies<>());
    if (count > 20000) continue;
    const Lying from = random_lying(random, box), to = random_lying(random, box);
    std::vector<float> source(from.elements), target(to.elements, -1), expected = target;
    std::iota(source.begin(), source.end(), 0.0F);
    Dims index(box.size(), 0);
    do expected[address(to.view, index)] = source[address(from.view, index)];
    while (next(box, index));
    const executor::onednn::Move whole = {box, from.view, to.view};
    const std::int64_t shares = random.between(1, 5);
    for (std::int64_t i = 0; i < shares; ++i)
      executor::onednn::copy_elements(whole, source.data(), target.data(), {i, shares});
    REQUIRE(target == expected);
  }
}

TEST_CASE("a copy of no elements writes none", "[executor]") {
  Random random(8);
  const Lying whole = random_lying(random, {3, 4});
  std::vector<float> source(whole.elements, 1), target(whole.elements, -1);
  executor::onednn::copy_elements({{3, 0}, whole.view, whole.view}, source.data(), target.data());
  CHECK(target == std::vector<float>(whole.elements, -1));
}

}  // namespace rw::test
