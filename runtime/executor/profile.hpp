// How long each kind of operator takes, for measurements.
#pragma once

#include <map>
#include <string>

namespace rw::executor {

using Profile = std::map<std::string, double>;  // seconds by "Conv+Relu", or "Resize (evaluator)"

// Where sessions note it from now on; null: nowhere. Not for several threads.
void set_profile(Profile* profile);
Profile* profile();

}  // namespace rw::executor
