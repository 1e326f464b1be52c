// A remedy as a rule file: the text of the file that has it made.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/explain/remedy.hpp"

namespace rw::runtime {

struct MadeRemedy {
  std::string text;                // of the rule file
  std::vector<std::string> files;  // to be named on the command line, that file among them
  std::string left;                // what no rule file can do ("give their ranges ..."); empty: nothing
};

// `files`: of the rules, as they were named; `out`: where the text will be written. Where a remedy is about other files
// the text uses them; where it changes clauses it is the changed copy of the file that has them. graph::Error: the
// remedy is about data alone, about several files, or about one that is used and not named.
MadeRemedy made_remedy(const dsl::Loaded& rules, const std::vector<std::string>& files, const Remedy& remedy,
                       const std::filesystem::path& out);

}  // namespace rw::runtime
