// The whole pipeline: a model, then a line of "---", then rules; without rules, a rule set that ships. What is
// rewritten must be certified.
#include <array>
#include <string>

#include "graph/error.hpp"
#include "graph/model.hpp"
#include "runtime/apply_plan.hpp"
#include "runtime/report.hpp"
#include "tests/fuzz/rule_text.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

using namespace rw;

// The rules are kept until they change: most inputs differ in the model alone.
const dsl::Loaded& rules_of(std::string_view text) {
  static std::string last;
  static dsl::Loaded loaded = fuzz::load_text(last);
  if (text != last) {
    loaded = fuzz::load_text(text);
    last = text;
  }
  return loaded;
}

const dsl::Loaded& shipped_rules(std::size_t number) {
  static const std::array<dsl::Loaded, 5> sets = {fuzz::load_shipped("equalization"), fuzz::load_shipped("wide"),
                                                  fuzz::load_shipped("cross_layer"), fuzz::load_shipped("mixed"),
                                                  fuzz::load_shipped("smoothquant")};
  return sets[number % sets.size()];
}

void rewrite(std::string_view text, const dsl::Loaded& rules, bool exact) {
  graph::Model model = graph::read_model(fuzz::scratch_file("m.json", text));
  const runtime::Outcome outcome = runtime::run(model, rules.program, {.exact = exact});
  if (!outcome.certificate.holds) __builtin_trap();
  const graph::Rewriting rewriting =
      runtime::apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics);
  const graph::Written written = graph::write_model(model, rewriting, "unused.json", true);
  const runtime::ReportInput report{model, rules, outcome, written};
  if (runtime::text_report(report, false).empty() || runtime::json_report(report).empty()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t cut = text.find("\n---\n");
  const bool own = cut != std::string_view::npos;
  const dsl::Loaded& rules = own ? rules_of(text.substr(cut + 5)) : shipped_rules(size / 2);
  if (dsl::has_errors(rules.diagnostics)) return 0;
  try {
    rewrite(text.substr(0, cut), rules, size % 2 == 1);
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  return 0;
}
