// The checksums of a plan against the tensors that it is applied to.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "graph/base/printable.hpp"
#include "graph/formats/plan/planned.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {
namespace {

[[noreturn]] void refuse(const PlanFile& plan, const std::string& tensor, std::string message) {
  const Error shown = printable(Error(plan.path, fmt::format("tensor '{}'", tensor), std::move(message)), "");
  throw PlanRefusal(shown.file, shown.place, shown.message);
}

std::string name_of(const PlanScale& scale) { return scale.copy.empty() ? scale.tensor : scale.copy; }

}  // namespace

const PlanChecksum* PlanFile::checksum_of(const PlanScale& scale) const {
  if (!checksums) return nullptr;
  const auto found = std::find_if(checksums->begin(), checksums->end(), [&](const PlanChecksum& each) {
    return each.tensor == scale.tensor && each.copy == scale.copy;
  });
  return found == checksums->end() ? nullptr : &*found;
}

void check_entries(const PlanFile& plan) {
  if (!plan.checksums) return;
  std::map<std::pair<std::string_view, std::string_view>, int> seen;  // 1: an entry, 2: a checksum
  for (const PlanScale& each : plan.scales) seen[{each.tensor, each.copy}] |= 1;
  for (const PlanChecksum& each : *plan.checksums) seen[{each.tensor, each.copy}] |= 2;
  for (const auto& [names, has] : seen) {
    const std::string name(names.second.empty() ? names.first : names.second);
    if (has == 1) refuse(plan, name, "the plan has no checksum for it");
    if (has == 2) refuse(plan, name, "the plan has a checksum for it and no entry that scales it: it is not complete");
  }
  check_edits(plan);
}

void check_edits(const PlanFile& plan) {
  if (!plan.edits_checksum || *plan.edits_checksum == checksum_of_edits(plan)) return;
  const Error shown =
      printable(Error(plan.path, "edits", "an entry of them, or of the constants, is missing or was changed"), "");
  PlanRefusal refusal(shown.file, shown.place, shown.message);
  refusal.final = plan.tried_edits();
  throw refusal;
}

namespace {

const PlanChecksum& checksum_of(const PlanFile& plan, const PlanScale& scale) {
  const PlanChecksum* said = plan.checksum_of(scale);
  if (!said) refuse(plan, name_of(scale), "the plan has no checksum for it");
  return *said;
}

// What is read must be what the plan was made for, or, to take it back, what it has made.
void check_source(const PlanFile& plan, const PlanScale& scale, std::uint32_t is, bool undo) {
  const PlanChecksum& said = checksum_of(plan, scale);
  const std::uint32_t from = undo ? said.after : said.before, to = undo ? said.before : said.after;
  if (is == from) return;
  const std::string tensor = undo ? name_of(scale) : scale.tensor;
  if (is == to) refuse(plan, tensor, undo ? "the plan was not applied to it" : "the plan was applied to it already");
  refuse(plan, tensor,
         fmt::format("it is not the one that the plan was made for: its checksum is {:08x}, and the plan has {:08x}",
                     is, from));
}

}  // namespace

bool check_checksums(const PlanFile& plan, std::span<const NotedScale> noted, bool undo) {
  bool as_said = true;
  for (const NotedScale& each : noted) {
    check_source(plan, *each.scale, each.sums->before.value(), undo);
    if (undo && !each.scale->copy.empty()) continue;  // it goes
    const PlanChecksum& said = checksum_of(plan, *each.scale);
    const std::uint32_t made = each.sums->after.value(), expected = undo ? said.before : said.after;
    if (made == expected) continue;
    if (!undo)
      refuse(plan, name_of(*each.scale),
             fmt::format("what the plan makes of it has the checksum {:08x}, and the plan has {:08x}: its entries are "
                         "not those of the run",
                         made, expected));
    as_said = false;
  }
  return as_said;
}

void check_sources(const PlanFile& plan, std::span<const NotedScale> noted, bool undo) {
  for (const NotedScale& each : noted) {
    Checksum sum;
    add_elements(*each.source, sum);
    check_source(plan, *each.scale, sum.value(), undo);
  }
}

}  // namespace rw::graph
