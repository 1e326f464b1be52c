#include "runtime/engine/vocabulary.hpp"

#include <map>

#include "graph/operators/form.hpp"
#include "runtime/actions/action.hpp"
#include "runtime/formulas/field.hpp"
#include "runtime/formulas/function.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/patterns/words.hpp"

namespace rw::runtime {
namespace {

using dsl::Kind;

std::vector<dsl::LawWord> law_words() {
  std::vector<dsl::LawWord> words;
  for (const Law* law : laws())
    words.push_back(
        {law->name, law->parameters, law->says_elementwise, law->offers, law->absorbs, law->ties_channels, law->help});
  return words;
}

std::vector<dsl::ActionWord> action_words() {
  std::vector<dsl::ActionWord> words;
  for (const Action* action : actions())
    words.push_back({action->name, action->arguments, action->run || action->solve, action->edit != nullptr,
                     action->help, action->optional});
  return words;
}

std::vector<dsl::FunctionWord> function_words() {
  std::vector<dsl::FunctionWord> words;
  for (const Function* each : functions()) words.push_back({each->name, each->form, each->arity, each->help});
  return words;
}

std::vector<std::string_view> reduction_words() {
  std::vector<std::string_view> words;
  for (const Reduction& each : reductions()) words.push_back(each.name);
  return words;
}

std::vector<dsl::FieldWord> field_words() {
  std::vector<dsl::FieldWord> words;
  for (const Field& each : fields())
    words.push_back({each.name, each.kind, each.about, each.roles, each.help, each.measured});
  return words;
}

Kind kind_of(graph::AttributeForm form) { return form == graph::AttributeForm::text ? Kind::text : Kind::number; }

const std::map<std::string_view, std::vector<dsl::AttributeWord>>& attribute_words() {
  static const auto all = [] {
    std::map<std::string_view, std::vector<dsl::AttributeWord>> words;
    for (const graph::Form& form : graph::forms()) {
      auto& list = words[form.op];
      for (const graph::AttributeRow& row : form.attributes)
        list.push_back(
            {row.name, row.form == graph::AttributeForm::list ? std::nullopt : std::optional(kind_of(row.form))});
    }
    return words;
  }();
  return all;
}

}  // namespace

const dsl::Vocabulary& vocabulary() {
  static const std::vector<dsl::LawWord> law_table = law_words();
  static const std::vector<dsl::ActionWord> action_table = action_words();
  static const std::vector<dsl::FunctionWord> function_table = function_words();
  static const std::vector<std::string_view> reduction_table = reduction_words();
  static const std::vector<dsl::FieldWord> field_table = field_words();
  static const dsl::Vocabulary words = {
      .laws = law_table,
      .actions = action_table,
      .functions = function_table,
      .reductions = reduction_table,
      .fields = field_table,
      .pattern_functions = pattern_functions(),
      .pattern_fields = pattern_fields(),
      .attributes = [](std::string_view op) -> std::optional<std::span<const dsl::AttributeWord>> {
        const auto found = attribute_words().find(op);
        if (found == attribute_words().end()) return std::nullopt;
        return std::span<const dsl::AttributeWord>(found->second);
      },
      .operators =
          [] {
            std::vector<std::string> names;
            for (const auto& [name, words_of] : attribute_words()) names.emplace_back(name);
            return names;
          },
  };
  return words;
}

}  // namespace rw::runtime
