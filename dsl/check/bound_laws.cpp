#include "dsl/check/bound_laws.hpp"

#include <algorithm>

namespace rw::dsl {

BoundLaws::BoundLaws(std::span<const LawBinding> bindings) {
  laws_.reserve(bindings.size());
  for (const LawBinding& binding : bindings) {
    std::vector<std::uint32_t>& laws = laws_[binding.op];
    if (binding.guard == nullptr) laws.clear();
    if (std::find(laws.begin(), laws.end(), binding.law) == laws.end()) laws.push_back(binding.law);
  }
  for (const auto& [op, laws] : laws_)
    for (const std::uint32_t law : laws) operators_[law].push_back(op);
}

std::span<const std::uint32_t> BoundLaws::laws_of(std::string_view op) const {
  const auto found = laws_.find(op);
  return found == laws_.end() ? std::span<const std::uint32_t>() : found->second;
}

std::span<const std::string_view> BoundLaws::operators_of(std::uint32_t law) const {
  const auto found = operators_.find(law);
  return found == operators_.end() ? std::span<const std::string_view>() : found->second;
}

}  // namespace rw::dsl
