// A rewriting as a file of its own ("--plan"): by names, so that it can be applied wherever the tensors are, a model of
// many files one file at a time, and taken back.
//
// {"format": "rewrite-engine/plan", "version": 1, "marks": {"before": "", "after": "0123456789abcdef"},
//  "scales": [{"rule": "pair", "region": "conv1", "tensor": "conv1.weight", "axis": 0, "multiply": [2, 1, 4, 1]}],
//  "statistics": [{"tensor": "t1", "axis": 1, "multiply": [2, 1, 4, 1]}],
//  "constants": {...}, "edits": [...]}
//
// Entries of one constant stand in the order in which their factors are multiplied. Where one axis of the constant does
// not say it, "axes" are those of "view", a row-major factorisation of "shape" (that of the constant afterwards; "was":
// before, where that is another), and "multiply" runs row-major over them. An entry with "copy" leaves the constant and
// makes a new one, which "read_by" reads instead: [{"node": "conv2", "input": 1}]. "made_by" names the operator (a
// Reshape) that makes the constant of others, so that no file of weights has it.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

struct PlanFactor {
  std::string rule, region;  // which rule scaled which region (its first parent); empty: not known
  Factor factor;             // over the axes of PlanScale::view
};

// One constant, or a copy of it.
struct PlanScale {
  struct Reader {
    std::string node;
    std::uint32_t input = 0;
  };
  std::string tensor;
  std::string made_by;          // the node that makes it of constants that the files hold; empty: they hold it
  std::string copy;             // name of the new constant; empty: the constant itself
  std::vector<Reader> read_by;  // of the copy
  std::optional<std::vector<std::int64_t>> shape;  // afterwards; nothing: as it is, and factors are over its own axes
  std::optional<std::vector<std::int64_t>> was;    // the shape before, where it is another
  std::vector<std::int64_t> view;
  std::vector<PlanFactor> factors;
};

// What becomes of the values of an activation, for whoever has statistics of it: (v - subtract) multiply.
struct PlanStatistic {
  std::string tensor;
  std::optional<int> axis;            // of the channels; nothing: there is one channel, or several axes
  std::vector<double> multiply;       // empty: entries cannot be scaled, and are left out
  std::vector<double> subtract = {};  // as many; empty: 0
};

// An edit of the graph, by names (rewriting.hpp).
struct PlanEdit {
  enum class Kind : std::uint8_t { remove, input, output, replace, insert } kind = Kind::remove;
  std::string node;                          // the operator; insert: the new one
  std::uint32_t slot = 0;                    // input, output
  std::string name;                          // input, output: the tensor; replace, insert: the type
  std::string before;                        // insert
  std::vector<std::string> inputs, outputs;  // insert
};

struct PlanConstant {
  std::string name;
  Literal value;
};

struct PlanFile {
  // Marks (graph/mark.hpp) of the model before and of what the run wrote; empty: none. Nothing: the plan does not say.
  std::optional<std::string> was_marked, mark;
  std::vector<PlanScale> scales;
  std::vector<PlanStatistic> statistics;
  std::vector<PlanConstant> constants;  // that the model did not have
  std::vector<PlanEdit> edits;

  bool edits_graph() const { return !constants.empty() || !edits.empty(); }
  std::string path;                                        // of the file it came from, for messages
  std::vector<std::shared_ptr<const MappedFile>> sources;  // the file, which no output may be
  std::shared_ptr<Arena> arena;
};

// What a rewriting does to the constants and the graph of a network. Names of rules and regions, and statistics, are
// the caller's to fill in.
PlanFile plan_of(const Rewritten& rewritten);

std::string to_json(const PlanFile& plan);

// Error (file: path): not a plan, with line and column; a factor that is not finite, axes that do not fit.
PlanFile read_plan(const std::filesystem::path& path);

// The rewriting that a plan is to a model; its graph is edited. `undo`: the one that takes it back.
// Error: it does not fit the model (a tensor or node that is not there, another shape); undo of what cannot be taken
// back: edits of the graph, factors of 0, constants that were expanded.
Rewriting rewriting_of(const PlanFile& plan, Model& model, bool undo);

// Applies a plan to files of weights alone (safetensors), each to the path beside it; all of them or none. `tell` is
// called with the number of tensors that were scaled when all bytes are written, before files take their places.
// Error: edits of the graph, a tensor that does not fit, an output that is an input.
struct WeightFile {
  std::filesystem::path from, to;
};
Written apply_to_weights(const PlanFile& plan, std::span<const WeightFile> files, bool undo, bool dry,
                         FunctionRef<void(std::size_t tensors)> tell);

}  // namespace rw::graph
