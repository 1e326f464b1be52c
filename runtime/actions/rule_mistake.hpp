// A rule asks for what cannot be done: a mistake at a place of the rule file.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "dsl/program/program.hpp"
#include "graph/base/error.hpp"

namespace rw::runtime {

struct RuleMistake : graph::Error {
  // `at`: the clause; the message names node and channel.
  RuleMistake(const dsl::Rule& rule, dsl::Position clause, std::string what, std::string instead)
      : Error("", fmt::format("rule '{}'", rule.name), std::move(what)), at(clause), hint(std::move(instead)) {}

  dsl::Position at;
  std::string hint;  // what would be right
};

}  // namespace rw::runtime
