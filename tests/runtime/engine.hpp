// Runs rules on a network written in a test, and asks what happened by the names of tensors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/run.hpp"
#include "runtime/report/report.hpp"
#include "tests/support/net.hpp"

namespace rw::test {

std::vector<std::string> words(const std::string& text);  // between white space

// Of what would be written of a plan.
runtime::Certificate certificate_of(const runtime::Analysis& analysis, const runtime::Plan& plan);

// The model that a network is saved as, with these entries of a file of statistics: "\"r\": {\"min\": ...}, ...".
graph::Model with_statistics(const Net& net, const std::string& entries);

class Engine {
 public:
  // `rules`: names of shipped files with spaces between, or the text of a rule file (anything with a brace). Fails the
  // test where the rules have errors; graph::Error passes through.
  explicit Engine(const Net& net, const std::string& rules = "equalization", const runtime::RunOptions& options = {});

  Engine(graph::Model model, const std::string& rules, const runtime::RunOptions& options = {});

  const runtime::Outcome& outcome() const { return *outcome_; }
  const graph::Network& network() const { return model_.network; }
  graph::Model& model() { return model_; }
  const graph::Model& model() const { return model_; }
  const dsl::Loaded& rules() const { return rules_; }

  std::string rule_of(const std::string& tensor) const;               // that scaled its region; "": none
  std::vector<double> scale(const std::string& tensor) const;         // by channel; ones where it is not scaled
  std::vector<std::string> parents(const std::string& tensor) const;  // of its region
  std::vector<std::string> children(const std::string& tensor) const;
  std::string reason(const std::string& tensor) const;  // why no rule took its region
  bool same_region(const std::string& a, const std::string& b) const;

 private:
  graph::TensorId tensor(const std::string& name) const;
  const runtime::RegionOutcome* region_of(const std::string& name) const;
  std::vector<std::string> names(std::span<const graph::OperatorId> ops) const;

  graph::Model model_;
  dsl::Loaded rules_;
  std::unique_ptr<runtime::Outcome> outcome_;
};

// What --json and the report say.
std::string report_of(const Engine& engine);
std::string data_of(const Engine& engine);

// A rule that takes whatever it can, to look at regions alone: every linear parent and child, every join, leaks pinned.
// The scale of each channel is 2.
extern const char* const kTakeAll;

}  // namespace rw::test
