// A rewriting as a file of its own ("--plan"): by names, so that it can be applied wherever the tensors are, a model of
// many files one file at a time, and taken back.
//
// {"format": "rewrite-engine/plan", "version": 1, "marks": {"before": "", "after": "0123456789abcdef"},
//  "operators": ["op my::Swirl law pass"],
//  "scales": [{"rule": "pair", "region": "conv1", "tensor": "conv1.weight", "axis": 0, "multiply": [2, 1, 4, 1]}],
//  "statistics": [{"tensor": "t1", "axis": 1, "multiply": [2, 1, 4, 1]}],
//  "constants": {...},
//  "edits": [{"rule": "twice", "edit": 1, "remove": "t1", "op": "Transpose"},
//            {"rule": "twice", "edit": 1, "insert": "t3", "op": "Transpose", "at": "t1", "inputs": ["x"],
//             "outputs": ["y"], "attributes": {"perm": [1, 0]}}],
//  "checksums": [{"tensor": "conv1.weight", "before": "0a1b2c3d", "after": "4e5f6071"}], "edits_checksum": "8f2e1d0c"}
//
// Entries of one constant stand in the order in which their factors are multiplied. Where one axis of the constant does
// not say it, "axes" are those of "view", a row-major factorisation of "shape" (that of the constant afterwards; "was":
// before, where that is another), and "multiply" runs row-major over them. "folded": the factor comes from an operator
// behind that is taken out. An entry with "copy" leaves the constant and makes a new one, which "read_by" reads
// instead:
// [{"node": "conv2", "input": 1}]. "made_by" names the operator (a Reshape) that makes the constant of others, so that
// no file of weights has it.
//
// "operators" are the lines of rule files that bound laws to operators: what the certificate must know of them.
// "checksums" are CRC-32C of the elements of each constant (row-major, little-endian) before and after, as eight
// digits; of a copy, "before" is that of the constant it is made of. Plans of before have none.
//
// An entry of "statistics" with "of" is about a new tensor, whose values are, before "multiply" (which may be empty),
// those that the tensor "of" had.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

// Which rule scaled which region (its first parent); empty: not known.
struct PlanOrigin {
  std::string rule, region;
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
  bool viewed = false;          // the edit has a shape and a view; else its factors run over the axes of the constant
  Edit edit;
  std::optional<std::vector<std::int64_t>> was;  // the shape before, where it is another than the edit's
  std::vector<PlanOrigin> origins;               // of each factor
};

// What becomes of the values of an activation, for whoever has statistics of it: (v - subtract) multiply.
struct PlanStatistic {
  std::string tensor;
  std::optional<int> axis;            // of the channels; has no value for one channel or several axes
  std::vector<double> multiply = {};  // empty: entries cannot be scaled, and are left out
  std::vector<double> subtract = {};  // as many; empty: 0
  // A new tensor has the statistics that this one had, scaled where `multiply` is not empty. Empty: it is not new.
  std::string of = {};
  bool scales() const { return of.empty() || !multiply.empty(); }
};

// An edit of the graph, by names (rewriting.hpp).
struct PlanEdit {
  enum class Kind : std::uint8_t { remove, input, output, replace, insert } kind = Kind::remove;
  std::string node;                          // the operator; insert: the new one
  std::uint32_t slot = 0;                    // input, output
  std::string name;                          // input, output: the tensor; replace, insert, remove: the type
  std::string before;                        // insert: the operator that it stands in front of
  std::string at;                            // insert, instead: the one of the model where it stands, which is removed
  std::vector<std::string> inputs, outputs;  // insert
  std::vector<Attribute> attributes;         // insert
  // A rule has made it on the network, before anything else was done: the number of that edit, which may be several of
  // these, and the name of the rule. No value: it is made by the rewriting, and certified.
  std::optional<std::uint32_t> edit;
  std::string rule;
};

struct PlanConstant {
  std::string name;
  Literal value;
};

struct PlanChecksum {
  std::string tensor, copy;  // copy: empty where it is the constant itself
  std::uint32_t before = 0, after = 0;
};

struct PlanFile {
  // Marks (graph/mark.hpp) of the model before and of what the run wrote; empty where there was none. No value where
  // the plan does not say.
  std::optional<std::string> was_marked, mark;
  std::vector<std::string> operators;  // `op` lines
  std::vector<PlanScale> scales;
  std::vector<PlanStatistic> statistics;
  std::vector<PlanConstant> constants;  // that the model did not have
  std::vector<PlanEdit> edits;
  std::optional<std::vector<PlanChecksum>> checksums;  // no value where the plan has none
  std::optional<std::uint32_t> edits_checksum;         // what the plan says of checksum_of_edits()

  bool edits_graph() const { return !constants.empty() || !edits.empty(); }
  // Rules with a pattern made some of the edits, which no certificate covers: their trials were run when they were
  // made.
  bool tried_edits() const {
    return std::any_of(edits.begin(), edits.end(), [](const PlanEdit& each) { return each.edit.has_value(); });
  }
  const PlanChecksum* checksum_of(const PlanScale& scale) const;  // null: none
  std::string path;                                               // of the file it came from, for messages
  std::vector<std::shared_ptr<const MappedFile>> sources;         // the file, which no output may be
  std::shared_ptr<Arena> arena;
};

// What a rewriting does to the constants and the graph of a network, and the checksums that were noted while it was
// carried out (note_checksums). Origins, statistics and operators are the caller's to fill in.
PlanFile plan_of(const Rewritten& rewritten);

// From now on each edit notes checksums.
void note_checksums(Rewriting& rewriting);

std::string to_json(const PlanFile& plan);

// CRC-32C of the edits and constants of a plan as it is written: whether an entry is missing, or is told otherwise.
std::uint32_t checksum_of_edits(const PlanFile& plan);

// Error (file: path): not a plan, with line and column; a factor that is not finite, axes that do not fit.
PlanFile read_plan(const std::filesystem::path& path);

}  // namespace rw::graph
