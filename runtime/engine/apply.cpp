#include "runtime/engine/apply.hpp"

#include <fmt/format.h>

#include "graph/base/printable.hpp"
#include "graph/formats/write_model.hpp"
#include "graph/mark.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"

namespace rw::runtime {

dsl::Loaded laws_of(const graph::PlanFile& plan) {
  const std::string name = plan.path + "/operators.dsl";  // for messages: no such file is there
  std::string text;
  for (const std::string& line : plan.operators) text += line + "\n";
  dsl::Library library = rule_library(ShippedTests::left_out);
  library.read = [&](const std::string&, std::string&) { return std::optional(text); };
  return dsl::load(plan.operators.empty() ? std::vector<std::string>() : std::vector{name}, library, vocabulary());
}

AppliedPlan apply_to_model(const graph::PlanFile& plan, graph::Model& model, const dsl::Loaded& laws,
                           const std::filesystem::path& out, graph::ApplyOptions options,
                           graph::FunctionRef<void(const AppliedPlan&)> tell) {
  if (plan.tried_edits()) graph::check_edits(plan);  // whatever --force says: nothing else judges them
  const graph::Planned planned = graph::planned(plan, model, options.undo);
  const Analysis analysis = analyse(model.network, laws.program.laws, {});
  AppliedPlan result;
  result.certificate =
      certify(analysis, graph::Rewritten(model.network, planned.rewriting), planned.scales, planned.shifts);
  if (const Certificate& certificate = result.certificate; !certificate.holds) {
    result.leak = certificate.op != kNone
                      ? fmt::format("{} '{}'", model.network.type_of(certificate.op),
                                    graph::printable(model.network.op(certificate.op).name))
                      : fmt::format("tensor '{}'", graph::printable(model.network.tensor(certificate.tensor).name));
    return result;
  }
  const bool checked = plan.checksums && !options.unchecked;
  if (checked) graph::check_entries(plan);
  try {
    graph::Output output(model.sources, options.dry);
    // Plans of old versions say no marks.
    const std::optional<std::string> mark = options.undo ? plan.was_marked
                                            : plan.mark  ? plan.mark
                                                         : graph::mark_for(model, planned.rewriting);
    graph::add_model(model, planned.rewriting, out, output, mark);
    if (checked) result.bytes_of_before = graph::check_checksums(plan, planned.noted, options.undo);
    tell(result);
    result.written = output.commit();
  } catch (const graph::PlanRefusal&) {
    throw;
  } catch (const graph::Error&) {
    // Of tensors that are not those of the plan, that is what is to be said.
    if (checked) graph::check_sources(plan, planned.noted, options.undo);
    throw;
  }
  return result;
}

}  // namespace rw::runtime
