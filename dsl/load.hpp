// From file names to checked rules: reads the files and what they use, parses, checks, and orders them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dsl/program/program.hpp"
#include "dsl/program/vocabulary.hpp"
#include "dsl/text/diagnostic.hpp"
#include "dsl/text/source.hpp"

namespace rw::dsl {

// Where rule text comes from. `read` gives the text of a file on disk; `shipped` that of an embedded one by its bare
// name
// ("std", "equalization"). Has no value where there is none; `why` says why.
struct Library {
  std::function<std::optional<std::string>(const std::string& path, std::string& why)> read;
  std::function<std::optional<std::string>(std::string_view name)> shipped;
  std::function<std::vector<std::string>()> shipped_names;  // for "did you mean"
};

struct Loaded {
  Sources sources;
  Program program;          // to be used only where there are no errors
  Diagnostics diagnostics;  // in the order of the files, then of the places
};

// `names`: as on the command line; one without '/' and ".dsl" is a shipped file. A file is read once; std comes first.
Loaded load(const std::vector<std::string>& names, const Library& library, const Vocabulary& vocabulary);

}  // namespace rw::dsl
