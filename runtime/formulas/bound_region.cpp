#include "runtime/formulas/bound_region.hpp"

#include <algorithm>

namespace rw::runtime {
namespace {

Family make_family(dsl::Role role, std::span<const OperatorId> nodes, const Analysis& analysis, const Regions& regions,
                   RegionId region) {
  Family family;
  family.role = role;
  const auto in_region = [&](TensorId tensor) { return tensor != kNone && regions.region_of(tensor) == region; };
  for (const OperatorId op : nodes) {
    const graph::Operator& info = analysis.network->op(op);
    // A child is looked at where it absorbs, everything else where its channels come out.
    TensorId tensor = kNone;
    if (role == dsl::Role::children) {
      const auto found = std::find_if(info.inputs.begin(), info.inputs.end(), in_region);
      if (found != info.inputs.end()) tensor = *found;
    } else if (!info.outputs.empty()) {
      tensor = info.outputs[0];
    }
    family.nodes.push_back(op);
    family.tensors.push_back(tensor);
  }
  return family;
}

void add_channels(Family& family, const Regions& regions, RegionId region) {
  family.first.push_back(0);
  for (const TensorId tensor : family.tensors) {
    if (tensor != kNone && regions.region_of(tensor) == region) {
      const auto classes = regions.classes(tensor);
      family.classes.insert(family.classes.end(), classes.begin(), classes.end());
    }
    family.first.push_back(static_cast<std::uint32_t>(family.classes.size()));
  }
}

}  // namespace

TensorId observed(const Analysis& analysis, const Regions& regions, TensorId output) {
  TensorId tensor = output;
  while (!analysis.network->tensor(tensor).is_output) {
    const auto uses = analysis.network->consumers(tensor);
    if (uses.size() != 1) break;
    const OperatorId op = uses[0].op;
    if (!analysis.holds(op)) break;
    if (!analysis.operators[op].elementwise || regions.is_joining(op)) break;
    const TensorId next = analysis.network->op(op).outputs[0];
    if (analysis.channels.count(next) != analysis.channels.count(output) ||
        regions.region_of(next) != regions.region_of(output))
      break;
    tensor = next;
  }
  return tensor;
}

BoundRegion::BoundRegion(const dsl::Rule& rule, const Pattern& pattern, const Analysis& analysis,
                         const graph::Statistics& statistics, const Regions& regions, RegionId region)
    : analysis_(analysis),
      statistics_(statistics),
      regions_(regions),
      id_(region),
      rule_(&rule),
      pattern_(&pattern),
      families_(rule.bindings.size()) {}

Family& BoundRegion::made_once(dsl::BindingIndex binding) const {
  std::optional<Family>& family = families_[binding];
  if (!family) family = made(binding);
  return *family;
}

const Family& BoundRegion::family(dsl::BindingIndex binding) const {
  Family& family = made_once(binding);
  if (family.first.empty()) add_channels(family, regions_, id_);
  return family;
}

Family BoundRegion::made(dsl::BindingIndex binding) const {
  const auto make = [&](dsl::Role role, std::span<const OperatorId> nodes) {
    return make_family(role, nodes, analysis_, regions_, id_);
  };
  const dsl::RegionPattern& pattern = *rule_->region;
  if (binding == pattern.parents.binding) return make(dsl::Role::parents, region().parents);
  if (binding == pattern.children.binding) return make(dsl::Role::children, regions_.readers(region()));
  for (std::size_t i = 0; i < pattern.joins.size(); ++i)
    if (binding == pattern.joins[i].binding) return make(dsl::Role::join, pattern_->joins(regions_, id_, i));
  return {};  // the region, which has no nodes of its own
}

}  // namespace rw::runtime
