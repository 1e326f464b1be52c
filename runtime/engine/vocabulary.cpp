#include "runtime/engine/vocabulary.hpp"

#include <algorithm>
#include <map>

#include "graph/formats/statistics/entries.hpp"
#include "graph/operators/form.hpp"
#include "graph/operators/schema.hpp"
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
    words.push_back({law->name, law->parameters, law->says_elementwise, law->offers, law->absorbs, law->ties_channels,
                     law->joins, law->help});
  return words;
}

std::vector<dsl::ActionWord> action_words() {
  std::vector<dsl::ActionWord> words;
  for (const Action* action : actions())
    words.push_back({action->name, action->arguments, action->help, action->optional});
  return words;
}

std::vector<dsl::FunctionWord> function_words() {
  std::vector<dsl::FunctionWord> words;
  for (const Function* each : functions())
    words.push_back({each->name, each->form, each->arity, each->help, each->most});
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
    words.push_back({each.name, each.kind, each.about, each.roles, each.help, each.measured, each.takes_key});
  return words;
}

Kind kind_of(graph::AttributeForm form) {
  return form == graph::AttributeForm::text   ? Kind::text
         : form == graph::AttributeForm::list ? Kind::list
                                              : Kind::number;
}

// Those of all forms, one after the other, in one list: every run of the program makes it.
struct AttributeWords {
  std::vector<dsl::AttributeWord> words;
  std::vector<std::size_t> first;  // by form; and the end
};

const AttributeWords& attribute_words() {
  static const auto all = [] {
    AttributeWords made;
    for (const graph::Form& form : graph::forms()) {
      made.first.push_back(made.words.size());
      for (const graph::AttributeRow& row : form.attributes) made.words.push_back({row.name, kind_of(row.form)});
    }
    made.first.push_back(made.words.size());
    return made;
  }();
  return all;
}

std::optional<std::span<const dsl::AttributeWord>> attributes_of(std::string_view op) {
  const graph::Form* form = graph::find_form(op);
  if (form == nullptr) return std::nullopt;
  const auto index = static_cast<std::size_t>(form - graph::forms().data());
  const AttributeWords& all = attribute_words();
  return std::span(all.words).subspan(all.first[index], all.first[index + 1] - all.first[index]);
}

std::vector<std::string> operators_in_order() {
  std::vector<std::string> names;
  for (const graph::Form& form : graph::forms()) names.emplace_back(form.op);
  std::sort(names.begin(), names.end());
  return names;
}

// An element type is a text, wherever the specification counts them.
std::optional<Kind> kind_of(const graph::AttributeSchema& attribute) {
  using Is = graph::AttributeKind;
  if (attribute.kind == Is::text || attribute.name == "to" || attribute.name == "dtype") return Kind::text;
  if (attribute.kind == Is::integer || attribute.kind == Is::number) return Kind::number;
  return std::nullopt;
}

const auto& setting_words() {
  static const auto all = [] {
    std::map<std::string_view, std::vector<dsl::AttributeWord>> words;
    for (const graph::OperatorSchema& schema : graph::schemas()) {
      auto& list = words[schema.op];
      for (const graph::AttributeSchema& each : schema.attributes)
        if (list.empty() || list.back().name != each.name) list.push_back({each.name, kind_of(each)});
    }
    words["Slice"].push_back({"steps", std::nullopt});  // it never was an attribute, but goes with starts and ends
    return words;
  }();
  return all;
}

std::optional<std::span<const dsl::AttributeWord>> settings_of(std::string_view op) {
  const auto found = setting_words().find(op);
  if (found == setting_words().end()) return std::nullopt;
  return std::span<const dsl::AttributeWord>(found->second);
}

std::optional<dsl::OperatorSets> operator_sets(std::string_view op) {
  const graph::OperatorSchema* schema = graph::find_schema(op);
  if (!schema || !graph::domain_of(op).empty()) return std::nullopt;
  return dsl::OperatorSets{schema->since(), schema->until};
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
      .attributes = attributes_of,
      .settings = settings_of,
      .operators = operators_in_order,
      .statistics = graph::statistic_keys(),
      .newest_operator_set = graph::kNewestOperatorSet,
      .operator_sets = operator_sets,
  };
  return words;
}

}  // namespace rw::runtime
