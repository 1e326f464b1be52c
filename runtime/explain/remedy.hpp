// Remedies: the smallest change of the rules that would have made a region match, found by trying it on the model in
// memory, and what it would unlock.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/explain/subject.hpp"
#include "runtime/regions/law_advice.hpp"
#include "runtime/report/reasons.hpp"

namespace rw::runtime {

// One change of a program. What each kind says and does stands in one table (remedy.cpp).
enum class ChangeKind : std::uint8_t {
  name_parent,    // the operator's type in `parents`
  name_child,     // ... in `children`
  name_inner,     // ... in `through`
  name_join,      // ... in `join`, or a `may join` where there is none
  relax_join,     // `may join` for a `join` that asks for an operator that is not there
  relax_through,  // `through` for a `must through` that asks for one
  pin_leaks,      // `leak pin`
  teach,          // an `op` line for an operator that nobody knows
  bound,          // `op Clip law bounded`
  drop_where,     // without a condition
  give_stats,     // --stats
  drop_needs,     // without a condition on data
};

struct Change {
  ChangeKind kind = ChangeKind::pin_leaks;
  std::uint32_t rule = kNone;  // kNone: it is about an `op` line
  std::string op;              // type of an operator
  std::string law;             // teach, bound
  dsl::Position at;            // the clause
  friend auto operator<=>(const Change& a, const Change& b) {
    return std::tie(a.kind, a.rule, a.op, a.law, a.at.source, a.at.offset) <=>
           std::tie(b.kind, b.rule, b.op, b.law, b.at.source, b.at.offset);
  }
  friend bool operator==(const Change& a, const Change& b) { return std::is_eq(a <=> b); }
};
using Changes = std::vector<Change>;  // sorted

// Either changes of the given rules, or other files of rules.
struct Remedy {
  Changes changes;
  std::vector<std::string> files;           // to be named instead of the given ones; empty: these are changed
  std::uint32_t layers = 0;                 // of other files: parents with weights that would be scaled and are not now
  bool instead = false;                     // of other files: the given ones are not among them
  bool needs_ranges = false;                // of other files: statistics must be given, too
  std::vector<std::string> steps;           // one text a change, in an order in which they can be read
  bool claims = false;                      // it says a law: a claim of the user's that nobody can check
  std::uint32_t regions = 0, channels = 0;  // that would be scaled in the whole network and are not now
  std::string refused;       // the rule would match, but its formula stops the run: what it says; empty: it does not
  bool tried_fully = false;  // its formula was evaluated too
};

// For one region.
struct Cure {
  std::size_t remedy = 0;              // index into Remedies::all(), in an Explanation into its remedies
  std::string by;                      // the rule that would take it
  std::uint32_t channels = 0, of = 0;  // of the region that would be scaled, of those that parents offer
};

class Remedies {
 public:
  explicit Remedies(const Subject& subject);  // borrowed
  ~Remedies();

  // The smallest remedies for a region that no rule took: at most one that keeps to what is known, and one that scales
  // more of its channels or needs a law that the user must answer for. `only`: with this rule; kNone: any.
  std::vector<Cure> find(const RegionOutcome& region, std::uint32_t only);

  // Everything in the way of a rule (whose pattern it is), conditions included.
  static std::vector<Miss> misses(const Pattern& pattern, const Outcome& outcome, const RegionOutcome& region,
                                  std::uint32_t rule);

  const std::vector<Remedy>& all() const { return all_; }
  std::size_t tries() const { return tries_; }
  bool capped() const { return capped_; }  // more would have been tried on a smaller network

 private:
  struct Trial;
  static constexpr std::size_t kMostChanges = 4;  // a remedy of more is none
  enum class LeakPolicy : std::uint8_t { pin, teach, teach_and_pin };

  const Trial* attempt(const Changes& changes);
  bool add_change(const Miss& miss, std::uint32_t rule, LeakPolicy policy, const Outcome& outcome,
                  Changes& changes) const;
  bool treat_leak(const Miss& miss, std::uint32_t rule, LeakPolicy policy, const Outcome& outcome,
                  Changes& changes) const;
  std::optional<Cure> repair(const RegionOutcome& region, std::uint32_t rule, LeakPolicy policy, std::size_t most);
  const Trial* smallest(Changes& changes, OperatorId parent, const Trial* trial);
  std::size_t remember(const Changes& changes, const Trial& trial);
  void count(const Trial& trial, Remedy& remedy) const;
  void try_fully(Remedy& remedy);

  const Subject& subject_;
  const dsl::Loaded& rules_;                          // of the subject
  const Outcome& base_;                               // theirs
  std::map<std::string, LawAdvice> advice_;           // by type of the operators that nobody knows
  std::vector<std::uint32_t> base_region_of_parent_;  // by operator: index into base.visited
  std::map<Changes, std::unique_ptr<Trial>> trials_;
  std::map<Changes, std::size_t> index_;
  std::vector<Remedy> all_;
  std::size_t tries_ = 0, most_tries_ = 0, full_tries_ = 0, most_full_tries_ = 0;
  bool capped_ = false;
};

}  // namespace rw::runtime
