#include "runtime/regions/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/base/parallel.hpp"
#include "graph/operators/infer.hpp"
#include "runtime/laws/attribute_kinds.hpp"
#include "runtime/laws/guard.hpp"
#include "runtime/laws/operators.hpp"
#include "runtime/text/glob.hpp"

namespace rw::runtime {
namespace {

// Where `law linear(weight = 1, ...)` puts things; "axis" counts from the end where it is negative.
graph::UserForm user_form(const dsl::LawBinding& binding) {
  graph::UserForm form;
  const auto take = [&](const char* name, auto& into) {
    const auto found = binding.parameters.find(name);
    if (found != binding.parameters.end()) into = static_cast<std::int64_t>(found->second);
  };
  take("weight", form.weight);
  take("bias", form.bias);
  take("mean", form.mean);
  take("weight_out", form.weight_out);
  take("weight_in", form.weight_in);
  take("axis", form.axis);
  return form;
}

graph::Form make_form(std::string_view op, const dsl::LawBinding& binding) {
  const Law& law = *laws()[binding.law];
  return law.form ? law.form(op, user_form(binding)) : graph::Form{.op = op};
}

// By operator name: its bindings, the last one first.
using Bindings = std::map<std::string_view, std::vector<const dsl::LawBinding*>>;

Bindings by_operator(std::span<const dsl::LawBinding> bindings) {
  Bindings all;
  for (auto each = bindings.rbegin(); each != bindings.rend(); ++each) all[each->op].push_back(&*each);
  return all;
}

// The one that gives operators of a type their form. Null: their form is their own (as in `own`), or there is none.
const dsl::LawBinding* giver_of_form(const graph::Forms& own, graph::TypeId type,
                                     const std::vector<const dsl::LawBinding*>& candidates) {
  for (const dsl::LawBinding* binding : candidates)
    if (!own.known(type) || !binding->parameters.empty()) return binding;
  return nullptr;
}

const dsl::LawBinding* choose(const std::vector<const dsl::LawBinding*>& candidates, const Site& site) {
  for (const dsl::LawBinding* binding : candidates)
    if (!binding->guard || holds(*binding->guard, site)) return binding;
  return nullptr;
}

Obedience obedience(const Site& site, const std::vector<const dsl::LawBinding*>* candidates,
                    const AnalysisOptions& options, AttributeKinds& kinds) {
  Obedience result;
  result.skipped = std::any_of(options.skip_nodes.begin(), options.skip_nodes.end(),
                               [&](const std::string& glob) { return matches(glob, site.op().name); });
  result.unknown = candidates == nullptr;
  if (result.unknown || result.skipped) return result;
  const dsl::LawBinding* binding = choose(*candidates, site);
  if (!binding) return result;
  result.law = laws()[binding->law];
  result.elementwise = binding->elementwise || result.law->elementwise;
  result.holds = result.law != &kBlockLaw && kinds.fit(site) && !graph::needs_rank(site) &&
                 !graph::cannot_broadcast(site) && result.law->condition(site).empty() &&
                 (!options.exact || inexact(site).empty());
  return result;
}

void bind_laws(Analysis& analysis, const Bindings& by_name, const AnalysisOptions& options) {
  const graph::Network& network = *analysis.network;
  std::vector<const std::vector<const dsl::LawBinding*>*> candidates(network.type_count(), nullptr);
  for (graph::TypeId type = 0; type < network.type_count(); ++type)
    if (const auto found = by_name.find(network.type_name(type)); found != by_name.end())
      candidates[type] = &found->second;
  analysis.operators.resize(network.operators().size());
  constexpr std::size_t kWorthAThread = 4096;
  graph::parallel_for_parts(analysis.operators.size(), kWorthAThread, [&](std::size_t begin, std::size_t end) {
    AttributeKinds kinds;
    for (std::size_t op = begin; op < end; ++op)
      if (!network.removed(static_cast<OperatorId>(op)))
        analysis.operators[op] = obedience(analysis.site(static_cast<OperatorId>(op)),
                                           candidates[network.operators()[op].type], options, kinds);
  });
}

// Takes " [1, 4, 8, 8]" out, where it stands at `at`.
void erase_shape(std::string& text, std::size_t at) {
  if (text.compare(at, 2, " [") != 0) return;
  const std::size_t end = text.find(']', at);
  if (end != std::string::npos) text.erase(at, end + 1 - at);
}

// "'x' [1, 4]: why" becomes "its input: why", "its weight 'w' is no constant" "its weight is no constant".
void erase_name(std::string& text, std::string_view name, std::string_view role) {
  const std::string quoted = fmt::format("'{}'", name);
  for (std::size_t at = 0; (at = text.find(quoted, at)) != std::string::npos;) {
    const std::size_t word = at < 2 ? std::string::npos : text.rfind(' ', at - 2);
    const bool told = word != std::string::npos && word >= 3 && text.compare(word - 3, 3, "its") == 0;
    if (told)
      text.erase(--at, quoted.size() + 1);
    else
      text.replace(at, quoted.size(), role), at += role.size();
    erase_shape(text, at);
  }
}

}  // namespace

Analysis analyse(graph::Network& network, std::span<const dsl::LawBinding> bindings, const AnalysisOptions& options) {
  const Bindings by_name = by_operator(bindings);
  graph::Forms forms(network);
  for (graph::TypeId type = 0; type < network.type_count(); ++type)
    if (const auto found = by_name.find(network.type_name(type)); found != by_name.end())
      if (const dsl::LawBinding* giver = giver_of_form(forms, type, found->second))
        forms.set(type, make_form(network.type_name(type), *giver));
  graph::infer_shapes(network, forms);
  graph::ChannelAxes channels = graph::infer_channel_axes(network, forms);

  Analysis analysis{
      .network = &network, .forms = std::move(forms), .channels = std::move(channels), .exact = options.exact};
  bind_laws(analysis, by_name, options);
  return analysis;
}

std::optional<Analysis> analyse_under(std::span<const dsl::LawBinding> other, const Analysis& analysis,
                                      std::span<const dsl::LawBinding> bindings, const AnalysisOptions& options) {
  const graph::Network& network = *analysis.network;
  const Bindings before = by_operator(bindings), by_name = by_operator(other);
  const graph::Forms own(network);
  const auto giver = [&](const Bindings& all, graph::TypeId type) -> const dsl::LawBinding* {
    const auto found = all.find(network.type_name(type));
    return found == all.end() ? nullptr : giver_of_form(own, type, found->second);
  };
  for (graph::TypeId type = 0; type < network.type_count(); ++type) {
    const dsl::LawBinding *old = giver(before, type), *now = giver(by_name, type);
    const bool same = old && now ? old->law == now->law && old->parameters == now->parameters : old == now;
    if (!same) return std::nullopt;
  }
  Analysis result{.network = &network, .forms = analysis.forms, .channels = analysis.channels, .exact = options.exact};
  bind_laws(result, by_name, options);
  return result;
}

std::string Analysis::why_blocked(OperatorId op) const {
  if (operators[op].skipped) return "skipped by --skip-node";
  if (operators[op].unknown) return "no law is known for it";
  if (&law(op) == &kBlockLaw) return "it carries no scale";
  const Site here = site(op);
  for (std::uint32_t slot = 0; slot < here.input_count(); ++slot)
    if (const graph::Operator* by = here.dequantizer(slot))
      return fmt::format("its input '{}' is quantized (DequantizeLinear '{}')", here.tensor(slot).name, by->name);
  if (graph::needs_rank(here)) return "how many axes its input has is not known";
  if (graph::cannot_broadcast(here)) return "the shapes of its inputs do not fit each other";
  std::string why = unreadable(here);
  if (why.empty()) why = law(op).condition(here);
  if (why.empty() && exact) why = inexact(here);
  return why.empty() ? std::string(law(op).pins) : why;
}

std::string Analysis::kind_of_block(OperatorId op) const {
  std::string text = why_blocked(op);
  const Site here = site(op);
  for (std::uint32_t slot = 0; slot < here.input_count(); ++slot) {
    if (!here.has(slot)) continue;
    erase_name(text, here.tensor(slot).name, here.is_constant(slot) ? "its constant" : "its input");
    if (const graph::Operator* by = here.dequantizer(slot)) erase_name(text, by->name, "");
  }
  for (const TensorId output : here.op().outputs)
    if (output != kNone) erase_name(text, network->tensor(output).name, "its output");
  for (const std::string_view role : {"its input", "its output"})
    for (std::size_t at = 0; (at = text.find(role, at)) != std::string::npos;) erase_shape(text, at += role.size());
  return text;
}

}  // namespace rw::runtime
