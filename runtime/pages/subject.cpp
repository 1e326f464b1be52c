#include "runtime/pages/subject.hpp"

#include <fmt/format.h>

#include "runtime/html/escape.hpp"

namespace rw::pages {
namespace {

std::string some(const graph::Network& network, std::span<const graph::OperatorId> ops, std::size_t most_name) {
  if (ops.empty()) return "nothing";
  std::string text = fmt::format("{} '{}'", html::shortened(network.type_of(ops[0]), most_name),
                                 html::shortened(network.op(ops[0]).name, most_name));
  if (ops.size() > 1) text += fmt::format(" and {} more", ops.size() - 1);
  return text;
}

std::string named(const graph::Network& network, std::span<const graph::OperatorId> ops, std::size_t most_name) {
  if (ops.empty()) return "nothing";
  const std::string name = html::shortened(network.op(ops[0]).name, most_name);
  return ops.size() > 1 ? fmt::format("{} +{}", name, ops.size() - 1) : name;
}

}  // namespace

Subject::Subject(const runtime::ReportInput& report)
    : input(report),
      network(report.model.network),
      outcome(report.outcome),
      told{report.rules, report.outcome.analysis, report.outcome.regions},
      decibels(runtime::by_region(report.outcome, report.layers)),
      has_section(report.outcome.visited.size(), false) {}

std::string Subject::link(std::uint32_t visited) const {
  return visited < has_section.size() && has_section[visited] ? fmt::format("#r{}", visited) : "";
}

std::string Subject::rule_of(const runtime::RegionOutcome& region) const {
  return region.taken_by == graph::kNone ? "" : input.rules.program.rules[region.taken_by].name;
}

std::string Subject::headline(const runtime::RegionOutcome& region, std::size_t most_name) const {
  const runtime::Region& shape = outcome.regions[region.region];
  return some(network, shape.parents, most_name) + " \u2192 " +
         some(network, outcome.regions.readers(shape), most_name);
}

std::string Subject::short_headline(const runtime::RegionOutcome& region, std::size_t most_name) const {
  const runtime::Region& shape = outcome.regions[region.region];
  return named(network, shape.parents, most_name) + " \u2192 " +
         named(network, outcome.regions.readers(shape), most_name);
}

}  // namespace rw::pages
