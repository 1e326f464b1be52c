#include "graph/operators/check.hpp"

#include <fmt/format.h>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/operators/form_functions.hpp"

namespace rw::graph {
namespace {

[[noreturn]] void wrong(const Node& node, std::string message) {
  throw Error("", fmt::format("node '{}'", node.op().name), std::move(message));
}

void check_linear(const Node& node, const Linear& linear) {
  const Shape in = node.shape(linear.activation);
  const auto anchor = node.form().anchors ? node.form().anchors(node).input : std::nullopt;
  const auto axis = anchor ? anchor->only() : std::nullopt;
  const std::int64_t given = in.known() && axis ? in[*axis] : kUnknown;
  const auto of = [&](const char* what) {
    return fmt::format("its weight '{}' has shape {}", node.tensor(linear.weight).name,
                       to_string(node.shape(linear.weight))) +
           what;
  };
  const std::int64_t channels = product(linear.view.span(), linear.in_axes).value_or(kUnknown),
                     features = product(linear.view.span(), linear.out_axes).value_or(kUnknown);
  if (given >= 0 && given != channels)
    wrong(node, of("") + fmt::format(" for {} input channels, its input '{}' has {}: {}", channels,
                                     node.tensor(linear.activation).name, given, to_string(in)));
  if (!linear.bias) return;
  const Shape bias = node.shape(*linear.bias);
  const std::int64_t length = bias.rank() > 0 ? bias[bias.rank() - 1] : 1;
  const bool fits = linear.bias_broadcasts ? bias.rank() <= 2 && (length == features || length == 1)
                                           : bias.rank() == 1 && length == features;
  if (!fits)
    wrong(node, fmt::format("its bias '{}' has shape {}, its weight makes {} output channels",
                            node.tensor(*linear.bias).name, to_string(bias), features));
}

}  // namespace

namespace check_of {

void convolution(const Node& node) {
  if (!node.is_constant(1)) return;
  const Shape in = node.shape(0), weight = node.shape(1);
  if (in.known() && in.rank() != weight.rank())
    wrong(node, fmt::format("its weight '{}' has shape {}, its input '{}' has {}: as many dimensions are needed",
                            node.tensor(1).name, to_string(weight), node.tensor(0).name, to_string(in)));
  const std::int64_t group = node.integer("group", 1);
  if (weight.rank() < 3 || group <= 0 || weight[0] % group != 0)
    wrong(node, fmt::format("its weight {} does not fit group = {}", to_string(weight), group));
}

void batch_normalization(const Node& node) {
  const Shape in = node.shape(0);
  if (!in.known() || in.rank() < 2 || in[1] < 0 || node.integer("spatial", 1) == 0) return;
  for (std::size_t slot = 1; slot < 5; ++slot)
    if (node.is_constant(slot) && (node.shape(slot).rank() != 1 || node.shape(slot)[0] != in[1]))
      wrong(node, fmt::format("its input '{}' has shape {}, but '{}' has {}", node.tensor(slot).name,
                              to_string(node.shape(slot)), node.tensor(0).name,
                              plural(static_cast<std::size_t>(in[1]), "channel")));
}

}  // namespace check_of

void check_constants(const Node& node) {
  if (node.form().check) node.form().check(node);
  if (!node.form().linear) return;
  std::string why;
  if (const auto linear = node.form().linear(node, why)) check_linear(node, *linear);
}

}  // namespace rw::graph
