#include "tests/runtime/applied.hpp"

#include <fmt/format.h>

#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"

namespace rw::test {
namespace {

Array edited(const Array& constant, const runtime::Edit& edit) {
  const Array whole = take(constant, edit.shape, broadcast_offsets(constant.shape(), edit.shape));
  std::vector<double> factor(whole.count(), 1.0);
  for (const graph::Factor& each : edit.factors) {
    const auto at = offsets(edit.view, strides_along(edit.view, each.axes));
    for (std::size_t i = 0; i < factor.size(); ++i) factor[i] *= each.values[at[i]];
  }
  std::vector<float> values = whole.floats();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<double>(values[i]) * factor[i]);
  return Array(edit.shape, std::move(values));
}

// The activation times its scale.
Array scaled(const Array& value, graph::AxisMask axes, const std::vector<double>& scale) {
  const auto at = offsets(value.shape(), strides_along(value.shape(), axes));
  std::vector<float> values = value.floats();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(static_cast<double>(values[i]) * scale[at[i]]);
  return Array(value.shape(), std::move(values));
}

}  // namespace

Arrays edited_constants(const Engine& engine) {
  Arrays constants;
  for (const auto& [key, edit] : engine.outcome().plan.edits()) {
    const graph::TensorId id = engine.network().op(static_cast<graph::OperatorId>(key >> 32U)).inputs[key & UINT32_MAX];
    const graph::Tensor& tensor = engine.network().tensor(id);
    INFO("constant " << tensor.name);
    Array value = edited(read_literal(*tensor.constant), edit);
    const auto [found, fresh] = constants.emplace(std::string(tensor.name), value);
    if (!fresh) REQUIRE(identical(found->second, value));
  }
  return constants;
}

std::string difference_of_functions(const Net& net, const Engine& engine, double tolerance) {
  const Arrays constants = edited_constants(engine);
  const auto& outcome = engine.outcome();
  for (std::uint64_t sample = 0; sample < 2; ++sample) {
    Arrays inputs = net.inputs(sample);
    const Arrays before = evaluate(engine.network(), inputs);
    inputs.insert(constants.begin(), constants.end());
    const Arrays after = evaluate(engine.network(), inputs);
    const auto same = [&](const Array& a, const Array& b) {
      return tolerance == 0 ? identical(a, b) : difference(a, b) <= tolerance;
    };
    for (const std::string& output : net.outputs())
      if (!same(before.at(output), after.at(output)))
        return fmt::format("output '{}' differs by {}", output, difference(before.at(output), after.at(output)));
    for (const auto& [id, scale] : outcome.plan.scales()) {
      const std::string name(engine.network().tensor(id).name);
      const graph::Shape& shape = engine.network().tensor(id).shape;
      const Array& value = before.at(name);
      // Where only the last axes are known, they are counted from the first of these.
      const int ahead = shape.any_front() ? static_cast<int>(value.shape().size()) - shape.rank() : 0;
      graph::AxisMask axes;
      for (const int axis : outcome.analysis.channels.axes(id)) axes.add(axis + ahead);
      if (!same(scaled(value, axes, scale), after.at(name))) return fmt::format("'{}' is not scaled as planned", name);
    }
  }
  return {};
}

}  // namespace rw::test
