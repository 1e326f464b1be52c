// Remedies that are other rule files: those that ship, before the given ones or in their place. Each is tried on the
// model in memory, and is none unless more layers would be scaled.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/explain/remedy.hpp"

namespace rw::runtime {

// "the rule file clip lets scales pass Clip": of an operator of this type that is in the way; empty: none helps. Not
// tried.
std::string file_that_helps(std::string_view op);

class Recipes {
 public:
  // Borrows the subject. `files`: of its rules, as they were named; empty: nothing is tried.
  Recipes(const Subject& subject, const std::vector<std::string>& files);
  ~Recipes();

  const std::vector<Remedy>& all() const { return all_; }
  std::size_t tries() const { return tries_; }

  // For a region of `base` that no rule took: those with the fewest files that scale its first parent, with the given
  // files and in their place. Cure::remedy is an index of all().
  std::vector<Cure> find(const Region& region) const;
  // The remedy for a region stands in for a change of the rules that would be worth nothing after it.
  bool replaces(std::size_t remedy, const Remedy& change) const;

 private:
  struct Trial;
  std::optional<Cure> cure_by(std::size_t remedy, OperatorId parent) const;
  void attempt(Remedy remedy);

  const Subject& subject_;
  std::vector<std::unique_ptr<Trial>> trials_;  // by remedy
  std::vector<Remedy> all_;
  std::size_t tries_ = 0;
};

}  // namespace rw::runtime
