// Each operator in many forms between two layers: scaled through, or blocked for a reason. The evaluator judges; ONNX
// Runtime does so in tests/onnxruntime/sandwiches.
#include <algorithm>

#include "tests/runtime/applied.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/everything.hpp"
#include "tests/support/sandwich.hpp"

using namespace rw::test;

namespace {

constexpr std::uint64_t kDraws = 40;

bool is_scaled(const Engine& engine, const std::string& tensor) {
  const auto id = engine.network().find(tensor);
  return id && engine.outcome().plan.scale_of(*id);
}

// Why no rule took the region of 'a', or why it is in none.
std::string reason(const Engine& engine) {
  const auto& channels = engine.outcome().analysis.channels;
  const rw::graph::TensorId a = *engine.network().find("a");
  return channels.has(a) ? engine.reason("a") : std::string(rw::graph::reason(channels.state(a)));
}

// What became of the forms of one operator.
struct Count {
  std::size_t drawn = 0, scaled = 0;
  bool blocks = true;  // no law of it lets anything through
};

bool only_blocks(const Engine& engine, const std::string& op) {
  const auto& laws = engine.rules().program.laws;
  return std::all_of(laws.begin(), laws.end(), [&](const rw::dsl::LawBinding& each) {
    return each.op != op || rw::runtime::laws()[each.law] == &rw::runtime::kBlockLaw;
  });
}

Count judge(const std::string& op) {
  rw::runtime::RunOptions options;
  options.exact = true;
  Count count;
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    const auto sandwich = make_sandwich(op, seed);
    if (!sandwich) continue;
    ++count.drawn;
    INFO(sandwich->what << ", seed " << seed);
    const Engine powers(*sandwich->net, scale_everything(kPowers), options);
    CHECK(difference_of_functions(*sandwich->net, powers) == "");
    CHECK(is_scaled(powers, "a") == reason(powers).empty());
    count.scaled += is_scaled(powers, "a") || is_scaled(powers, "f") || is_scaled(powers, "f:0");
    count.blocks = only_blocks(powers, op);
    const Engine any(*sandwich->net, scale_everything(kAnyScale));
    CHECK(difference_of_functions(*sandwich->net, any, 1e-4) == "");
  }
  return count;
}

}  // namespace

TEST_CASE("sandwich: every operator in every form is scaled through, or blocks and says why") {
  const Engine engine(*make_sandwich("Relu", 1)->net, scale_everything(kPowers));
  for (const std::string& op : sandwich_operators()) {
    INFO(op);
    const Count count = judge(op);
    // What blocks in any case and is computed by nobody, or only of some numbers, shows nothing here.
    if (count.drawn == 0 && only_blocks(engine, op)) continue;
    CHECK(count.drawn >= kDraws / 4);
    CHECK((count.scaled > 0) == !count.blocks);
  }
}
