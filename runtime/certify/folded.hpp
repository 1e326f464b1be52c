// Affine operators that were folded into a linear one before them, worked out from the network as it was.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/rewritten.hpp"
#include "runtime/regions/analysis.hpp"
#include "runtime/weights/channel_affine.hpp"

namespace rw::runtime {

// A linear operator gives what the last of some operators behind it gave, all of which are taken out:
// z = factor y + offset, where y is what it gave. Without factors: z = y.
class FoldedBehind {
 public:
  FoldedBehind(AxisMask axes, ChannelAffine map) : axes_(axes), map_(std::move(map)) {}

  // The scale of z, where y with its edited constants would be scaled by `own`. Where the factor is 0 any scale is
  // right, and `claimed` (null: 1) is taken. `shape`: of y.
  Scale behind(Scale own, const graph::Shape& shape, const std::vector<double>* claimed) const;

  bool folds() const { return !map_.factor.empty(); }
  const ChannelAffine& map() const { return map_; }

 private:
  AxisMask axes_;  // of y, on which the channels of the linear operator lie
  ChannelAffine map_;
};

// How the operator at `site` comes to give `given`; nothing, and why, where it cannot.
std::optional<FoldedBehind> follow_folds(const Analysis& analysis, const graph::Rewritten& rewritten, const Site& site,
                                         TensorId given, std::string& why);

// The bias of a linear operator with what was folded into it (`moved`; null: nothing), before it is scaled: one value a
// channel, and the magnitudes of its parts. Nothing: it is not one value a channel.
struct BiasInPlace {
  std::vector<double> values, magnitudes;
};
std::optional<BiasInPlace> bias_in_place(const Site& site, const graph::Linear& linear, const FoldedBehind* moved,
                                         std::size_t channels);

// The bias that it will read, one value a channel; 0 where there is none. Nothing: it has another shape.
std::optional<std::vector<double>> bias_as_written(const Site& site, const graph::Linear& linear,
                                                   const graph::Rewritten& rewritten,
                                                   const graph::RewrittenOperator& op, std::size_t channels);

// The elements of a constant as they will be.
std::vector<double> values_of(const graph::RewrittenConstant& constant);

graph::Edit without_folded(graph::Edit edit);
graph::Edit merged(const graph::Edit& edit);  // one factor for each mask of axes, of scales and folds together

}  // namespace rw::runtime
