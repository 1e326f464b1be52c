// Giving scales back in front of curves costs what it puts in and takes out again, not its square: a chain of layers
// with SiLU, twice as long, judged by what is allocated.
#include <fmt/format.h>

#include "graph/builder.hpp"
#include "graph/model.hpp"
#include "graph/values/elements.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/growth/allocations.hpp"
#include "tests/support/catch.hpp"

using namespace rw;

namespace {

// Convolutions of four channels, each with a SiLU behind it; weights of each are out of balance with those of the next.
graph::Network chain(std::int64_t layers) {
  graph::NetworkBuilder builder;
  builder.opset("", 17);
  graph::Arena& arena = builder.arena();
  static constexpr std::int64_t kPicture[] = {1, 4, 8, 8}, kKernel[] = {4, 4, 1, 1};
  graph::TensorId last = builder.tensor("x");
  builder.input(last);
  builder.describe(last, graph::DType::float32, graph::Shape(arena.store(std::span<const std::int64_t>(kPicture))));
  const auto add = [&](const char* type, std::initializer_list<graph::TensorId> inputs, const std::string& to) {
    const graph::TensorId result = builder.tensor(to);
    builder.add(type, to, std::span(inputs.begin(), inputs.size()), std::span(&result, 1), {});
    return result;
  };
  for (std::int64_t i = 0; i <= layers; ++i) {
    std::vector<double> values;
    for (std::int64_t k = 0; k < 16; ++k) values.push_back((k % 4 == i % 4 ? 8.0 : 0.5) + static_cast<double>(k) / 16);
    const std::vector<std::byte> elements = graph::from_double(values, graph::DType::float32);
    const graph::TensorId weight = builder.tensor(fmt::format("w{}", i));
    builder.constant(weight,
                     arena.keep(graph::Literal{graph::DType::float32,
                                               graph::Shape(arena.store(std::span<const std::int64_t>(kKernel))),
                                               arena.store(std::span<const std::byte>(elements))}));
    last = add("Conv", {last, weight}, fmt::format("c{}", i));
    if (i < layers) last = add("Mul", {last, add("Sigmoid", {last}, fmt::format("s{}", i))}, fmt::format("m{}", i));
  }
  builder.output(last);
  return builder.finish();
}

test::Allocations work(std::int64_t layers, const dsl::Program& program) {
  graph::Model model;
  model.network = chain(layers);
  const test::Allocations before = test::allocations();
  const runtime::Outcome outcome = runtime::run(model, program, {});
  if (!outcome.certificate.holds) throw std::logic_error("it is not certified");
  const test::Allocations after = test::allocations();
  return {after.calls - before.calls, after.bytes - before.bytes};
}

}  // namespace

TEST_CASE("Leaks are restored, or found to pay nothing, in time that grows with their number") {
  for (const std::string name : {"restore", "auto"}) {
    INFO(name);
    const dsl::Loaded rules = dsl::load({name}, runtime::rule_library(), runtime::vocabulary());
    REQUIRE(rules.diagnostics.empty());
    const test::Allocations small = work(2'000, rules.program), large = work(4'000, rules.program);
    CHECK(static_cast<double>(large.calls) < 3.0 * static_cast<double>(small.calls));
    CHECK(static_cast<double>(large.bytes) < 3.0 * static_cast<double>(small.bytes));
  }
}
