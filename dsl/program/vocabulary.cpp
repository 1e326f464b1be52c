#include "dsl/program/vocabulary.hpp"

#include <fmt/core.h>

namespace rw::dsl {

std::string called(const FunctionWord& word) {
  const auto with = [&](std::string_view arguments) { return fmt::format("{}({})", word.name, arguments); };
  constexpr std::string_view kNumbers[] = {"x", "x, y", "x, lo, hi"};
  switch (word.form) {
    case FunctionForm::numeric:
      return with(kNumbers[static_cast<std::size_t>(word.arity) - 1]);
    case FunctionForm::per_node:
      return with("x");
    case FunctionForm::collect_classes:
    case FunctionForm::collect_all:
      return with("max, x");
    case FunctionForm::collect_groups:
      return with("max, x, 4");
    case FunctionForm::count:
    case FunctionForm::data:
    case FunctionForm::channels:
      return with("p");
    case FunctionForm::gain:
      return with("p, s");
    case FunctionForm::best:
      return with("s, t");
  }
  return with("");
}

}  // namespace rw::dsl
