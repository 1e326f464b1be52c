// Conditions about one operator by itself: `where transB == 1`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

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

// Whether two numbers are equal where one of them is an attribute, which models hold in float32: 0.01.
bool equal_attributes(double a, double b);

// An item of a list, counted from 0, or from the end below that; NaN where there is none.
double item_of(const std::vector<double>& list, double position);

// An attribute that is a list, in normal form (runtime/settings/settings.hpp); NaN: an item that is not known. Nothing
// where there is none, or it is not known.
std::optional<std::vector<double>> attribute_list(const Site& site, std::string_view name);

}  // namespace rw::runtime
