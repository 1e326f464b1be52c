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
// What it makes nobody says.
graph::Form name_alone(std::string_view op, const graph::UserForm&) { return {.op = op}; }
std::string carry_nothing(const Site&, Carry&) { return {}; }

}  // namespace

extern const Law kBlockLaw = {
    .name = "block",
    .help = "carries no scale: pinned on both sides",
    .form = name_alone,
    .condition = always,
    .tie = tie_nothing,
    .carry = only_ones,
};

extern const Law kShapeLaw = {
    .name = "shape",
    .help = "reads no values: ties and pins nothing",
    .ties_channels = true,
    .form = name_alone,
    .condition = always,
    .tie = ignore_all,
    .carry = carry_nothing,
};

}  // namespace rw::runtime
