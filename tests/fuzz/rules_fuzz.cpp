// Any bytes as a rule file: errors or checked rules, what is drawn of the errors, and what the printer makes of the
// rest.
#include "dsl/syntax/parse.hpp"
#include "dsl/syntax/print.hpp"
#include "tests/fuzz/rule_text.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  const std::string_view text = fuzz::text_of(data, size);
  const dsl::Loaded loaded = fuzz::load_text(text);
  for (const dsl::Diagnostic& each : loaded.diagnostics)
    if (dsl::draw(each, loaded.sources).empty()) __builtin_trap();

  // What can be read can be printed, and the printed text is read and printed as it is. This takes as long as all the
  // rest, so that every fourth input goes this way.
  if (size % 4 != 0) return 0;
  dsl::Sources sources;
  dsl::Diagnostics found;
  const std::uint32_t first = sources.add({"first.dsl", std::string(text)});
  const dsl::tree::File file = dsl::parse(sources, first, found);
  if (dsl::has_errors(found)) return 0;
  const std::uint32_t second = sources.add({"second.dsl", dsl::print(file, sources)});
  const dsl::tree::File again = dsl::parse(sources, second, found);
  if (dsl::has_errors(found) || dsl::print(again, sources) != sources[second].text) __builtin_trap();
  return 0;
}
