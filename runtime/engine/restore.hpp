// `leak restore`: in front of what blocks, on the edge and not on the tensor, a Mul by a constant for each channel
// gives the scale back. It is put into the network as a Mul by 1, which absorbs any scale like every affine operator;
// what the rule then scales it by follows from its law, and the certificate walks it like any other.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "graph/model.hpp"
#include "runtime/matching/match.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::runtime {

// A Mul that was put in.
struct Restorer {
  OperatorId op = kNone;
  TensorId from = kNone, to = kNone;  // what it reads, and gives
  bool output = false;  // `to` is an output of the network, and `from` the new tensor that its operator gives now
  TensorId old() const { return output ? to : from; }    // was there before,
  TensorId fresh() const { return output ? from : to; }  // and was not
};

// Puts one in front of every operator that blocks and that the rule's clause names, and before outputs of the network
// where it names them; curves that read one tensor share it. Where a curve begins with sums of the tensor and constants
// that nothing else reads (the + 3 of hard-swish), it stands before these. `claimed`: by region, those of other rules.
// Left alone are tensors of unknown rank, channels or element type, operators that were skipped, and what comes from
// another nested network. Statistics of what was there hold for the new tensor, too. The caller analyses again.
std::vector<Restorer> put_in_restorers(graph::Model& model, Plan& plan, const Analysis& analysis,
                                       const Regions& regions, const Pattern& pattern, const dsl::Rule& rule,
                                       const std::vector<bool>& claimed);

// Takes them out again, as if they had never been. The caller analyses again.
void take_out(graph::Network& network, Plan& plan, std::span<const Restorer> restorers);

// Which of them free something: the rule wants the region, and some channel of what it reads can be scaled, which is to
// say that nothing pins it, a parent offers it, and a child that does not only give the scale back absorbs it. Each
// region is looked at once. Borrows all.
class Freeing {
 public:
  Freeing(const Analysis& analysis, const Regions& regions, const Pattern& pattern)
      : analysis_(analysis), regions_(regions), pattern_(pattern) {}

  bool frees(const Restorer& restorer);

 private:
  bool matches(RegionId id);
  const std::vector<bool>& free_classes(RegionId id);

  const Analysis& analysis_;
  const Regions& regions_;
  const Pattern& pattern_;
  std::unordered_map<RegionId, std::vector<bool>> by_region_;
  std::unordered_map<RegionId, bool> matching_;
};

// Whether its factors are 1 in every channel.
bool is_idle(const Restorer& restorer, const Plan& plan);

// How many elements they give in a run, of all that operators of the network give in floating point, where open
// dimensions count as 1.
struct RestoredElements {
  double restored = 0, all = 0;
};
double elements_of(TensorId tensor, const graph::Network& network);
RestoredElements restored_elements(std::span<const Restorer> restorers, const graph::Network& network);

}  // namespace rw::runtime
