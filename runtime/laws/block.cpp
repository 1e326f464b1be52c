// Nothing is known of the operator, or it carries no scale; and operators that read no values at all.
#include "runtime/laws/laws.hpp"

namespace rw::runtime {

namespace law_block {
std::string condition(const Site&) { return {}; }
void tie(const Site&, Tie&) {}
std::string carry(const Site& site, Carry& carry) { return only_ones(site, carry); }
}  // namespace law_block

namespace law_shape {
std::string condition(const Site&) { return {}; }
void tie(const Site& site, Tie& tie) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot)
    if (site.is_activation(slot)) tie.ignores(slot);
}
std::string carry(const Site&, Carry&) { return {}; }
}  // namespace law_shape

}  // namespace rw::runtime
