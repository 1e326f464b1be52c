// What the names of a rule, guard or function stand for while its formulas are checked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/check/names.hpp"
#include "dsl/program/program.hpp"

namespace rw::dsl {

// Those that a term or a clause admits.
OperatorList list_operators(const CheckContext& context, std::span<const Term> terms);
void list_operator(const Vocabulary& vocabulary, const std::string& op, OperatorList& list);

// What a name in a formula stands for.
struct Meaning {
  enum class Sort : std::uint8_t {
    parameter,  // index: into Rule::params
    binding,    // index: into Rule::bindings
    local,      // index: a let slot
    alias,      // index: an expression that is as cheap as a name, written again at each use
    open,       // of a function that is checked by itself, or broken: can be anything
  } sort = Sort::open;
  std::uint32_t index = 0;
  Type type;
  bool any_kind = false;  // the kind (the place) is not known; type holds a guess
  bool any_about = false;
  Position at;
  bool used = false;
};

class Scope {
 public:
  const Meaning* find(const std::string& name) const;  // null: not bound here
  Meaning* use(const std::string& name);               // the same, and marks it as used
  bool add(const std::string& name, Meaning meaning);  // false: it is taken
  void remove(const std::string& name) { meanings_.erase(name); }
  std::vector<std::string_view> names() const;

 private:
  std::unordered_map<std::string, Meaning> meanings_;
};

}  // namespace rw::dsl
