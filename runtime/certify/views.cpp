#include "runtime/certify/views.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

// The positions of row-major elements that marked axes of a view tell apart, as stretches from a stride to one: that
// two lists are equal says that two factors are one.
std::vector<std::pair<std::int64_t, std::int64_t>> stretches(std::span<const std::int64_t> view, AxisMask axes) {
  std::vector<std::pair<std::int64_t, std::int64_t>> list;
  std::int64_t stride = 1;
  for (std::size_t axis = view.size(); axis-- > 0;) {
    const std::int64_t next = stride * view[axis];
    if (view[axis] != 1 && axes.contains(axis)) {
      if (!list.empty() && list.back().second == stride)
        list.back().second = next;
      else
        list.emplace_back(stride, next);
    }
    stride = next;
  }
  return list;
}

const Handle* find(std::span<const Handle> handles, const Edit& edit, const graph::Factor& factor, std::uint32_t slot,
                   Handle::Side side) {
  const auto wanted = stretches(edit.view, factor.axes);
  const auto found = std::find_if(handles.begin(), handles.end(), [&](const Handle& each) {
    return each.slot == slot && each.side == side && each.shape == edit.shape &&
           stretches(each.view, each.axes) == wanted;
  });
  return found == handles.end() ? nullptr : &*found;
}

void multiply(Edit& edit, const Handle& handle, const std::vector<double>& values) {
  edit.view = handle.view;
  for (graph::Factor& factor : edit.factors)
    if (factor.axes == handle.axes) {
      for (std::size_t i = 0; i < values.size(); ++i) factor.values[i] *= values[i];
      return;
    }
  edit.factors.push_back({handle.axes, values});
}

}  // namespace

Edit as_handles_see(const Edit& edit, std::uint32_t slot, std::span<const Handle> handles,
                    graph::FunctionRef<std::vector<double>(const Handle&)> asked) {
  Edit seen{edit.shape, {}, {}};
  bool shared = false;  // the one side's part is in it
  for (const graph::Factor& factor : edit.factors) {
    const Handle* out = find(handles, edit, factor, slot, Handle::Side::out);
    const Handle* in = find(handles, edit, factor, slot, Handle::Side::in);
    if (!out && !in) return edit;
    if (!seen.view.empty() && seen.view != (out ? out : in)->view) return edit;
    multiply(seen, out ? *out : *in, factor.values);
    if (!out || !in || out->axes == in->axes || std::exchange(shared, true)) continue;
    std::vector<double> part = asked(*in);
    if (part.size() != factor.values.size()) return edit;
    multiply(seen, *in, part);
    for (double& each : part) each = 1 / each;
    multiply(seen, *out, part);
  }
  return seen;
}

}  // namespace rw::runtime
