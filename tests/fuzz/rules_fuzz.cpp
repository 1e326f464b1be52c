// Any bytes as a rule file: errors or checked rules, and what is drawn of the errors.
#include <string>

#include "dsl/load.hpp"
#include "runtime/library.hpp"
#include "runtime/vocabulary.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  dsl::Library library = runtime::rule_library();
  library.read = [&](const std::string& path, std::string& why) -> std::optional<std::string> {
    why = "no such file";
    return path == "fuzz.dsl" ? std::optional<std::string>(fuzz::text_of(data, size)) : std::nullopt;
  };
  const dsl::Loaded loaded = dsl::load({"fuzz.dsl"}, library, runtime::vocabulary());
  for (const dsl::Diagnostic& each : loaded.diagnostics)
    if (dsl::draw(each, loaded.sources).empty()) __builtin_trap();
  return 0;
}
