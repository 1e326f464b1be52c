// What several laws ask and do. Internal to the laws.
#pragma once

#include "runtime/laws/law.hpp"

namespace rw::runtime {

std::string channels_missing(const Site& site, TensorId tensor);  // why a tensor has no channels; empty: it has
std::string first_missing(const Site& site, std::uint32_t slot);  // of input `slot`, then of the first output
// Ties input `slot` to the first output, whose channels lie where those of the input come out or beside them: an
// operand with one element where the output has several channels ties them all.
void tie_broadcast(const Site& site, Tie& tie, std::uint32_t slot);
// Every input of 1 and no edit: what a law that cannot carry must see.
std::string only_ones(const Site& site, Carry& carry);

}  // namespace rw::runtime
