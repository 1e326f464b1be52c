#include "runtime/edited.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "graph/error.hpp"
#include "graph/literal.hpp"
#include "runtime/scales.hpp"

namespace rw::runtime {
namespace {

// A position that runs along some axes of a view: its stride on every axis, 0 on the others.
struct Runner {
  std::vector<std::size_t> strides;
  std::size_t at = 0;

  Runner(std::span<const std::int64_t> view, AxisMask axes) : strides(view.size(), 0) {
    std::size_t stride = 1;
    for (std::size_t i = view.size(); i-- > 0;) {
      if (!has_bit(axes, static_cast<int>(i))) continue;
      strides[i] = stride;
      stride *= static_cast<std::size_t>(view[i]);
    }
  }
};

// Where an element of the expanded shape lies in the constant: axes that were expanded have stride 0.
Runner source_runner(const graph::Literal& literal, const Handle& handle) {
  const std::span<const std::int64_t> old = literal.shape.dims();
  AxisMask kept = 0;
  if (literal.shape.count() == graph::Shape(handle.shape).count()) {
    kept = ~AxisMask{0};  // nothing was expanded: the view is row-major over the elements
  } else {
    const std::size_t skip = handle.shape.size() - old.size();
    for (std::size_t i = skip; i < handle.shape.size(); ++i)
      if (old[i - skip] == handle.shape[i]) kept |= bit(static_cast<int>(i));
  }
  return Runner(handle.view, kept);
}

}  // namespace

void for_each_element(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                      const std::function<void(double, double, std::size_t)>& visit) {
  const graph::Literal& literal = *constant.constant;
  Runner source = source_runner(literal, handle), channel(handle.view, handle.axes);
  std::vector<Runner> factors;
  std::vector<const std::vector<double>*> values;
  if (edit)
    for (const auto* list : {&edit->factors, &edit->folded})
      for (const graph::Factor& factor : *list) {
        factors.emplace_back(handle.view, factor.axes);
        values.push_back(&factor.values);
      }
  std::int64_t count = 1;
  for (const std::int64_t dim : handle.view) count *= dim;
  std::vector<std::int64_t> at(handle.view.size(), 0);
  const auto step = [&](std::size_t axis, bool back) {
    const std::size_t times = back ? static_cast<std::size_t>(handle.view[axis]) : 1;
    const auto move = [&](Runner& runner) {
      back ? runner.at -= runner.strides[axis]* times : runner.at += runner.strides[axis];
    };
    move(source);
    move(channel);
    for (Runner& runner : factors) move(runner);
  };
  for (std::int64_t i = 0; i < count; ++i) {
    const double value = graph::element(literal, source.at);
    // Other constants scale along as they are: infinity stays what it is (the mask of an attention).
    if (!std::isfinite(value) && handle.read != Handle::Read::no)
      throw graph::Error("", fmt::format("tensor '{}'", constant.name),
                         fmt::format("element {} is {}: weights must be finite", source.at, value));
    double factor = 1;
    for (std::size_t k = 0; k < factors.size(); ++k) factor *= (*values[k])[factors[k].at];
    visit(value, factor, channel.at);
    for (std::size_t axis = at.size(); axis-- > 0;) {
      step(axis, false);
      if (++at[axis] < handle.view[axis]) break;
      step(axis, true);
      at[axis] = 0;
    }
  }
}

std::vector<double> magnitudes(const graph::Tensor& constant, const Handle& handle, const Edit* edit,
                               std::size_t channels) {
  std::vector<double> largest(channels, 0.0);
  for_each_element(constant, handle, edit, [&](double value, double factor, std::size_t channel) {
    largest[channel] = std::max(largest[channel], std::fabs(value * factor));
  });
  return largest;
}

std::optional<Handle> find_handle(const Law& law, const Site& site, Handle::Side side, Handle::Read read) {
  if (!law.handles) return std::nullopt;
  std::vector<Handle> handles;
  law.handles(site, handles);
  const auto found = std::find_if(handles.begin(), handles.end(),
                                  [&](const Handle& each) { return each.side == side && each.read == read; });
  if (found == handles.end()) return std::nullopt;
  return *found;
}

}  // namespace rw::runtime
