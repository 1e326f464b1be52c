#include "runtime/plan/plan.hpp"

#include <algorithm>
#include <cassert>

namespace rw::runtime {

namespace {

// Scales stand before what is folded.
void multiply_along(std::vector<graph::Factor>& factors, graph::AxisMask axes, std::span<const double> values,
                    bool folded) {
  for (graph::Factor& factor : factors) {
    if (factor.axes != axes || factor.folded != folded) continue;
    for (std::size_t i = 0; i < values.size(); ++i) factor.values[i] *= values[i];
    return;
  }
  const auto at = folded ? factors.end()
                         : std::find_if(factors.begin(), factors.end(), [](const auto& each) { return each.folded; });
  factors.insert(at, {axes, {values.begin(), values.end()}, folded});
}

}  // namespace

Edit& Plan::edit_of(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                    std::span<const std::int64_t> view) {
  edited_.mark(op);
  Edit& edit = edits_[key(op, slot)];
  if (edit.view.empty() && edit.shape.empty()) {
    edit.shape.assign(shape.begin(), shape.end());
    edit.view.assign(view.begin(), view.end());
  }
  assert(std::equal(edit.view.begin(), edit.view.end(), view.begin(), view.end()));  // one operator sees one view
  return edit;
}

void Plan::multiply(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                    std::span<const std::int64_t> view, graph::AxisMask axes, std::span<const double> values) {
  multiply_along(edit_of(op, slot, shape, view).factors, axes, values, false);
}

void Plan::fold(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                std::span<const std::int64_t> view, graph::AxisMask axes, std::span<const double> values) {
  multiply_along(edit_of(op, slot, shape, view).factors, axes, values, true);
}

void Plan::set_fold(graph::OperatorId op, std::uint32_t slot, std::span<const std::int64_t> shape,
                    std::span<const std::int64_t> view, graph::AxisMask axes, std::span<const double> values) {
  std::vector<graph::Factor>& factors = edit_of(op, slot, shape, view).factors;
  std::erase_if(factors, [&](const graph::Factor& each) { return each.folded && each.axes == axes; });
  multiply_along(factors, axes, values, true);
}

void Plan::forget_constants(graph::OperatorId op, std::uint32_t first, std::uint32_t last) {
  for (std::uint32_t slot = first; slot < last; ++slot) edits_.erase(key(op, slot));
}

void Plan::scale(graph::TensorId tensor, std::span<const double> values) {
  scaled_.mark(tensor);
  std::vector<double>& scale = scales_[tensor];
  if (scale.empty()) scale.assign(values.size(), 1.0);
  for (std::size_t i = 0; i < values.size(); ++i) scale[i] *= values[i];
}

namespace {

void add(std::vector<double>& sum, std::span<const double> values) {
  if (sum.empty()) sum.assign(values.size(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
}

template <typename Map, typename Key>
const std::vector<double>* look_up(const Map& map, Key key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

void Plan::add_bias(graph::OperatorId op, std::span<const double> values) { add(biases_[op], values); }
void Plan::shift(graph::TensorId tensor, std::span<const double> values) { add(shifts_[tensor], values); }
const std::vector<double>* Plan::added_bias(graph::OperatorId op) const { return look_up(biases_, op); }
const std::vector<double>* Plan::shift_of(graph::TensorId tensor) const { return look_up(shifts_, tensor); }

const Edit* Plan::edit(graph::OperatorId op, std::uint32_t slot) const {
  if (!edited_[op]) return nullptr;
  const auto found = edits_.find(key(op, slot));
  return found == edits_.end() ? nullptr : &found->second;
}

const std::vector<double>* Plan::scale_of(graph::TensorId tensor) const {
  return scaled_[tensor] ? look_up(scales_, tensor) : nullptr;
}

}  // namespace rw::runtime
