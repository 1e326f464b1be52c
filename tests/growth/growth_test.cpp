// Work grows with an operator's inputs and outputs, not with their square: every operator that has a form, with up to
// 10,000 of them, judged by what is allocated. (Time is judged by tests/bench/parts.)
#include <fmt/format.h>

#include "graph/builder.hpp"
#include "graph/operators/form.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/regions/analysis.hpp"
#include "runtime/regions/regions.hpp"
#include "tests/growth/allocations.hpp"
#include "tests/support/catch.hpp"

using namespace rw;

namespace {

constexpr std::int64_t kSmall = 5'000, kLarge = 10'000;

// The operator with so many inputs and outputs between two layers, so that there are channels; axis 1 of its first
// input has one element for each output.
graph::Network wide(std::string_view op, std::int64_t inputs, std::int64_t outputs) {
  graph::NetworkBuilder builder;
  const auto tensor = [&](const std::string& name) { return builder.tensor(name); };
  const auto shape = [&](std::initializer_list<std::int64_t> dims) {
    const std::vector<std::int64_t> list(dims);
    return graph::Shape(builder.arena().store(std::span<const std::int64_t>(list)));
  };
  const auto pool = [&](graph::TensorId from, const std::string& to) {
    const graph::TensorId result = tensor(to);
    builder.add("GlobalMaxPool", "pool of " + to, std::span(&from, 1), std::span(&result, 1), {});
    return result;
  };
  std::vector<graph::TensorId> in, out;
  for (std::int64_t i = 0; i < inputs; ++i) {
    const graph::TensorId x = tensor(fmt::format("x{}", i));
    builder.input(x);
    builder.describe(x, graph::DType::float32, shape({1, outputs, 1, 1}));
    in.push_back(pool(x, fmt::format("a{}", i)));
  }
  for (std::int64_t i = 0; i < outputs; ++i) out.push_back(tensor(fmt::format("y{}", i)));
  const graph::Attribute axis{"axis", std::int64_t{1}};
  // Attributes are kept where they lie: in the network's own memory.
  builder.add(op, "wide", in, out, builder.arena().store(std::span<const graph::Attribute>(&axis, 1)));
  for (std::int64_t i = 0; i < outputs; ++i)
    builder.output(pool(out[static_cast<std::size_t>(i)], fmt::format("z{}", i)));
  return builder.finish();
}

// What looking at it and finding its regions allocates.
test::Allocations work(graph::Network network, std::span<const dsl::LawBinding> laws) {
  const test::Allocations before = test::allocations();
  const runtime::Analysis analysis = runtime::analyse(network, laws, {});
  const runtime::Regions regions = runtime::find_regions(analysis);
  if (analysis.operators.empty()) throw std::logic_error("nothing was looked at");
  const test::Allocations after = test::allocations();
  return {after.calls - before.calls, after.bytes - before.bytes};
}

}  // namespace

TEST_CASE("Work on an operator grows with the number of its inputs and outputs") {
  const dsl::Loaded rules = dsl::load({"equalization"}, runtime::rule_library(), runtime::vocabulary());
  REQUIRE(rules.diagnostics.empty());
  for (const graph::Form& form : graph::forms()) {
    for (const bool outputs : {false, true}) {
      INFO(form.op << " with many " << (outputs ? "outputs" : "inputs"));
      const auto of = [&](std::int64_t many) {
        return work(wide(form.op, outputs ? 1 : many, outputs ? many : 1), rules.program.laws);
      };
      const test::Allocations small = of(kSmall), large = of(kLarge);
      CHECK(static_cast<double>(large.calls) < 3.0 * static_cast<double>(small.calls));
      CHECK(static_cast<double>(large.bytes) < 3.0 * static_cast<double>(small.bytes));
    }
  }
}
