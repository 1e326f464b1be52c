#include <array>

#include "runtime/actions/action.hpp"
#include "runtime/actions/actions.hpp"

namespace rw::runtime {
namespace {

using Form = dsl::ArgumentForm;
constexpr std::array kScale = {Form::parents, Form::number_per_channel};
constexpr std::array kNode = {Form::chain_node};
constexpr std::array kTwoNodes = {Form::chain_node, Form::chain_node};
constexpr std::array kNodeAndOperator = {Form::chain_node, Form::operator_name};

// One row an action: name, arguments, whether --exact allows it, help, functions.
const std::array kActions = {
    Action{"scale", kScale, true,
           "scales the parents' output channels and divides the children's input channels: exact", scale},
    Action{
        "fold_affine", kTwoNodes, false,
        "folds BatchNormalization, or Mul, Div, Add or Sub with a constant, into the linear operator before it: exact",
        nullptr, fold_affine},
    Action{"remove", kNode, true, "takes out an operator that is the identity: bit-exact", nullptr, remove},
    Action{"replace", kNodeAndOperator, false,
           "another operator on the same first input, without attributes: exact where proved, else approximate",
           nullptr, replace},
    Action{
        "absorb_bias", kScale, false,
        "moves part of the parents' bias into the children's: exact where no activation lies between, else approximate",
        absorb_bias},
};

}  // namespace

std::span<const Action> actions() { return kActions; }

bool first_output_alone(const graph::Editor& editor, OperatorId op) {
  const auto outputs = editor.network().op(op).outputs;
  for (std::size_t i = 1; i < outputs.size(); ++i)
    if (outputs[i] != kNone && (editor.network().tensor(outputs[i]).is_output || !editor.consumers(outputs[i]).empty()))
      return false;
  return !outputs.empty() && outputs[0] != kNone;
}

}  // namespace rw::runtime
