// The functions that the table of actions names, one file each. Internal to the actions.
#pragma once

#include "runtime/actions/action.hpp"

namespace rw::runtime {

Effect scale(ActionContext& context, const dsl::Step& step);
Effect absorb_bias(ActionContext& context, const dsl::Step& step);

GraphEffect fold_affine(ChainContext& context, const dsl::Step& step);
GraphEffect remove(ChainContext& context, const dsl::Step& step);
GraphEffect replace(ChainContext& context, const dsl::Step& step);

// Outputs of an operator but the first are read by nobody.
bool first_output_alone(const graph::Editor& editor, OperatorId op);

}  // namespace rw::runtime
