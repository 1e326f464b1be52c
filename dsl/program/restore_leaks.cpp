#include "dsl/program/program.hpp"

namespace rw::dsl {

void restore_leaks(Program& program) {
  for (Rule& rule : program.rules)
    if (rule.region && !rule.region->restore) rule.region->restore = RestoreClause{program.curves, false};
}

}  // namespace rw::dsl
