// What rules take out of activations and put into the biases behind (absorb_bias): x' = s x - e, where s is the scale
// and e one number for each channel, in the units of what is written. The biases say what e is: behind a linear
// operator it is s b + W' e - b', of its bias b, its bias b' and its weight W' as they are written, and the e of its
// input; every other operator must carry it from its inputs to its outputs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/rewritten.hpp"
#include "runtime/certify/certificate.hpp"
#include "runtime/certify/folded.hpp"
#include "runtime/regions/analysis.hpp"

namespace rw::runtime {

class Shifts {
 public:
  // `claimed`: what the plan says is taken out, in the units of before: e = s c.
  Shifts(const Analysis& analysis, const graph::Rewritten& rewritten, const ClaimedScales& scales,
         const ClaimedScales& claimed);

  // Something was taken out of one of these tensors.
  bool any(std::span<const TensorId> tensors) const;

  // Of an operator through which scales are carried already. `moved`: what was folded into it (null: nothing);
  // `out`: the scale of its first output; `merged`: on the network already its bias is another one, so that the plan is
  // believed. Why its bias is wrong, or what was taken out does not come out of it; empty: it does.
  std::string linear(const Site& site, const graph::RewrittenOperator& op, const FoldedBehind* moved, const Scale& out,
                     bool merged);
  std::string pass(const Site& site, const graph::RewrittenOperator& op);

  // Why what was taken out of a tensor is not what the plan says; empty: it is.
  std::string wrong(TensorId tensor) const;

 private:
  // The plan's word, one number a channel in the units of now; nothing: it does not say.
  std::optional<std::vector<double>> said(TensorId tensor, std::size_t channels) const;
  // What is taken out of a tensor over these axes.
  std::vector<double> taken(TensorId tensor, AxisMask axes, const graph::Shape& shape) const;
  void take(TensorId tensor, const std::vector<double>& values);

  const Analysis& analysis_;
  const graph::Rewritten& rewritten_;
  const ClaimedScales &scales_, &claimed_;
  double unit_ = 0;  // the largest e that is claimed
  // As scales, so that laws move them: 1 + e / unit_, and 1 where nothing was taken out.
  std::unordered_map<TensorId, Scale> shifted_;
};

}  // namespace rw::runtime
