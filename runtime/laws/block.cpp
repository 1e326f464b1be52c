// Nothing is known of the operator, or it carries no scale; and operators that read no values at all.
#include "runtime/laws/conditions.hpp"

namespace rw::runtime {
namespace {

std::string always(const Site&) { return {}; }
void tie_nothing(const Site&, Tie&) {}
void ignore_all(const Site& site, Tie& tie) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_activation(slot)) tie.ignores(slot);
}
std::string carry_nothing(const Site&, Carry&) { return {}; }

}  // namespace

extern const Law kBlockLaw = {
    .name = "block",
    .help = "carries no scale: pinned on both sides",
    .condition = always,
    .tie = tie_nothing,
    .carry = only_ones,
};

extern const Law kShapeLaw = {
    .name = "shape",
    .help = "reads no values: ties and pins nothing",
    .ties_channels = true,
    .condition = always,
    .tie = ignore_all,
    .carry = carry_nothing,
};

}  // namespace rw::runtime
