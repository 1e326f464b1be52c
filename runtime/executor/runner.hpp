// Runs the groups of a network, and keeps what it built for them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/executor/constants.hpp"
#include "runtime/executor/group.hpp"
#include "runtime/executor/memory.hpp"
#include "runtime/executor/session.hpp"
#include "runtime/executor/tensor.hpp"

namespace rw::executor {

class Runner {
 public:
  // Borrows all of them.
  Runner(const graph::Network& network, const Schedule& schedule, const Constants& constants, Kernels& kernels);

  void begin(bool same_shapes);  // whether the inputs have the shapes of the run before
  void end();                    // nothing of the run is held any more
  void put(graph::TensorId id, Held held, Watch watch);
  void run(std::size_t group, const Group& what, Watch watch);
  evaluator::Array array(graph::TensorId id);  // a copy, row-major
  Footprint footprint() const;

 private:
  // What is done in one go: a kernel, or one operator by the evaluator where there is none.
  struct Piece {
    std::vector<graph::OperatorId> operators;
    std::unique_ptr<Kernel> kernel;
    std::vector<Source> sources;
    std::vector<Held> own;  // by source: values that are the same in every run, in its format
    std::vector<std::unique_ptr<Kernel>> conversions;  // by source: into the format that the kernel reads
    Dims shape;
    std::size_t offset = 0;
    bool alias = false;  // no kernel: the result lies in the first source
    graph::TensorId output = graph::kNone;
    std::unique_ptr<Kernel> row_major;  // where `shape` is another view of what the kernel gives in blocks
  };
  // What a group read when its pieces were built.
  struct Seen {
    graph::TensorId tensor;
    Dims shape;
    FormatRef format;
    std::optional<Dims> integers;  // shapes may follow from them
  };
  struct Built {
    std::vector<Seen> seen;
    std::vector<Piece> pieces;
    bool ready = false;
  };

  Held& read(graph::TensorId id);
  std::vector<Seen> see(const Group& group);
  static bool same_as_before(const std::vector<Seen>& before, const std::vector<Seen>& now);

  Site site_of(graph::OperatorId id, graph::TensorId chained, const Dims& shape);
  std::vector<Piece> by_kernels(const Group& group, std::size_t& member, const Site& site);
  std::vector<Piece> build(const Group& group, std::size_t& member);
  std::optional<std::pair<Planned, std::unique_ptr<Kernel>>> fused(const Group& group, std::size_t first,
                                                                   Planned planned, std::size_t& count);
  Piece finished(const Planned& planned, std::unique_ptr<Kernel> kernel, graph::TensorId output);
  void convert_sources(const Planned& planned, Piece& piece);
  FormatRef wanted_format(const Planned& planned, const Piece& piece, std::size_t source) const;
  std::unique_ptr<Kernel> make(const Layer& layer);
  std::unique_ptr<Kernel> conversion(const Dims& shape, const FormatRef& from, const FormatRef& to);

  void execute(Piece& piece, Watch watch);
  void execute_alias(Piece& piece, Watch watch);
  void evaluate(const Piece& piece, Watch watch);
  void run_kernel(Kernel& kernel, std::span<const float* const> inputs, float* output);
  std::shared_ptr<float> convert(Kernel& kernel, const float* from);
  const float* source(Piece& piece, std::size_t i, std::vector<std::shared_ptr<float>>& alive);
  bool last_reading(const Piece& piece, std::size_t source);
  std::shared_ptr<float> output_of(const Piece& piece, std::span<const float* const> sources);
  void make_row_major(graph::TensorId id, Held& held);
  void show(graph::TensorId id, Held& held, Watch watch);
  void release(graph::TensorId id);

  const graph::Network& network_;
  const Schedule& schedule_;
  const Constants& constants_;
  Kernels& kernels_;
  Memory memory_;
  bool made_ = false;                               // a kernel, in this run
  std::vector<Held> held_;                          // by tensor
  std::map<graph::TensorId, Held> fixed_;           // constants that are read while the network runs
  std::vector<std::unique_ptr<Kernel>> row_major_;  // by tensor: from the format that it had before
  std::vector<std::uint32_t> left_;
  std::vector<Built> built_;  // by group
};

}  // namespace rw::executor
