// Finds a pattern in a network. From the operator that the first result comes from, what a pattern asks for is found by
// walking to producers; lines that hang on a tensor from the other side are found among its readers, in the order of
// the file, without going back. No operator is taken twice. The work at one operator does not depend on the network.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/patterns/formula.hpp"

namespace rw::patterns {

// Where a pattern began to fit and what was in the way.
struct NearMiss {
  std::size_t found = 0;  // operators that did fit
  bool whole = false;     // all did: a condition, or what stands around them, was in the way
  std::string why;
  std::string seen;  // the values that a condition saw
  dsl::Position at;  // the line or the condition
};

class Matcher {
 public:
  // Borrows all. `tells`: misses have reasons.
  Matcher(const dsl::Rule& rule, std::span<const double> params, const View& view, bool tells);

  // Operators at which a match can begin, in the order of the network. New ones appear when the view has noted them.
  std::vector<OperatorId> candidates() const;
  bool begins(OperatorId op) const;
  // The match that begins at the operator; nothing where there is none.
  std::optional<Match> at(OperatorId op);
  const NearMiss& miss() const { return miss_; }  // of the last at() that found nothing

 private:
  struct Trail {
    std::size_t names, ops;
  };
  // A tensor that an operator reads, and at which slot; kNone: nothing.
  struct Read {
    TensorId tensor = kNone;
    std::uint32_t slot = 0;
    OperatorId op = kNone;
  };

  std::vector<std::uint8_t> types_of(const dsl::Call& call) const;
  std::size_t first_line() const;
  bool admits(dsl::CallId call, OperatorId op) const;
  bool line(std::size_t index, OperatorId op);
  bool line_at(std::size_t index, TensorId tensor, std::size_t output);
  bool outputs(const dsl::MatchLine& line, OperatorId op);
  bool call(dsl::CallId id, OperatorId op);
  bool operands(const dsl::Call& call, std::span<const Read> inputs, std::size_t from, std::size_t at);
  bool operand(const dsl::Operand& operand, const Read& read);
  bool made(const dsl::Operand& operand, TensorId tensor);
  bool named(const dsl::Operand& operand, const Read& read);
  bool edited(const dsl::Operand& operand, const Read& read);
  bool settings(const dsl::Call& call, OperatorId op);
  bool is_unbound(dsl::PatternExprId id) const;
  bool bind(dsl::NameId name, TensorId tensor, OperatorId op = kNone);
  bool alternative(const dsl::Alternative& alternative, TensorId tensor);
  bool hanging_lines();
  bool hanging_line(std::size_t index);
  bool steps();
  bool is_private();
  std::optional<std::vector<Read>> inputs_of(const dsl::Call& call, OperatorId op) const;

  Trail mark() const { return {bound_.size(), match_.ops.size()}; }
  void undo(const Trail& trail);
  template <typename... Args>
  bool no(dsl::Position at, const char* format, const Args&... args);

  const dsl::Pattern& pattern_;
  const View& view_;
  bool tells_;
  Formulas formulas_;
  Match match_;
  std::vector<dsl::NameId> bound_;  // in the order in which they were bound
  std::vector<bool> line_done_;
  std::vector<std::size_t> done_;                             // lines, in the order in which they were found
  std::vector<std::pair<std::size_t, std::size_t>> made_by_;  // by name: the line and the output that gives it
  std::vector<std::vector<std::uint8_t>> types_;              // by call, by type: 0 no, 1 yes, 2 by its terms
  std::size_t first_ = 0;                                     // the line that a match begins with
  std::vector<bool> made_again_;                              // by name
  int steps_left_ = 0;
  NearMiss miss_;
};

}  // namespace rw::patterns
