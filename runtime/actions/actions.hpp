// The functions that the table of actions names, one file each. Internal to the actions.
#pragma once

#include "runtime/action.hpp"

namespace rw::runtime {

Effect scale(ActionContext& context, const dsl::Step& step);

}  // namespace rw::runtime
