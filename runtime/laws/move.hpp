// Elements that an operator moves, repeats or chooses (move.cpp), for other laws that do so in part.
#pragma once

#include "runtime/laws/law.hpp"

namespace rw::runtime::law_move {

std::string condition(const Site& site);
void tie(const Site& site, Tie& tie);
std::string carry(const Site& site, Carry& carry);

}  // namespace rw::runtime::law_move
