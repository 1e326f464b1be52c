// A network and rules, explained.
#pragma once

#include <string>

#include "runtime/explain/explain.hpp"
#include "tests/runtime/engine.hpp"

namespace rw::test {

// Pair, concat and residual as rules of a file "test.dsl"; goldens tell lines by their number.
extern const char* const kRules;

class Explained {
 public:
  explicit Explained(const Net& net, const std::string& rules = "equalization", runtime::ExplainOptions what = {});
  // The model as some file has it, for what a Net cannot hold (operators that nobody knows).
  Explained(const runtime::ModelSource& source, const std::string& rules, runtime::ExplainOptions what = {});

  const runtime::Explanation& explanation() const { return explanation_; }
  const Engine& engine() const { return engine_; }
  std::string text() const;  // without its first line, which names a file
  std::string json() const;

 private:
  Engine engine_;
  runtime::ExplainOptions what_;
  runtime::Explanation explanation_;
};

}  // namespace rw::test
