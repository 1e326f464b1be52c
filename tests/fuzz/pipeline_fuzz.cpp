// The whole pipeline: a model, then a line of "---", then rules. What is rewritten must be certified.
#include <string>

#include "dsl/load.hpp"
#include "graph/error.hpp"
#include "graph/model.hpp"
#include "runtime/apply_plan.hpp"
#include "runtime/library.hpp"
#include "runtime/report.hpp"
#include "runtime/vocabulary.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t cut = text.find("\n---\n");
  const std::string_view rules = cut == std::string_view::npos ? std::string_view() : text.substr(cut + 5);
  dsl::Library library = runtime::rule_library();
  library.read = [&](const std::string& path, std::string& why) -> std::optional<std::string> {
    why = "no such file";
    return path == "fuzz.dsl" ? std::optional<std::string>(rules) : std::nullopt;
  };
  const dsl::Loaded loaded = dsl::load({rules.empty() ? "equalization" : "fuzz.dsl"}, library, runtime::vocabulary());
  if (dsl::has_errors(loaded.diagnostics)) return 0;
  try {
    graph::Model model = graph::read_model(fuzz::scratch_file("m.json", text.substr(0, cut)));
    const runtime::Outcome outcome = runtime::run(model, loaded.program, {.exact = size % 2 == 1});
    if (!outcome.certificate.holds) __builtin_trap();
    const graph::Rewriting rewriting =
        runtime::apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics);
    const graph::Written written = graph::write_model(model, rewriting, "unused.json", true);
    const runtime::ReportInput report{model, loaded, outcome, written};
    if (runtime::text_report(report, false).empty() || runtime::json_report(report).empty()) __builtin_trap();
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  return 0;
}
