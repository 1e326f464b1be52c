#include "runtime/tune/target.hpp"

namespace rw::tune {

Params params_for(const quantizer::Options& target) {
  Params params;
  params["balance"]["per_channel"] = target.weights == quantizer::WeightSteps::channel ? 1 : 0;
  if (!target.activations) params["balance"]["activations"] = 0;
  // A Mul in front of the Sigmoid would take apart what the runtime computes at once.
  constexpr double kTooDear = 1e9;
  if (target.fused_silu) params["balance"]["restore_cost"] = kTooDear;
  return params;
}

quantizer::Options judged_target(quantizer::Options target) {
  target.float_outputs = true;
  return target;
}

}  // namespace rw::tune
