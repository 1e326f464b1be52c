// Draws small networks in which a pattern can be found, made to find what is wrong with rules: all ranks that the forms
// admit, sizes that are equal or 1, constants in every shape that broadcasts, settings at their defaults and not, also
// those that the pattern does not mention.
#pragma once

#include "dsl/program/program.hpp"
#include "runtime/trials/choices.hpp"
#include "runtime/trials/instance.hpp"

namespace rw::trials {

// NoValue (patterns/numbers.hpp): these choices make no network. `laws`: which operators obey them.
Instance draw(const dsl::Rule& rule, std::span<const double> params, std::span<const dsl::LawBinding> laws,
              Choices& choices);

}  // namespace rw::trials
