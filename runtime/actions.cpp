#include <array>

#include "runtime/action.hpp"
#include "runtime/actions/actions.hpp"

namespace rw::runtime {
namespace {

using Form = dsl::ArgumentForm;
constexpr std::array kScale = {Form::parents, Form::number_per_channel};

// One row an action: name, arguments, where it may stand, help, function.
const std::array kActions = {
    Action{"scale", kScale, true, false,
           "scales the parents' output channels and divides the children's input channels: exact", scale},
};

}  // namespace

std::span<const Action> actions() { return kActions; }

}  // namespace rw::runtime
