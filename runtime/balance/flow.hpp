// What flows through a network, channel by channel: the values of its tensors forwards (measured, or estimated where
// nothing was), and backwards how much noise in a channel disturbs the outputs. See docs/design.md, section 9.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "graph/statistics.hpp"
#include "runtime/balance/weight_table.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::runtime {

// Values of one tensor: one number for each channel, or one for all where its channels are not known.
struct ChannelValues {
  std::vector<double> high, low;  // the largest value, the smallest one without its sign; 0 at least
  std::vector<double> square;     // mean of x^2
  std::vector<double> variance;
  std::vector<double> positive;  // the part of the values that is > 0
  bool measured = false;         // else estimated from weights and what comes in
};
// An estimate: all channels of one kind, spread around 0, `positive` of them above it, as far as they reach usually.
ChannelValues spread_around_zero(std::vector<double> square);

class Flow {
 public:
  // Reads weights and statistics through the plan, which is 1 for what follows.
  Flow(const Analysis& analysis, const Regions& regions, const graph::Statistics& statistics, const Plan& plan);

  const ChannelValues& values(TensorId tensor) const { return values_[tensor]; }
  // Whether its values are 0, or near it, half of the time and else above: a curve like Relu or SiLU has made them.
  bool rectified(TensorId tensor) const { return rectified_[tensor]; }
  // How much noise of variance 1 in each element of a channel adds to the noise of the outputs, in parts of their
  // power. As many as values() has; empty: nothing of the tensor comes to an output.
  const std::vector<double>& sensitivity(TensorId tensor) const { return sensitivity_[tensor]; }
  const std::optional<WeightTable>& table(OperatorId op) const { return tables_[op]; }
  // The class of each channel, of all regions one after the other (Region::first_class); `count` times kNone where the
  // tensor lies in no region, or has another number of channels.
  std::vector<std::uint32_t> classes(TensorId tensor, std::size_t count) const;
  WeightTable take_table(OperatorId op) { return *std::move(tables_[op]); }  // which is there
  bool any_measured() const { return any_measured_; }

  // --- for the rules of single operators (flow_rules.cpp)
  Site site(OperatorId op) const { return analysis_.site(op); }
  const Plan& plan() const { return plan_; }
  std::size_t count(TensorId tensor) const { return count_[tensor]; }
  // Numbers of channels of one tensor as those of another: by place, by the classes of their region, or evenly. `sums`:
  // what several channels have is added up, else it is their mean.
  std::vector<double> moved(std::span<const double> from, TensorId source, TensorId target, bool sums) const;
  void estimate(TensorId tensor, ChannelValues values);                // unless it was measured
  void disturb(TensorId tensor, std::span<const double> sensitivity);  // adds

 private:
  void read(const graph::Statistics& statistics);
  bool as_usual(const Site& site) const;
  void find_rectified();
  void forwards();
  void backwards();

  const Analysis& analysis_;
  const Regions& regions_;
  const Plan& plan_;
  std::vector<std::optional<WeightTable>> tables_;  // by operator
  std::vector<std::size_t> count_;                  // by tensor
  std::vector<bool> rectified_;
  std::vector<ChannelValues> values_;
  std::vector<std::vector<double>> sensitivity_;
  bool any_measured_ = false;
};

// How values and disturbances pass an operator; one row an operator, else by its law, else by default.
struct FlowRule {
  std::string_view name;  // of an operator or of a law
  void (*forwards)(Flow&, const Site&);
  void (*backwards)(Flow&, const Site&);
  bool (*rectifies)(const Flow&, const Site&);  // whether what comes out is rectified
};
const FlowRule& flow_rule(const Analysis& analysis, OperatorId op);
const FlowRule& unknown_flow_rule();  // the default

}  // namespace rw::runtime
