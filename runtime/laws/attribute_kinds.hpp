// Whether an operator can be read by its form: attributes of the kinds that it knows, and none of older operator sets
// that changes what the others mean.
#pragma once

#include <array>
#include <string>

#include "runtime/laws/site.hpp"

namespace rw::runtime {

// Says why the operator cannot be read; empty where it can. An attribute of another kind would be taken for absent, and
// its default would be used instead of its value.
std::string unreadable(const Site& site);

// Answers the same question for many operators, of which most share their attributes with others, and remembers
// answers. Only one thread may use it.
class AttributeKinds {
 public:
  bool fit(const Site& site);

 private:
  struct Entry {
    const graph::Attribute* list = nullptr;
    graph::TypeId type = 0;
    bool fits = false;
  };
  std::array<Entry, 64> seen_ = {};
};

}  // namespace rw::runtime
