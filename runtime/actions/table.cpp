#include "runtime/actions/action.hpp"

namespace rw::runtime {

// One file each, which says everything about it.
extern const Action kScaleAction, kAbsorbBiasAction, kBalanceAction;

std::span<const Action* const> actions() {
  static constexpr const Action* kActions[] = {&kScaleAction, &kAbsorbBiasAction, &kBalanceAction};
  return kActions;
}

}  // namespace rw::runtime
