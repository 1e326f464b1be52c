// Whether an operator can be read by its form: attributes of the kinds that it knows, and none of older operator sets
// that changes what the others mean.
#pragma once

#include <array>
#include <string>

#include "runtime/laws/site.hpp"

namespace rw::runtime {

// Why it cannot; empty: it can. An attribute of another kind would count as absent, and its default for what it says.
std::string unreadable(const Site& site);

// The same for many operators, of which most share their attributes with others. Of one thread.
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
