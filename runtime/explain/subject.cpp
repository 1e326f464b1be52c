#include "runtime/explain/subject.hpp"

namespace rw::runtime {

Outcome run_instead(const Subject& subject, const dsl::Program& rules, const RunOptions& options,
                    std::optional<graph::Model>& own) {
  if (auto ground = ground_for(rules, subject.outcome, subject.rules.program, options))
    return run(subject.model, rules, options, std::move(ground));
  return run(own.emplace(subject.source()), rules, options);
}

}  // namespace rw::runtime
