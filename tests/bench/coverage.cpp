// How much of a network the rules reach: for every model and every shipped rule file given, the share of linear
// operators that are parent or child of a region that was scaled, and where the other regions leak.
//
//   coverage [--why] RULES[,RULES...] MODEL...      coverage wide,clip+wide models/*.onnx
//
// RULES: rule files that ship, joined by '+' where several are to run together.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/report/report.hpp"

namespace {

using namespace rw;

std::vector<std::string> split(const std::string& text, char between) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(between, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

struct Coverage {
  std::size_t linear = 0, reached = 0, regions = 0, scaled = 0;
  bool certified = false;
  std::map<std::string, std::size_t> reasons;  // why regions with a parent were left alone
};

Coverage measure(const std::string& path, const dsl::Loaded& rules) {
  graph::Model model = graph::read_model(path);
  const auto stats = std::filesystem::path(path).replace_extension(".stats.json");
  if (std::filesystem::exists(stats)) graph::read_statistics(stats, model);
  const runtime::Outcome outcome = runtime::run(model, rules.program, {});
  const graph::Written written;
  std::vector<bool> reached(model.network.operators().size(), false);
  Coverage coverage{.regions = outcome.visited.size(), .certified = outcome.certificate.holds};
  for (const auto& visited : outcome.visited) {
    const runtime::Region& region = outcome.regions[visited.region];
    if (visited.taken_by == graph::kNone) {
      ++coverage.reasons[runtime::reason({model, rules, outcome, written}, visited)];
      continue;
    }
    ++coverage.scaled;
    for (const graph::OperatorId op : region.parents) reached[op] = true;
    for (const graph::OperatorId op : region.children) reached[op] = true;
  }
  for (graph::OperatorId op = 0; op < reached.size(); ++op) {
    if (outcome.analysis.law(op).name != "linear") continue;
    ++coverage.linear;
    coverage.reached += reached[op];
  }
  return coverage;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool why = !words.empty() && words[0] == "--why";
  if (why) words.erase(words.begin());
  if (words.size() < 2) {
    fmt::print(stderr, "coverage [--why] RULES[,RULES...] MODEL...\n");
    return 2;
  }
  bool certified = true;
  fmt::print("{:<26} {:<18} {:>7} {:>8} {:>7} {:>9}\n", "model", "rules", "linear", "reached", "share", "regions");
  for (std::size_t i = 1; i < words.size(); ++i) {
    for (const std::string& name : split(words[0], ',')) {
      const dsl::Loaded rules = dsl::load(split(name, '+'), runtime::rule_library(), runtime::vocabulary());
      if (dsl::has_errors(rules.diagnostics)) {
        for (const dsl::Diagnostic& each : rules.diagnostics) fmt::print(stderr, "{}", dsl::draw(each, rules.sources));
        return 1;
      }
      try {
        const Coverage coverage = measure(words[i], rules);
        const double share = coverage.linear == 0
                                 ? 0
                                 : 100.0 * static_cast<double>(coverage.reached) / static_cast<double>(coverage.linear);
        fmt::print("{:<26} {:<18} {:>7} {:>8} {:>6.1f}% {:>4}/{:<4}{}\n",
                   std::filesystem::path(words[i]).stem().string(), name, coverage.linear, coverage.reached, share,
                   coverage.scaled, coverage.regions, coverage.certified ? "" : "  NOT CERTIFIED");
        certified &= coverage.certified;
        for (const auto& [reason, count] : coverage.reasons)
          if (why) fmt::print("    {:>3} x {}\n", count, reason);
      } catch (const graph::Error& error) {
        fmt::print("{:<26} {:<18} {}\n", std::filesystem::path(words[i]).stem().string(), name, error.what());
      }
    }
  }
  return certified ? 0 : 1;
}
