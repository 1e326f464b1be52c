#include "tests/runtime/formulas.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace rw::test {
namespace {

std::string observed_name(const Net& net, std::string tensor) {
  static const std::set<std::string> elementwise = {"Relu", "LeakyRelu", "PRelu",   "Abs",
                                                    "Neg",  "Identity",  "Dropout", "Clip"};
  const auto is_constant = [&](const std::string& name) { return net.ranges().count(name) == 0; };
  while (true) {
    if (std::count(net.outputs().begin(), net.outputs().end(), tensor)) return tensor;
    const NetNode* only = nullptr;
    int uses = 0;
    for (const NetNode& node : net.nodes())
      for (const std::string& input : node.inputs)
        if (input == tensor) {
          only = &node;
          ++uses;
        }
    if (uses != 1) return tensor;
    const bool clips = only->type == "Clip" && only->inputs.size() > 2 && !only->inputs[2].empty();
    const bool adds = only->type == "Add" && is_constant(only->inputs[only->inputs[0] == tensor ? 1 : 0]);
    if (clips || !(elementwise.count(only->type) || adds) || net.shape(only->outputs[0]) != net.shape(tensor))
      return tensor;
    tensor = only->outputs[0];
  }
}

}  // namespace

std::vector<ParentRange> parent_ranges(const Net& net, const std::vector<std::string>& parents) {
  std::vector<ParentRange> all;
  for (const std::string& name : parents) {
    ParentRange each;
    for (const NetNode& node : net.nodes())
      if (node.name == name) each.output = node.outputs[0];
    const NetRange& range = net.ranges().at(observed_name(net, each.output));
    each.min.assign(range.min.begin(), range.min.end());
    each.max.assign(range.max.begin(), range.max.end());
    all.push_back(std::move(each));
  }
  return all;
}

Scales equalization(const ParentRange& p) {
  long double top = 0;
  for (const long double m : p.max) top = std::max(top, std::fabs(m));
  Scales e;
  for (std::size_t i = 0; i < p.max.size(); ++i) {
    const long double range = std::max(std::fabs(p.min[i]), std::fabs(p.max[i]));
    e.push_back(std::clamp(top / (range + 1e-30L), 1.0L, 20.0L));
  }
  return e;
}

Scales aligned(const ParentRange& p, const std::vector<ParentRange>& all) {
  long double all_max = 0, top = -INFINITY;
  for (const ParentRange& each : all)
    for (const long double m : each.max) all_max = std::max(all_max, std::fabs(m));
  Scales e = equalization(p);
  for (std::size_t i = 0; i < e.size(); ++i) top = std::max(top, p.max[i] * e[i]);
  for (long double& each : e) each = top > 0 ? each * all_max / top : each;
  return e;
}

std::vector<Scales> shared(const std::vector<ParentRange>& parents,
                           const std::vector<std::vector<std::uint32_t>>& classes) {
  std::map<std::uint32_t, long double> least;
  for (std::size_t node = 0; node < parents.size(); ++node) {
    const Scales e = equalization(parents[node]);
    const long double smallest = *std::min_element(e.begin(), e.end());
    for (std::size_t i = 0; i < e.size(); ++i) {
      const auto [entry, fresh] = least.emplace(classes[node].at(i), e[i] / smallest);
      if (!fresh) entry->second = std::min(entry->second, e[i] / smallest);
    }
  }
  std::vector<Scales> scales;
  for (const auto& of : classes) {
    scales.emplace_back();
    for (const std::uint32_t scale_class : of) scales.back().push_back(std::max(1.0L, least.at(scale_class)));
  }
  return scales;
}

}  // namespace rw::test
