// What a plan does to a network, worked out without the engine's writer: the constants after its edits.
#pragma once

#include <string>

#include "tests/runtime/engine.hpp"

namespace rw::test {

// Values of the edited constants by name, for `evaluate`. Fails the test where two operators edit one constant
// differently.
Arrays edited_constants(const Engine& engine);

// Runs the network before and after the plan on random inputs. `why` says the first thing that is wrong: an output that
// is not the same bit by bit, or an activation that is not its old value times its scale; empty: nothing is.
std::string difference_of_functions(const Net& net, const Engine& engine, double tolerance = 0);

}  // namespace rw::test
