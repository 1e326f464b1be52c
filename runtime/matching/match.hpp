// Which regions a rule wants: the structure of a region against the clauses of a pattern.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/base/function_ref.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::runtime {

// What was in the way of a rule.
enum class Obstacle : std::uint8_t {
  claimed,          // an earlier rule scaled the region
  parent,           // an operator offers a scale that `parents` does not name
  child,            // an operator absorbs it that `children` does not name
  no_child,         // no operator absorbs it
  inner,            // an operator inside that no clause admits
  no_through,       // no operator that a `must through` clause asks for
  no_join,          // no operator that a `join` clause asks for
  leak,             // a leak, and the rule rejects leaks
  no_free_channel,  // every channel that a parent offers is pinned
  condition,        // a `where` failed
  data,             // a `needs` failed, or data that a formula reads is missing: "could not run"
};

struct Miss {
  Obstacle obstacle = Obstacle::leak;
  OperatorId op = kNone;    // parent, child, inner; leak: the operator that pins, kNone: the network's boundary
  TensorId tensor = kNone;  // leak: where
  dsl::Position clause;     // the clause that was not met
  // Texts of the rule, or of the list that has the miss (misses.hpp).
  std::string_view reason;           // condition, data: the `else` text, or what is missing
  std::string_view seen;             // condition, data: the values that it saw
  std::uint32_t claimed_by = kNone;  // claimed: index of the rule
};

// The operators and laws that a clause names, prepared for the operator types of one network.
class Clause {
 public:
  Clause(std::span<const dsl::Term> terms, const Analysis& analysis);
  bool admits(const Analysis& analysis, OperatorId op) const;

 private:
  std::vector<std::vector<const dsl::Term*>> by_type_;          // terms that name an operator type
  std::map<const Law*, std::vector<const dsl::Term*>> by_law_;  // terms that name a law
};

// Whether a term of the clause would admit an operator if nothing stood behind `except`.
bool is_excepted(const dsl::Terms& terms, const Analysis& analysis, OperatorId op);

// The clauses of a pattern, prepared for the operator types of one network.
class Pattern {
 public:
  Pattern(const dsl::RegionPattern& pattern, const Analysis& analysis);

  // Returns the first thing in the way, and nothing where the structure of the region is as the rule wants it.
  std::optional<Miss> match(const Regions& regions, RegionId region) const;

  // Everything that is in the way, in the order in which it is looked at; every operator and every leak once.
  std::vector<Miss> misses(const Regions& regions, RegionId region) const;

  // The joining operators of a region that `clause` (an index into RegionPattern::joins) admits.
  std::vector<OperatorId> joins(const Regions& regions, RegionId region, std::size_t clause) const;

  // Whether the rule gives the scale back in front of this operator (`leak restore`).
  bool restores(OperatorId op) const;

 private:
  // Tells what is in the way, one thing after the other, for as long as `more` says so.
  void examine(const Regions& regions, RegionId region, graph::FunctionRef<bool(Miss)> more) const;
  dsl::Position clause_of_inner(bool joining) const;  // the clause that would have to name an operator inside

  const dsl::RegionPattern& pattern_;
  const Analysis& analysis_;
  Clause parents_, children_;
  std::vector<Clause> through_, joins_;
  std::optional<Clause> restore_;
};

// Classes of the region that a parent offers and nothing pins.
std::uint32_t free_classes(const Regions& regions, RegionId region, const Analysis& analysis);
// Whether some class of the region is offered by a parent and pinned by nothing.
bool has_free_class(const Regions& regions, RegionId region, const Analysis& analysis);

}  // namespace rw::runtime
