#include "runtime/regions/law_advice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/operators/form.hpp"
#include "graph/operators/schema.hpp"

namespace rw::runtime {
namespace {

// Operators of this domain have forms: one of them that has none was left out on purpose, or is new.
bool is_known_domain(std::string_view domain) {
  const auto forms = graph::forms();
  return std::any_of(forms.begin(), forms.end(),
                     [&](const graph::Form& form) { return graph::domain_of(form.op) == domain; });
}

bool has_body(const Site& site) {
  const auto& attributes = site.op().attributes;
  return site.op().captured > 0 || site.network().is_function(site.op().type) ||
         std::any_of(attributes.begin(), attributes.end(),
                     [](const graph::Attribute& each) { return std::holds_alternative<graph::Opaque>(each.value); });
}

// A constant that could be a weight or a summand of some channels.
bool has_real_constant(const Site& site) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    if (!site.is_constant(slot)) continue;
    const graph::DType dtype = site.tensor(slot).dtype;
    if (dtype == graph::DType::undefined || graph::floating(dtype)) return true;
  }
  return false;
}

std::string_view law_of(Claim claim) {
  for (const Law* law : laws())
    if (law->claim == claim) return law->name;
  return {};
}

LawAdvice advice_for(const Site& site) {
  const std::string_view domain = graph::domain_of(site.network().type_of(site.id()));
  if (has_body(site)) return {{}, "it has a body"};
  if (has_real_constant(site)) return {{}, "it has constants, which may be different for each channel"};
  if (is_known_domain(domain))
    return {{}, fmt::format("no operator of {} with this name is known", domain.empty() ? "ai.onnx" : domain)};
  return {law_of(site.activation_count() > 1 ? Claim::of_several : Claim::of_one_activation), {}};
}

}  // namespace

std::map<std::string, LawAdvice> law_advice(const Analysis& analysis) {
  const graph::Network& network = *analysis.network;
  std::map<std::string, LawAdvice> advice;
  for (OperatorId op = 0; op < network.operators().size(); ++op) {
    if (network.removed(op) || !analysis.operators[op].unknown) continue;
    const LawAdvice one = advice_for(analysis.site(op));
    const auto [found, fresh] = advice.emplace(network.type_of(op), one);
    LawAdvice& all = found->second;
    if (fresh || all.law.empty()) continue;
    if (one.law != law_of(Claim::of_one_activation)) all = one;  // there is none for one of them, or one of them joins
  }
  return advice;
}

}  // namespace rw::runtime
