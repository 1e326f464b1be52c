#include "runtime/weights/bias.hpp"

#include "graph/values/elements.hpp"

namespace rw::runtime {

std::vector<double> bias_of(const Site& site, const Plan& plan) {
  std::vector<double> bias(site.channels().count(site.output()), 0.0);
  const std::vector<double>* added = plan.added_bias(site.id());
  const std::vector<double>* scale = plan.scale_of(site.output());
  std::vector<double> old;
  if (site.has(bias_slot(site))) old = graph::to_double(*site.tensor(bias_slot(site)).constant);
  for (std::size_t i = 0; i < bias.size(); ++i) {
    if (!old.empty()) bias[i] = old.size() == 1 ? old[0] : old[i];
    if (added) bias[i] += (*added)[i];
    if (scale) bias[i] *= (*scale)[i];
  }
  return bias;
}

}  // namespace rw::runtime
