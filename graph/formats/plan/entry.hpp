// One entry of a plan as an edit of the constant that it is about.
#pragma once

#include <string>
#include <string_view>

#include "graph/formats/plan/plan_file.hpp"

namespace rw::graph {

// Something about a tensor does not fit the plan.
[[noreturn]] void misfit(const PlanFile& plan, std::string_view tensor, std::string message);

// Throws PlanRefusal: what it makes is there already, as `message` says.
[[noreturn]] void refuse_applied(const PlanFile& plan, std::string place,
                                 std::string_view message = "the plan was applied to the model already");

// The edit of a constant of this shape and type; `undo`: the one that divides by the factors. Error: it does not fit.
Edit edit_of(const PlanFile& plan, const PlanScale& scale, const Literal& value, bool undo);

// 1 / each. Error: one of them has none.
std::vector<double> inverse(const PlanFile& plan, std::string_view tensor, std::vector<double> values);

}  // namespace rw::graph
