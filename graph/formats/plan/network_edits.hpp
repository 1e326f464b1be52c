// Edits of a plan that rules had made on the network (PlanEdit::edit): made on a network again.
#pragma once

#include "graph/formats/plan/plan_file.hpp"

namespace rw::graph {

// Makes them all, by the editor. The constants of the plan are tensors of the network already. Error: they do not fit
// the network (a node or tensor that is not there, a name that is taken, a tensor that two operators would give,
// operators that would wait for one another). Throws PlanRefusal where a new operator is there already.
void make_edits(const PlanFile& plan, Network& network, GraphEdits& edits);

}  // namespace rw::graph
