#include "runtime/laws/conditions.hpp"

#include <fmt/format.h>

namespace rw::runtime {

std::string channels_missing(const Site& site, TensorId tensor) {
  if (tensor == kNone) return "an output is missing";
  if (site.channels().has(tensor)) return {};
  const graph::Tensor& info = site.network().tensor(tensor);
  if (!info.shape.known()) return fmt::format("the shape of '{}' is not known", info.name);
  return fmt::format("'{}' {}: {}", info.name, to_string(info.shape), reason(site.channels().state(tensor)));
}

std::string first_missing(const Site& site, std::uint32_t slot) {
  if (!site.has(slot)) return fmt::format("input {} is missing", slot);
  std::string why = channels_missing(site, site.input(slot));
  return why.empty() ? channels_missing(site, site.output()) : why;
}

std::string only_ones(const Site& site, Carry& carry) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    if (site.is_activation(slot) && !carry.input(slot).is_one())
      return fmt::format("its input '{}' is scaled, and it carries no scale", site.tensor(slot).name);
    if (carry.edit(slot))
      return fmt::format("its constant '{}' was edited, and it carries no scale", site.tensor(slot).name);
  }
  return {};
}

}  // namespace rw::runtime
