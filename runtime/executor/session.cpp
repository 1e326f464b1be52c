#include "runtime/executor/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "runtime/evaluator/call.hpp"
#include "runtime/evaluator/literal.hpp"
#include "runtime/executor/inputs.hpp"
#include "runtime/executor/schedule.hpp"

namespace rw::executor {
namespace {

using evaluator::Array;
using graph::kNone;
using graph::Network;
using graph::Operator;
using graph::OperatorId;
using graph::TensorId;

class Plain final : public Session {
 public:
  Plain(const Network& network, Options options)
      : network_(network), options_(std::move(options)), schedule_(schedule_of(network, options_)) {
    fixed_.resize(network.tensors().size());
    for (auto& [id, value] : options_.values) fixed_[id] = std::make_shared<const Array>(std::move(value));
  }

  std::vector<Array> run(const Inputs& inputs, Watch watch) override {
    check_inputs(network_, inputs);
    values_ = fixed_;
    left_ = schedule_.readers;
    for (const TensorId id : network_.inputs()) {
      const auto given = inputs.find(id);
      put(id, given != inputs.end() ? given->second : evaluator::read_literal(*network_.tensor(id).constant), watch);
    }
    for (const OperatorId id : schedule_.order) run_operator(network_.op(id), watch);
    std::vector<Array> outputs;
    for (const TensorId id : network_.outputs()) outputs.push_back(*read(id));
    values_.clear();
    return outputs;
  }

 private:
  using Held = std::shared_ptr<const Array>;

  // A constant is read when it is needed first.
  const Held& read(TensorId id) {
    const graph::Tensor& tensor = network_.tensor(id);
    if (!values_[id]) {
      if (tensor.constant == nullptr || tensor.producer != kNone)
        throw std::invalid_argument(fmt::format("'{}' has no value", tensor.name));
      values_[id] = std::make_shared<const Array>(evaluator::read_literal(*tensor.constant));
      if (schedule_.fixed[id]) fixed_[id] = values_[id];
    }
    return values_[id];
  }

  void put(TensorId id, Array array, Watch watch) {
    if (schedule_.watched[id]) array = shown(id, std::move(array), watch);
    values_[id] = std::make_shared<const Array>(std::move(array));
    if (schedule_.fixed[id]) fixed_[id] = values_[id];
    if (schedule_.readers[id] == 0) values_[id].reset();
  }

  static Array shown(TensorId id, Array array, Watch watch) {
    if (!array.is_float()) {
      watch(Value{id, array.shape(), {}, array.ints()});
      return array;
    }
    std::vector<float> floats = array.floats();
    watch(Value{id, array.shape(), floats, {}});
    return Array(array.shape(), std::move(floats));
  }

  void run_operator(const Operator& op, Watch watch) {
    const bool done = std::all_of(op.outputs.begin(), op.outputs.end(),
                                  [&](TensorId id) { return id == kNone || fixed_[id] != nullptr; });
    if (!done) {
      try {
        compute(op, watch);
      } catch (const std::logic_error& error) {  // invalid_argument, out_of_range
        throw std::runtime_error(
            fmt::format("operator '{}' ({}): {}", op.name, network_.type_name(op.type), error.what()));
      }
    }
    for (const TensorId input : op.inputs)
      if (input != kNone && --left_[input] == 0) values_[input].reset();
  }

  void compute(const Operator& op, Watch watch) {
    std::vector<Held> held;  // while the operator runs
    evaluator::Call call;
    call.type = network_.type_name(op.type);
    call.attributes = op.attributes;
    call.outputs = op.outputs.size();
    call.opset = network_.opset();
    for (const TensorId input : op.inputs) {
      held.push_back(input == kNone ? nullptr : read(input));
      call.inputs.push_back(held.back().get());
    }
    evaluator::Results results = evaluator::run(call);
    for (std::size_t slot = 0; slot < op.outputs.size(); ++slot) {
      if (op.outputs[slot] == kNone || schedule_.given[op.outputs[slot]]) continue;
      if (slot >= results.size()) throw std::invalid_argument(fmt::format("output {} is not computed", slot));
      put(op.outputs[slot], std::move(results[slot]), watch);
    }
  }

  const Network& network_;
  Options options_;
  Schedule schedule_;
  std::vector<Held> fixed_;   // by tensor: what is the same in every run
  std::vector<Held> values_;  // by tensor, while the network runs
  std::vector<std::uint32_t> left_;
};

}  // namespace

std::unique_ptr<Session> open(const Network& network, Options options) {
  return std::make_unique<Plain>(network, std::move(options));
}

}  // namespace rw::executor
