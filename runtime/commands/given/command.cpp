#include "runtime/commands/given/command.hpp"

#include <cassert>

namespace rw::commands {

const Given::Values& Given::list(std::string_view name) const {
  const auto found = values_.find(name);
  assert(found != values_.end() && "a command asks for what its row names");
  return found->second;
}

std::string Given::text(std::string_view name) const {
  const Values& values = list(name);
  return values.empty() ? std::string() : values.back();
}

Given::Values& Given::declare(std::string_view name) { return values_[std::string(name)]; }

}  // namespace rw::commands
