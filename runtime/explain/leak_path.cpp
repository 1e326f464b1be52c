#include "runtime/explain/leak_path.hpp"

#include <algorithm>
#include <deque>

namespace rw::runtime {
namespace {

constexpr std::size_t kFarthest = 100'000;  // channels that are looked at for one way
constexpr std::uint32_t kMostStarts = 64;   // channels of the leaking tensor that are followed

std::uint64_t key(TensorId tensor, std::uint32_t channel) { return (std::uint64_t{tensor} << 32U) | channel; }

}  // namespace

// Takes down what a law ties.
class RegionTies::Listener : public Tie {
 public:
  Listener(RegionTies& ties, OperatorId op) : ties_(ties), op_(op) {}

  struct Wait {
    std::uint32_t gate, other;
  };
  std::vector<Wait> waited;

 private:
  void absorbs(std::uint32_t) override {}
  void offers() override {}
  void ignores(std::uint32_t) override {}
  void ties(std::uint32_t) override {}
  void ties_output(std::uint32_t) override {}
  void keeps(TensorId, std::uint32_t, std::uint32_t) override {}
  void waits(std::uint32_t gate, std::uint32_t other) override { waited.push_back({gate, other}); }
  void same(TensorId a, TensorId b) override { link(a, 0, 1, b, 0, 1, ties_.analysis_.channels.count(a)); }
  void link(TensorId a, std::uint32_t a0, std::uint32_t a_step, TensorId b, std::uint32_t b0, std::uint32_t b_step,
            std::uint32_t count) override {
    if (ties_.regions_.region_of(a) != ties_.region_) return;
    const auto id = static_cast<std::uint32_t>(ties_.links_.size());
    ties_.links_.push_back({op_, a, b, a0, a_step, b0, b_step, count});
    ties_.links_of_[a].push_back(id);
    ties_.links_of_[b].push_back(id);
  }

  RegionTies& ties_;
  OperatorId op_;
};

RegionTies::RegionTies(const Analysis& analysis, const Regions& regions, RegionId region)
    : analysis_(analysis), regions_(regions), region_(region), offered_(regions[region].classes, false) {
  const Region& shape = regions[region];
  for (const OperatorId op : shape.parents)
    for (const std::uint32_t scale_class : regions.classes(analysis.network->op(op).outputs[0]))
      offered_[scale_class] = true;
  const auto all_pinned = [&](TensorId tensor) {
    const auto of = regions.region_of(tensor);
    if (!of) return true;
    const auto classes = regions.classes(tensor);
    return std::all_of(classes.begin(), classes.end(),
                       [&](std::uint32_t each) { return regions.pinned(regions[*of], each); });
  };
  for (const OperatorId op : shape.inner) {
    Listener listener(*this, op);
    analysis.law(op).tie(analysis.site(op), listener);
    for (const Listener::Wait& wait : listener.waited)  // which of several held is seen by the classes
      if (all_pinned(analysis.network->op(op).inputs[wait.gate]))
        analysis.law(op).tie_behind_gate(analysis.site(op), listener, wait.gate, wait.other);
  }
}

bool RegionTies::offered(TensorId tensor, std::uint32_t channel) const {
  return offered_[regions_.classes(tensor)[channel]];
}

bool RegionTies::is_parent_output(TensorId tensor) const {
  const OperatorId producer = analysis_.network->tensor(tensor).producer;
  const auto parents = regions_[region_].parents;
  return producer != kNone && std::find(parents.begin(), parents.end(), producer) != parents.end() &&
         analysis_.network->op(producer).outputs[0] == tensor;
}

std::optional<std::uint32_t> RegionTies::across(const Link& link, TensorId from, std::uint32_t channel) const {
  const bool forward = from == link.a;
  const std::uint32_t first = forward ? link.a0 : link.b0, step = forward ? link.a_step : link.b_step;
  const std::uint32_t other = forward ? link.b0 : link.a0, other_step = forward ? link.b_step : link.a_step;
  if (channel < first) return std::nullopt;
  const std::uint32_t distance = channel - first;
  // A step of 0 ties one channel to many; any of them will do.
  const std::uint32_t index = step == 0 ? 0 : distance / step;
  if ((step == 0 ? distance != 0 : distance % step != 0) || index >= link.count) return std::nullopt;
  return other + index * other_step;
}

// Breadth first from the channels of the leak to the first that a parent puts out.
void RegionTies::find_way(LeakPath& path) const {
  struct Came {
    std::uint64_t from;
    OperatorId op;
  };
  std::unordered_map<std::uint64_t, Came> came;
  std::deque<std::uint64_t> open;
  const std::uint32_t first = path.leak.first;
  const auto end = first + static_cast<std::uint32_t>(path.leak.among(regions_.classes(path.leak.tensor)).size());
  std::uint32_t starts = 0;
  for (std::uint32_t i = first; i < end && starts < kMostStarts; ++i) {
    if (!offered(path.leak.tensor, i)) continue;
    came.emplace(key(path.leak.tensor, i), Came{UINT64_MAX, kNone});
    open.push_back(key(path.leak.tensor, i));
    ++starts;
  }
  while (!open.empty() && came.size() < kFarthest) {
    const std::uint64_t at = open.front();
    open.pop_front();
    const auto tensor = static_cast<TensorId>(at >> 32U);
    const auto channel = static_cast<std::uint32_t>(at);
    if (is_parent_output(tensor)) {
      path.parent = analysis_.network->tensor(tensor).producer;
      path.channel = channel;
      for (std::uint64_t step = at; came.at(step).from != UINT64_MAX; step = came.at(step).from) {
        const std::uint64_t next = came.at(step).from;
        path.steps.push_back({came.at(step).op, static_cast<TensorId>(next >> 32U), static_cast<std::uint32_t>(next)});
      }
      return;
    }
    const auto links = links_of_.find(tensor);
    if (links == links_of_.end()) continue;
    for (const std::uint32_t id : links->second) {
      const Link& link = links_[id];
      const auto channel_there = across(link, tensor, channel);
      if (!channel_there) continue;
      const TensorId there = tensor == link.a ? link.b : link.a;
      if (regions_.region_of(there) != region_ ||
          regions_.classes(there)[*channel_there] != regions_.classes(tensor)[channel])
        continue;
      const std::uint64_t next = key(there, *channel_there);
      if (came.emplace(next, Came{at, link.op}).second) open.push_back(next);
    }
  }
}

LeakPath RegionTies::path_of(const Leak& leak) const {
  LeakPath path{.leak = leak};
  std::vector<bool> pinned(offered_.size(), false);
  for (const std::uint32_t each : leak.among(regions_.classes(leak.tensor))) pinned[each] = true;
  for (std::size_t i = 0; i < offered_.size(); ++i) {
    path.offered += offered_[i];
    path.pinned += offered_[i] && pinned[i];
  }
  if (path.pinned > 0) find_way(path);
  return path;
}

}  // namespace rw::runtime
