// What is explained, and other rules tried on it.
#pragma once

#include <functional>
#include <optional>

#include "graph/model.hpp"
#include "runtime/engine/run.hpp"

namespace rw::runtime {

// Reads the model again, as it was given.
using ModelSource = std::function<graph::Model()>;

// Rules that ran on a model. All is borrowed.
struct Subject {
  const ModelSource& source;
  graph::Model& model;  // as the rules have left it
  const dsl::Loaded& rules;
  const RunOptions& options;
  const Outcome& outcome;
};

// Other rules on the model. Trying them must not see what others have left behind: where its network is edited, or laws
// change what is known of it, the model is read again, into `own`, which the outcome then borrows; else the outcome
// borrows the subject's, and what was found there is taken over. Throws what run() does.
Outcome run_instead(const Subject& subject, const dsl::Program& rules, const RunOptions& options,
                    std::optional<graph::Model>& own);

}  // namespace rw::runtime
