// The rule files that ship, for somebody who looks for one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rw::commands {

struct RuleSet {
  std::string_view name;   // of the file, without its ending
  std::string_view when;   // to take it
  std::string_view needs;  // empty: nothing
};
std::span<const RuleSet> rule_sets();  // the first that fits is the one to take

const std::string& rule_sets_text();  // what `help rules` prints

}  // namespace rw::commands
