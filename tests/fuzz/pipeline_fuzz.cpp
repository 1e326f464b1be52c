// The whole pipeline: a model, then a line of "---", then rules; without rules, a rule set that ships. What is
// rewritten must be certified.
#include <array>
#include <string>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "runtime/report/report.hpp"
#include "tests/fuzz/rule_text.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

using namespace rw;

// Reading rules takes longer than all the rest: own rules have their turn with every 32nd size, rule sets that ship
// (rules that edit the graph and approximate ones among them) with the others.
constexpr std::size_t kTurn = 32;

const dsl::Loaded& shipped_rules(std::size_t number) {
  static const std::array<dsl::Loaded, 9> sets = {
      fuzz::load_shipped("equalization"), fuzz::load_shipped("wide"),        fuzz::load_shipped("cross_layer"),
      fuzz::load_shipped("mixed"),        fuzz::load_shipped("smoothquant"), fuzz::load_shipped("prepare"),
      fuzz::load_shipped("clip"),         fuzz::load_shipped("relu6"),       fuzz::load_shipped("absorb_bias")};
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
  const bool own = cut != std::string_view::npos && size % kTurn == 0;
  const dsl::Loaded parsed = own ? fuzz::load_text(text.substr(cut + 5)) : dsl::Loaded{};
  if (dsl::has_errors(parsed.diagnostics)) return 0;
  const dsl::Loaded& rules = own ? parsed : shipped_rules(size / 2);
  try {
    rewrite(text.substr(0, cut), rules, size % 2 == 1);
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  } catch (const runtime::Refusal& refusal) {  // an approximate rule, where outputs shall be exact
    if (refusal.message.empty()) __builtin_trap();
  }
  return 0;
}
