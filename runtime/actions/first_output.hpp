// What editing the graph asks of operators with several outputs.
#pragma once

#include "graph/editor.hpp"

namespace rw::runtime {

// Outputs of an operator but the first are read by nobody, and the first is there.
bool first_output_alone(const graph::Editor& editor, graph::OperatorId op);

}  // namespace rw::runtime
