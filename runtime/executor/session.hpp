// Runs a network on data: every value that it computes, fast. The commands that need to run networks (calibrate,
// compare, score, the options --data, --verify and --score of a run) all ask a Session.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/network.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::executor {

// The value of a watched tensor while the network runs: row-major, floats (every float type is computed as float32) or
// integers and booleans. One of both spans is empty. Lives during the call.
struct Value {
  graph::TensorId tensor = graph::kNone;
  std::span<const std::int64_t> shape;
  std::span<float> floats;  // may be changed in place: what reads the tensor reads what stands there afterwards
  std::span<const std::int64_t> integers;
};

struct Options {
  unsigned threads = 1;
  std::vector<graph::TensorId> watched;                // inputs of the network and what operators compute
  std::map<graph::TensorId, evaluator::Array> values;  // of constants, in place of the network's own
};

using Inputs = std::map<graph::TensorId, evaluator::Array>;
using Watch = graph::FunctionRef<void(const Value&)>;

// What tensors take between runs, in bytes: copies of weights and of other constants in the formats of kernels, and the
// piece of memory in which activations lie.
struct Footprint {
  std::size_t weights = 0, activations = 0;
};

class Session {
 public:
  virtual ~Session() = default;
  // The outputs, in the order of Network::outputs(). `watch` sees each watched tensor once, before anything reads it,
  // producers before consumers. Dynamic dimensions are bound by the inputs; another call may have other ones.
  // std::runtime_error: an input that is missing or does not fit, named.
  virtual std::vector<evaluator::Array> run(const Inputs& inputs, Watch watch) = 0;
  virtual Footprint footprint() const = 0;  // as the run before has left it
};

// Borrows the network. std::runtime_error: an operator that cannot be run (If, Loop, a function, an unknown one),
// named, before anything runs; or the library that runs networks is not there, with the package that holds it.
std::unique_ptr<Session> open(const graph::Network& network, Options options);

}  // namespace rw::executor
