// A plan applied to a model: what it asks for, checked against the model, certified and written.
#pragma once

#include <filesystem>

#include "dsl/load.hpp"
#include "graph/base/function_ref.hpp"
#include "graph/formats/plan/planned.hpp"
#include "graph/model.hpp"
#include "runtime/certify/certificate.hpp"

namespace rw::runtime {

struct AppliedPlan {
  Certificate certificate;  // where it does not hold nothing was written
  std::string leak;         // where it does not hold: at which operator or tensor
  graph::Written written;
  bool bytes_of_before = true;  // false: an undo left other bytes
};

// The laws that a plan was made with: std, and the lines that it names. To be used only where there are no errors.
dsl::Loaded laws_of(const graph::PlanFile& plan);

// Edits the model's network. graph::PlanRefusal, where checksums are compared: the tensors are others, nothing was
// written. graph::Error: the plan does not fit the model, or cannot be undone. `tell` is called when all bytes are
// written and checked, before files take their places.
AppliedPlan apply_to_model(const graph::PlanFile& plan, graph::Model& model, const dsl::Loaded& laws,
                           const std::filesystem::path& out, graph::ApplyOptions options,
                           graph::FunctionRef<void(const AppliedPlan&)> tell);

}  // namespace rw::runtime
