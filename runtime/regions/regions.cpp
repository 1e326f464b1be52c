// Channels are tied by union-find on two floors: tensors whose channels are tied one to one are united as a whole; only
// what is left (concat, broadcasting, views) goes down to channels, of which every group of tensors that meets it has
// one set. The other groups, almost all, are regions by themselves in which each channel is its own class: they share
// one row of numbers.
#include "runtime/regions/regions.hpp"

#include <algorithm>
#include <boost/pending/disjoint_sets.hpp>
#include <cassert>
#include <numeric>

#include "graph/base/error.hpp"

namespace rw::runtime {
namespace {

class UnionFind {
 public:
  explicit UnionFind(std::size_t size) : rank_(size, 0), parent_(size), sets_(rank_.data(), parent_.data()) {
    std::iota(parent_.begin(), parent_.end(), 0U);
  }
  std::size_t size() const { return parent_.size(); }
  std::uint32_t find(std::uint32_t x) { return sets_.find_set(x); }
  void unite(std::uint32_t a, std::uint32_t b) { sets_.union_set(a, b); }

 private:
  std::vector<std::uint8_t> rank_;
  std::vector<std::uint32_t> parent_;
  boost::disjoint_sets<std::uint8_t*, std::uint32_t*> sets_;
};

enum class Part : std::uint8_t { pin, tie, absorb, offer, ignore, wait };

// Entries that belong to regions, gathered in any order of regions and laid out region by region.
template <typename T>
struct Bucket {
  std::vector<std::pair<RegionId, T>> entries;
  void add(RegionId region, T value) { entries.emplace_back(region, value); }

  // Counting sort; calls set(region, first, count) for each region.
  template <typename Set>
  std::vector<T> lay_out(std::size_t regions, Set set) {
    std::vector<std::uint32_t> first(regions + 1, 0);
    for (const auto& [region, value] : entries) ++first[region + 1];
    for (std::size_t i = 0; i < regions; ++i) first[i + 1] += first[i];
    std::vector<T> sorted(entries.size());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (const auto& [region, value] : entries) sorted[next[region]++] = value;
    for (std::size_t i = 0; i < regions; ++i)
      set(static_cast<RegionId>(i), std::span<const T>(sorted.data() + first[i], first[i + 1] - first[i]));
    return sorted;
  }
};

}  // namespace

class RegionFinder : private Tie {
 public:
  explicit RegionFinder(const Analysis& analysis)
      : analysis_(analysis),
        network_(*analysis.network),
        tensors_(network_.tensors().size()),
        first_slot_(network_.operators().size() + 1, 0),
        input_part_(),
        output_part_() {
    for (OperatorId op = 0; op < network_.operators().size(); ++op)
      first_slot_[op + 1] = first_slot_[op] + static_cast<std::uint32_t>(network_.op(op).inputs.size());
    input_part_.assign(first_slot_.back(), Part::pin);
    output_part_.assign(network_.tensors().size(), Part::pin);
    result_.joining.assign(network_.operators().size(), false);
    result_.restoring.assign(network_.operators().size(), false);
  }

  Regions run() {
    for (OperatorId op = 0; op < network_.operators().size(); ++op) {
      if (!analysis_.holds(op)) continue;
      op_ = op;
      tied_ = 0;
      analysis_.law(op).tie(analysis_.site(op), *this);
    }
    unite_channels();
    if (!waits_.empty()) decide_waiting();
    number_regions();
    gather();
    Regions regions;
    regions.found_ = std::make_shared<const Regions::Found>(std::move(result_));
    return regions;
  }

 private:
  struct Link {
    TensorId a, b;
    std::uint32_t a0, a_step, b0, b_step, count;
  };

  void absorbs(std::uint32_t slot) override { input_part_[first_slot_[op_] + slot] = Part::absorb; }
  void ignores(std::uint32_t slot) override { input_part_[first_slot_[op_] + slot] = Part::ignore; }
  void ties(std::uint32_t slot) override {
    input_part_[first_slot_[op_] + slot] = Part::tie;
    if (++tied_ == 2) result_.joining[op_] = true;
  }
  void waits(std::uint32_t gate, std::uint32_t other) override {
    waits_.push_back({.op = op_, .gate = gate, .other = other});
    for (const std::uint32_t slot : {gate, other}) input_part_[first_slot_[op_] + slot] = Part::wait;
    ties_output_as(0, Part::wait);
  }
  void offers() override { ties_output_as(0, Part::offer); }
  void keeps(TensorId output, std::uint32_t first, std::uint32_t count) override {
    kept_.push_back({output, op_, first, count});
  }
  void ties_output(std::uint32_t output) override { ties_output_as(output, Part::tie); }
  void ties_output_as(std::uint32_t output, Part part) { output_part_[network_.op(op_).outputs[output]] = part; }
  void same(TensorId a, TensorId b) override {
    if (channels_)
      link(a, 0, 1, b, 0, 1, analysis_.channels.count(a));
    else
      tensors_.unite(a, b);
  }
  void link(TensorId a, std::uint32_t a0, std::uint32_t a_step, TensorId b, std::uint32_t b0, std::uint32_t b_step,
            std::uint32_t count) override {
    if (count == 0) return;
    links_.push_back({a, b, a0, a_step, b0, b_step, count});
    if (!channels_) return;
    for (std::uint32_t i = 0; i < count; ++i)
      unite(result_.first[a] + a0 + i * a_step, result_.first[b] + b0 + i * b_step);
  }

  bool carries(TensorId tensor) const { return tensor != kNone && analysis_.channels.has(tensor); }

  // By tensor: whether it stands for a group some channels of which are tied to those of another.
  std::vector<bool> linked_groups() {
    std::vector<bool> linked(network_.tensors().size(), !waits_.empty());  // what waits may still tie anything
    for (const Link& link : links_)
      for (const TensorId tensor : {link.a, link.b}) linked[tensors_.find(tensor)] = true;
    return linked;
  }

  // Channels of the groups that are linked, behind the row that the others share.
  void unite_channels() {
    const std::size_t count = network_.tensors().size();
    for (TensorId tensor = 0; tensor < count; ++tensor)
      if (carries(tensor)) shared_ = std::max(shared_, analysis_.channels.count(tensor));
    const std::vector<bool> linked = linked_groups();
    std::vector<std::uint32_t> group_first(count, kNone);
    result_.first.assign(count, 0);
    result_.count.assign(count, 0);
    std::uint64_t total = 0, own = shared_;
    for (TensorId tensor = 0; tensor < count; ++tensor) {
      if (!carries(tensor)) continue;
      const std::uint32_t group = tensors_.find(tensor), channels = analysis_.channels.count(tensor);
      if (group_first[group] == kNone) {
        constexpr std::uint64_t kMaxTotal = std::uint64_t{1} << 29;
        total += channels;
        if (total > kMaxTotal) throw graph::Error("", "network", "it has more than 536870912 channels");
        group_first[group] = linked[group] ? static_cast<std::uint32_t>(own) : 0;
        if (linked[group]) own += channels;
      }
      result_.first[tensor] = group_first[group];
      result_.count[tensor] = channels;
    }
    channels_.emplace(own);
    for (const Link& link : links_) {
      assert(carries(link.a) && carries(link.b));  // laws tie channels that exist
      for (std::uint32_t i = 0; i < link.count; ++i)
        channels_->unite(result_.first[link.a] + link.a0 + i * link.a_step,
                         result_.first[link.b] + link.b0 + i * link.b_step);
    }
  }

  // --- products: what is tied depends on what is pinned. Every operator that waits watches one channel of its gate
  // that is not pinned yet and moves on to the next when that one is: each channel of a gate is looked at once, as pins
  // only grow.

  struct Wait {
    OperatorId op = 0;
    std::uint32_t gate = 0, other = 0;  // input slots
    std::uint32_t at = 0;               // channels of the gate before this one are pinned
    std::uint32_t next = kNone;         // another wait that watches the same class
  };
  struct Watched {
    bool pinned = false;
    std::uint32_t first = kNone, last = kNone;  // waits that watch this class, a list
  };

  bool leaks(TensorId tensor) const {
    const graph::Tensor& info = network_.tensor(tensor);
    if (info.is_input || info.is_output || output_part_[tensor] == Part::pin) return true;
    const auto uses = network_.consumers(tensor);
    return std::any_of(uses.begin(), uses.end(),
                       [&](const graph::Use& use) { return input_part_[first_slot_[use.op] + use.slot] == Part::pin; });
  }

  void decide_waiting() {
    watched_.resize(channels_->size());
    for (TensorId tensor = 0; tensor < network_.tensors().size(); ++tensor)
      if (carries(tensor) && leaks(tensor)) pin(tensor);
    for (const Leak& each : kept_)
      for (std::uint32_t i = 0; i < each.count; ++i)
        pin_class(channels_->find(result_.first[each.tensor] + each.first + i));
    for (std::uint32_t wait = 0; wait < waits_.size(); ++wait) advance(wait);
    std::vector<bool> decided(network_.operators().size(), false);
    for (std::uint32_t first = 0; first < waits_.size(); ++first) {
      decide_ready(decided);
      if (decided[waits_[first].op]) continue;
      decided[waits_[first].op] = true;  // nothing is decided for the others without it
      pin_gate(first);
    }
    decide_ready(decided);
  }

  void decide_ready(std::vector<bool>& decided) {
    while (!ready_.empty()) {
      const Wait wait = waits_[ready_.back()];
      ready_.pop_back();
      if (decided[wait.op]) continue;
      decided[wait.op] = true;
      op_ = wait.op;
      tied_ = 0;
      input_part_[first_slot_[op_] + wait.gate] = Part::ignore;
      analysis_.law(op_).tie_behind_gate(analysis_.site(op_), *this, wait.gate, wait.other);
    }
  }

  // Both factors are free: one is pinned, so that the other passes. It is that which was made later, as a gate is made
  // of what it is the gate of: hard-swish is x * Clip(x + 3) / 6, and squeeze and excitation ends in such a product.
  void pin_gate(std::uint32_t first) {
    const graph::Operator& info = network_.op(waits_[first].op);
    const auto made = [&](const Wait& wait) { return network_.tensor(info.inputs[wait.gate]).producer; };
    Wait chosen = waits_[first];
    for (std::uint32_t i = first + 1; i < waits_.size() && waits_[i].op == chosen.op; ++i)
      if (made(waits_[i]) > made(chosen)) chosen = waits_[i];
    input_part_[first_slot_[chosen.op] + chosen.gate] = Part::pin;
    pin(info.inputs[chosen.gate]);
    op_ = chosen.op;
    tied_ = 0;
    analysis_.law(op_).tie_behind_gate(analysis_.site(op_), *this, chosen.gate, chosen.other);
  }

  void pin(TensorId tensor) {
    for (std::uint32_t i = 0; i < result_.count[tensor]; ++i) pin_class(channels_->find(result_.first[tensor] + i));
  }

  void pin_class(std::uint32_t root) {
    if (watched_[root].pinned) return;
    watched_[root].pinned = true;
    wake(root);
  }

  void wake(std::uint32_t root) {
    std::uint32_t wait = watched_[root].first;
    watched_[root].first = watched_[root].last = kNone;
    while (wait != kNone) {
      const std::uint32_t next = waits_[wait].next;
      advance(wait);
      wait = next;
    }
  }

  // Watches the next channel that is not pinned; where there is none the wait is over.
  void advance(std::uint32_t id) {
    Wait& wait = waits_[id];
    const TensorId gate = network_.op(wait.op).inputs[wait.gate];
    wait.next = kNone;
    for (; carries(gate) && wait.at < result_.count[gate]; ++wait.at) {
      const std::uint32_t root = channels_->find(result_.first[gate] + wait.at);
      Watched& watched = watched_[root];
      if (watched.pinned) continue;
      if (watched.first == kNone)
        watched.first = id;
      else
        waits_[watched.last].next = id;
      watched.last = id;
      return;
    }
    ready_.push_back(id);
  }

  void unite(std::uint32_t a, std::uint32_t b) {
    a = channels_->find(a);
    b = channels_->find(b);
    if (a == b) return;
    const Watched left = watched_[a], right = watched_[b];
    channels_->unite(a, b);
    Watched& both = watched_[channels_->find(a)];
    both = left;
    if (both.first == kNone)
      both = right;
    else if (right.first != kNone) {
      waits_[both.last].next = right.first;
      both.last = right.last;
    }
    both.pinned = left.pinned || right.pinned;
    if (both.pinned) wake(channels_->find(a));
  }

  // Regions in the order of their first tensor, and the classes of each.
  void number_regions() {
    const std::size_t count = network_.tensors().size();
    for (const Link& link : links_) tensors_.unite(link.a, link.b);  // from here on: regions, no longer groups
    result_.region_of.assign(count, kNone);
    std::vector<RegionId> region_at(count, kNone);
    std::vector<std::uint32_t> class_at(channels_->size(), kNone);
    result_.class_of.assign(channels_->size(), kNone);
    std::iota(result_.class_of.begin(), result_.class_of.begin() + shared_, 0U);
    for (TensorId tensor = 0; tensor < count; ++tensor) {
      if (!carries(tensor)) continue;
      RegionId& region = region_at[tensors_.find(tensor)];
      if (region == kNone) {
        region = static_cast<RegionId>(result_.regions.size());
        result_.regions.push_back({});
      }
      result_.region_of[tensor] = region;
      const std::uint32_t first = result_.first[tensor];
      if (first < shared_) result_.regions[region].classes = result_.count[tensor];
      if (result_.class_of[first] != kNone) continue;  // its group has been numbered, or is not linked
      for (std::uint32_t i = 0; i < result_.count[tensor]; ++i) {
        std::uint32_t& scale_class = class_at[channels_->find(first + i)];
        if (scale_class == kNone) scale_class = result_.regions[region].classes++;
        result_.class_of[first + i] = scale_class;
      }
    }
    std::uint32_t next = 0;
    for (Region& region : result_.regions) {
      region.first_class = next;
      next += region.classes;
    }
    result_.pinned.assign(next, false);
  }

  // The boundary: who offers, absorbs, ties, and who pins.
  void gather() {
    const std::size_t regions = result_.regions.size();
    Bucket<TensorId> tensors;
    Bucket<OperatorId> parents, children, inner;
    Bucket<Leak> leaks;
    const auto leak = [&](TensorId tensor, OperatorId op) {
      const RegionId region = result_.region_of[tensor];
      leaks.add(region, {tensor, op});
      for (const std::uint32_t scale_class : result_.classes(tensor))
        result_.pinned[result_.regions[region].first_class + scale_class] = true;
    };
    for (TensorId tensor = 0; tensor < network_.tensors().size(); ++tensor) {
      if (!carries(tensor)) continue;
      tensors.add(result_.region_of[tensor], tensor);
      const graph::Tensor& info = network_.tensor(tensor);
      if (info.is_input)
        leak(tensor, kNone);
      else if (output_part_[tensor] == Part::pin)
        leak(tensor, info.producer);
      if (info.is_output) leak(tensor, kNone);
      OperatorId last = kNone;
      for (const graph::Use& use : network_.consumers(tensor)) {
        if (input_part_[first_slot_[use.op] + use.slot] != Part::pin || use.op == last) continue;
        leak(tensor, use.op);
        last = use.op;  // Mul(x, x) leaks once
      }
    }
    for (const Leak& kept : kept_)
      for (const std::uint32_t each : kept.among(result_.classes(kept.tensor)))
        result_.pinned[class_of(kept.tensor, each)] = true;
    for (OperatorId op = 0; op < network_.operators().size(); ++op) gather(op, parents, children, inner);
    if (!kept_.empty()) tell_kept(parents, leaks);
    auto& all = result_.regions;
    result_.tensors = tensors.lay_out(regions, [&](RegionId id, auto span) { all[id].tensors = span; });
    result_.parents = parents.lay_out(regions, [&](RegionId id, auto span) { all[id].parents = span; });
    result_.children = children.lay_out(regions, [&](RegionId id, auto span) { all[id].children = span; });
    result_.inner = inner.lay_out(regions, [&](RegionId id, auto span) { all[id].inner = span; });
    result_.leaks = leaks.lay_out(regions, [&](RegionId id, auto span) { all[id].leaks = span; });
  }

  std::uint32_t class_of(TensorId tensor, std::uint32_t in_region) const {
    return result_.regions[result_.region_of[tensor]].first_class + in_region;
  }

  // Channels that an operator keeps leak where somebody offers them a scale, as those of a constant in a Concat are by
  // an Add behind it.
  void tell_kept(const Bucket<OperatorId>& parents, Bucket<Leak>& leaks) const {
    std::vector<bool> offered(result_.pinned.size(), false);
    for (const auto& [region, op] : parents.entries) {
      const TensorId output = network_.op(op).outputs[0];
      for (const std::uint32_t each : result_.classes(output)) offered[class_of(output, each)] = true;
    }
    for (const Leak& kept : kept_) {
      const auto classes = kept.among(result_.classes(kept.tensor));
      if (std::any_of(classes.begin(), classes.end(),
                      [&](std::uint32_t each) { return offered[class_of(kept.tensor, each)]; }))
        leaks.add(result_.region_of[kept.tensor], kept);
    }
  }

  void gather(OperatorId op, Bucket<OperatorId>& parents, Bucket<OperatorId>& children, Bucket<OperatorId>& inner) {
    const graph::Operator& info = network_.op(op);
    RegionId tied = kNone, absorbed = kNone;
    for (std::uint32_t slot = 0; slot < info.inputs.size(); ++slot) {
      if (!carries(info.inputs[slot])) continue;
      const RegionId region = result_.region_of[info.inputs[slot]];
      const Part part = input_part_[first_slot_[op] + slot];
      if (part == Part::absorb && region != absorbed) {
        children.add(absorbed = region, op);
        result_.restoring[op] = restores(op);
      }
      if (part == Part::tie && region != tied) inner.add(tied = region, op);
    }
    for (const TensorId output : info.outputs) {
      if (!carries(output)) continue;
      const RegionId region = result_.region_of[output];
      if (output_part_[output] == Part::offer) parents.add(region, op);
      if (output_part_[output] == Part::tie && region != tied) inner.add(tied = region, op);
    }
  }

  // Pins are known.
  bool restores(OperatorId op) const {
    const Site site = analysis_.site(op);
    std::string why;
    if (!site.form().affine || !carries(site.output())) return false;
    const auto affine = site.form().affine(site, why);
    if (!affine || affine->bias || affine->mean) return false;
    const Region& behind = result_.regions[result_.region_of[site.output()]];
    const auto classes = result_.classes(site.output());
    return std::all_of(classes.begin(), classes.end(),
                       [&](std::uint32_t each) { return result_.pinned[behind.first_class + each]; });
  }

  const Analysis& analysis_;
  const graph::Network& network_;
  UnionFind tensors_;
  std::optional<UnionFind> channels_;
  std::vector<Link> links_;
  std::uint32_t shared_ = 0;                    // length of the row of classes 0, 1, 2, ... at the front
  std::vector<std::uint32_t> first_slot_;       // by operator: its inputs in input_part_
  std::vector<Part> input_part_, output_part_;  // by input; by tensor, what its producer does
  std::vector<Leak> kept_;                      // channels that have scale 1 whatever is around them
  std::vector<Wait> waits_;                     // in the order of the file
  std::vector<Watched> watched_;                // by channel that stands for its class
  std::vector<std::uint32_t> ready_;            // waits whose gate is pinned
  OperatorId op_ = 0;                           // whose law is speaking, and how many inputs it has tied
  std::uint32_t tied_ = 0;
  Regions::Found result_;
};

std::vector<OperatorId> Regions::readers(const Region& region) const {
  std::vector<OperatorId> all;
  for (const OperatorId op : region.children)
    if (!is_restoring(op)) all.push_back(op);
  if (all.empty()) all.assign(region.children.begin(), region.children.end());
  return all;
}

Regions find_regions(const Analysis& analysis) { return RegionFinder(analysis).run(); }

}  // namespace rw::runtime
