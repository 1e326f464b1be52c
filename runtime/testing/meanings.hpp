// What operators of the user's own compute, as the evaluator takes it.
#pragma once

#include <deque>

#include "dsl/program/program.hpp"
#include "graph/network.hpp"
#include "runtime/evaluator/evaluate.hpp"

namespace rw::runtime {

class Meanings {
 public:
  explicit Meanings(std::span<const dsl::OperatorMeaning> meanings);
  Meanings(const Meanings&) = delete;  // what it gives refers to it
  Meanings& operator=(const Meanings&) = delete;

  const evaluator::Meanings& all() const { return all_; }
  // Whether it can be computed what an operator does.
  bool knows(std::string_view op) const;

 private:
  std::deque<graph::Network> bodies_;
  evaluator::Meanings all_;
};

}  // namespace rw::runtime
