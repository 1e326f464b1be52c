// What a plan is to a model, or to files of its weights alone.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/base/function_ref.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "graph/values/edit_sums.hpp"

namespace rw::graph {

// What a plan asks for that is not to be carried out here: the tensors are not those that it was made for, or an entry
// of it is missing. Nothing is written (exit 3).
struct PlanRefusal : Error {
  using Error::Error;
  bool final = false;  // what --force does not pass over
};

// Checksums of one entry, once the rewriting is carried out.
struct NotedScale {
  const PlanScale* scale = nullptr;
  const Literal* source = nullptr;  // what is edited, copied, or (an undone copy) left out
  std::shared_ptr<EditSums> sums;
};

// The rewriting that a plan is to a model, and what it says of it.
struct Planned {
  Rewriting rewriting;
  std::unordered_map<TensorId, std::vector<double>> scales;  // of activations; empty: the plan does not say
  std::unordered_map<TensorId, std::vector<double>> shifts;  // what is taken out of them, in the units of before
  std::vector<NotedScale> noted;
};

// Shapes of the model are inferred, new constants are added to its network, and operators that become another one on
// the same input are replaced; all else stands in the rewriting. `undo`: the one that takes it back. Error: it does not
// fit the model (a tensor or node that is not there, another shape); undo of what cannot be taken back: edits of the
// graph, factors of 0, constants that were expanded. Throws PlanRefusal where it does not fit because it was applied
// before, or (undo) never.
Planned planned(const PlanFile& plan, Model& model, bool undo);

// Compares the tensors that were read and made with the plan's checksums, which it has. Throws PlanRefusal, with the
// tensor's name. True: all are as the plan says; false: an undo left other bytes than those of before (factors that are
// not powers of two).
bool check_checksums(const PlanFile& plan, std::span<const NotedScale> noted, bool undo);
// The same of the tensors that are read alone, which it reads: for a rewriting that could not be carried out.
void check_sources(const PlanFile& plan, std::span<const NotedScale> noted, bool undo);
// Every entry has its checksum, and every checksum its entry. Throws PlanRefusal.
void check_entries(const PlanFile& plan);
// The graph's edits and new constants are those that were written with their checksum, where there is one. Throws
// PlanRefusal.
void check_edits(const PlanFile& plan);

struct AppliedWeights {
  Written written;
  std::size_t tensors = 0;      // that were scaled
  bool bytes_of_before = true;  // as check_checksums says
};

// Applies a plan to files of weights alone (safetensors), each to the path beside it; all of them or none. `tell` is
// called when all bytes are written and checked, before files take their places: what it throws ends it.
// `unchecked`: checksums are not compared. Error: edits of the graph, a tensor that does not fit, an output that is an
// input. Throws PlanRefusal.
struct WeightFile {
  std::filesystem::path from, to;
};
struct ApplyOptions {
  bool undo = false, dry = false, unchecked = false;
};
AppliedWeights apply_to_weights(const PlanFile& plan, std::span<const WeightFile> files, ApplyOptions options,
                                FunctionRef<void(const AppliedWeights&)> tell);

}  // namespace rw::graph
