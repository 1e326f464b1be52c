#include "runtime/certify/shifts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "graph/values/dtype.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/plan/scales.hpp"

namespace rw::runtime {
namespace {

// Sums over a weight as it is written, for each output channel.
struct Sums {
  std::vector<double> values;      // of w e
  std::vector<double> magnitudes;  // of |w e|
};

Sums weigh(const std::vector<double>& weight, const graph::Linear& linear, const std::vector<double>& e) {
  const graph::View& view = linear.view;
  constexpr std::size_t kRank = std::tuple_size_v<decltype(view.dims)>;
  std::array<std::size_t, kRank> in = {}, out = {};  // strides
  std::size_t inputs = 1, outputs = 1;
  for (std::size_t axis = static_cast<std::size_t>(view.rank); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(view.dims[axis]);
    if (linear.in_axes.contains(axis)) in[axis] = std::exchange(inputs, inputs * size);
    if (linear.out_axes.contains(axis)) out[axis] = std::exchange(outputs, outputs * size);
  }
  Sums sums{std::vector<double>(outputs, 0), std::vector<double>(outputs, 0)};
  for (std::size_t i = 0; i < weight.size(); ++i) {
    std::size_t rest = i, from = 0, to = 0;
    for (std::size_t axis = static_cast<std::size_t>(view.rank); axis-- > 0;) {
      const auto size = static_cast<std::size_t>(view.dims[axis]);
      from += rest % size * in[axis];
      to += rest % size * out[axis];
      rest /= size;
    }
    const double product = weight[i] * e[from];
    sums.values[to] += product;
    sums.magnitudes[to] += std::fabs(product);
  }
  return sums;
}

std::size_t positions(const graph::View& view, AxisMask axes) {
  return static_cast<std::size_t>(graph::product(view.span(), axes).value_or(0));
}

// Laws move what was taken out as they move scales: no constant is edited for it.
class Moving : public Carry {
 public:
  using Output = graph::FunctionRef<void(std::uint32_t, Scale)>;
  Moving(const graph::RewrittenOperator& op, const std::unordered_map<TensorId, Scale>& shifted, Output output)
      : op_(op), shifted_(shifted), output_(output) {}

  const Scale& input(std::uint32_t slot) const override {
    static const Scale none;
    const auto found = shifted_.find(op_.inputs[slot]);
    return found == shifted_.end() ? none : found->second;
  }
  const Edit* edit(std::uint32_t) const override { return nullptr; }
  bool replaced(std::uint32_t) const override { return false; }
  void output(std::uint32_t slot, Scale scale) override { output_(slot, std::move(scale)); }

 private:
  const graph::RewrittenOperator& op_;
  const std::unordered_map<TensorId, Scale>& shifted_;
  Output output_;
};

}  // namespace

Shifts::Shifts(const Analysis& analysis, const graph::Rewritten& rewritten, const ClaimedScales& scales,
               const ClaimedScales& claimed)
    : analysis_(analysis), rewritten_(rewritten), scales_(scales), claimed_(claimed) {
  for (const auto& [tensor, values] : claimed_)
    for (const double each : said(tensor, values.size()).value_or(std::vector<double>()))
      unit_ = std::max(unit_, std::fabs(each));
  if (unit_ == 0) unit_ = 1;
}

bool Shifts::any(std::span<const TensorId> tensors) const {
  return !shifted_.empty() &&
         std::any_of(tensors.begin(), tensors.end(), [&](TensorId each) { return shifted_.count(each) != 0; });
}

std::optional<std::vector<double>> Shifts::said(TensorId tensor, std::size_t channels) const {
  const auto scale = scales_.find(tensor), shift = claimed_.find(tensor);
  if (scale != scales_.end() && scale->second.empty()) return std::nullopt;
  std::vector<double> values(channels, 0);
  if (shift == claimed_.end() || shift->second.size() != channels) return values;
  for (std::size_t i = 0; i < channels; ++i)
    values[i] = shift->second[i] * (scale == scales_.end() ? 1 : scale->second[i]);
  return values;
}

std::vector<double> Shifts::taken(TensorId tensor, AxisMask axes, const graph::Shape& shape) const {
  const auto found = shifted_.find(tensor);
  const Scale one;
  std::vector<double> values = spread(found == shifted_.end() ? one : found->second, axes, shape);
  for (double& each : values) each = (each - 1) * unit_;
  // The plan's word is more precise than what came through other operators.
  const auto precise = axes == analysis_.channels.axes(tensor) ? said(tensor, values.size()) : std::nullopt;
  if (!precise) return values;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::fabs((*precise)[i] - values[i]) <= 1e-8 * unit_) values[i] = (*precise)[i];
  return values;
}

void Shifts::take(TensorId tensor, const std::vector<double>& values) {
  std::vector<double> moved;
  for (const double each : values) moved.push_back(1 + each / unit_);
  Scale scale =
      make_scale(analysis_.channels.axes(tensor), std::move(moved), rewritten_.network().tensor(tensor).shape);
  if (!scale.is_one()) shifted_[tensor] = std::move(scale);
}

std::string Shifts::linear(const Site& site, const graph::RewrittenOperator& op, const FoldedBehind* moved,
                           const Scale& out, bool merged) {
  std::string why;
  const auto linear = site.form().linear ? site.form().linear(site, why) : std::nullopt;
  const auto axes = linear ? site.form().anchors(site).output : std::nullopt;
  if (!axes || !site.output_shape().known()) return "its bias would be another one, and it is not known what it does";
  const std::size_t channels = positions(linear->view, linear->out_axes);
  const TensorId given = op.outputs[0];
  if (given == kNone) return {};
  if (!analysis_.channels.has(given) || analysis_.channels.count(given) != channels)
    return "what is taken out of its output does not lie along its channels";
  const auto claimed = said(given, channels);
  if (merged) {
    take(given, claimed.value_or(std::vector<double>(channels, 0)));
    return {};
  }
  const auto wanted = bias_in_place(site, *linear, moved, channels);
  const auto is = bias_as_written(site, *linear, rewritten_, op, channels);
  if (!wanted || !is || !axes->contains(out.axes)) return "its bias is not one value a channel";
  const std::vector<double> scale = spread(out, *axes, site.output_shape());

  Sums sums{std::vector<double>(channels, 0), std::vector<double>(channels, 0)};
  const TensorId read = op.inputs[linear->activation];
  std::vector<double> in;
  if (shifted_.count(read) != 0 || claimed_.count(read) != 0)
    in = taken(read, analysis_.channels.axes(read), rewritten_.network().tensor(read).shape);
  if (std::any_of(in.begin(), in.end(), [](double each) { return each != 0; })) {
    if (pads_with_zeros(site)) return "it pads with zeros, out of which nothing was taken";
    if (!traits(site).sums_evenly) return "it does not sum evenly over its weights";
    const auto weight = rewritten_.constant(op.inputs[linear->weight]);
    const std::vector<double> values = weight ? values_of(*weight) : std::vector<double>();
    if (values.size() != positions(linear->view, AxisMask::first_axes(linear->view.rank)) ||
        in.size() != positions(linear->view, linear->in_axes))
      return "what was taken out of its input does not lie along its weight";
    sums = weigh(values, *linear, in);
  }
  const double alpha = site.number("alpha", 1), beta = site.number("beta", 1);
  const graph::DTypeRow& type = graph::row(site.tensor(linear->weight).dtype);
  std::vector<double> e(channels);
  for (std::size_t i = 0; i < channels; ++i) {
    const double bias = beta * (*is)[i], wants = scale[i] * wanted->values[i] + alpha * sums.values[i];
    e[i] = claimed ? (*claimed)[i] : wants - bias;
    const double parts = std::fabs(scale[i]) * wanted->magnitudes[i] + std::fabs(alpha) * sums.magnitudes[i];
    const double allowed = type.rounding * (std::fabs(bias) + std::fabs(alpha) * sums.magnitudes[i] + type.smallest) +
                           1e-9 * (parts + std::fabs(e[i]));
    if (!(std::fabs(bias - (wants - e[i])) <= allowed))
      return fmt::format("the bias of its channel {} would be {}, where what is folded into it and taken out makes {}",
                         i, bias, wants - e[i]);
    if (!claimed && std::fabs(e[i]) <= allowed) e[i] = 0;
  }
  take(given, e);
  return {};
}

std::string Shifts::pass(const Site& site, const graph::RewrittenOperator& op) {
  const Law& law = analysis_.law(op.id);
  if (&law == find_law("shape")) return {};  // it reads no values
  const auto difference = traits(site).difference;
  if (!analysis_.holds(op.id) || !difference || difference(site) == Difference::changes)
    return "its input has less than before, and it does not pass a difference";
  const auto give = [&](std::uint32_t slot, Scale scale) {
    if (slot < op.outputs.size() && op.outputs[slot] != kNone && !scale.is_one())
      shifted_[op.outputs[slot]] = std::move(scale);
  };
  Moving moving(op, shifted_, give);
  return law.carry(site, moving);
}

std::string Shifts::wrong(TensorId tensor) const {
  const auto found = shifted_.find(tensor);
  const bool is_shifted = found != shifted_.end();
  if (!is_shifted && (claimed_.count(tensor) == 0 || !rewritten_.gives(tensor))) return {};
  const graph::Tensor& info = rewritten_.network().tensor(tensor);
  if (is_shifted && info.is_output) return fmt::format("output '{}' of the network has less than before", info.name);
  const auto claimed = said(tensor, analysis_.channels.has(tensor) ? analysis_.channels.count(tensor) : 0);
  if (!claimed) return {};
  const AxisMask axes = analysis_.channels.axes(tensor);
  const bool fits = !claimed->empty() && (!is_shifted || axes.contains(found->second.axes));
  const std::vector<double> is =
      fits ? spread(is_shifted ? found->second : Scale(), axes, info.shape) : std::vector<double>();
  const bool agrees =
      fits && std::equal(is.begin(), is.end(), claimed->begin(), claimed->end(),
                         [&](double x, double y) { return std::fabs((x - 1) * unit_ - y) <= 1e-8 * unit_; });
  return agrees ? std::string() : fmt::format("from tensor '{}' something else is taken than the plan says", info.name);
}

}  // namespace rw::runtime
