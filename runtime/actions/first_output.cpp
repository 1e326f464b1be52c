#include "runtime/actions/first_output.hpp"

namespace rw::runtime {

using graph::kNone;

bool first_output_alone(const graph::Editor& editor, graph::OperatorId op) {
  const auto outputs = editor.network().op(op).outputs;
  for (std::size_t i = 1; i < outputs.size(); ++i)
    if (outputs[i] != kNone && (editor.network().tensor(outputs[i]).is_output || !editor.consumers(outputs[i]).empty()))
      return false;
  return !outputs.empty() && outputs[0] != kNone;
}

}  // namespace rw::runtime
