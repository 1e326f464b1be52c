// What an int8 network is made for.
#pragma once

#include <map>
#include <string>

#include "runtime/quantizer/convention.hpp"

namespace rw::tune {

using Params = std::map<std::string, std::map<std::string, double>>;  // by rule, by name

// The parameters of the rule `balance` for a quantizer: which steps weights have, and whether activations count.
Params params_for(const quantizer::Options& target);

// What candidates are judged by: outputs of the network are not rounded, as these carry no scale, so that every
// candidate has the same noise there, by which differences would drown.
quantizer::Options judged_target(quantizer::Options target);

}  // namespace rw::tune
