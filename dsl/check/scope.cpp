#include "dsl/check/scope.hpp"

#include <unordered_set>

namespace rw::dsl {

OperatorList list_operators(const CheckContext& context, std::span<const Term> terms) {
  OperatorList out;
  std::unordered_set<std::string_view> seen;
  for (const Term& term : terms) {
    if (term.law != kNoLaw) {
      out.laws.insert(term.law);
    } else if (seen.insert(term.op).second) {
      list_operator(context.vocabulary, term.op, out);
    }
  }
  return out;
}

void list_operator(const Vocabulary& vocabulary, const std::string& op, OperatorList& list) {
  if (!vocabulary.attributes(op)) {
    list.has_unknown = true;
  } else {
    list.known.push_back(op);
  }
}

const Meaning* Scope::find(const std::string& name) const {
  const auto found = meanings_.find(name);
  return found == meanings_.end() ? nullptr : &found->second;
}

Meaning* Scope::use(const std::string& name) {
  const auto found = meanings_.find(name);
  if (found == meanings_.end()) return nullptr;
  found->second.used = true;
  return &found->second;
}

bool Scope::add(const std::string& name, Meaning meaning) { return meanings_.emplace(name, meaning).second; }

std::vector<std::string_view> Scope::names() const {
  std::vector<std::string_view> out;
  for (const auto& [name, meaning] : meanings_) out.push_back(name);
  return out;
}

}  // namespace rw::dsl
