#include "runtime/tune/target.hpp"

namespace rw::tune {

Params params_for(const quantizer::Options& target) {
  Params params;
  params["balance"]["per_channel"] = target.weights == quantizer::WeightSteps::channel ? 1 : 0;
  if (!target.activations) params["balance"]["activations"] = 0;
  return params;
}

}  // namespace rw::tune
