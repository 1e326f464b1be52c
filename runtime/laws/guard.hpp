// Conditions about one operator by itself: `where transB == 1`.
#pragma once

#include "dsl/program/program.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/laws/site.hpp"

namespace rw::runtime {

bool holds(const dsl::Guard& guard, const Site& site);
bool holds(const dsl::Term& term,
           const Site& site);  // what a term says of an operator that it names: guards, `on channel`

// An attribute as a number: the operator's own or the default of its form, an axis counted from 0; NaN where there is
// none.
double attribute_number(const Site& site, std::string_view name);

}  // namespace rw::runtime
