// The order in which rules run: file by file as they are named, each file from top to bottom with what it includes in
// its place. Rules of files that are only used stand behind all others and rest.
#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "dsl/check/check.hpp"

namespace rw::dsl {

namespace {

class RunOrder {
 public:
  explicit RunOrder(CheckContext& context) : context_(context), rules_(context.program.rules) {}

  void put(std::span<const FileNames* const> named) {
    for (const FileNames* file : named) run(*file, false);
    for (const auto& file : context_.files) warn_of_resting(*file);
    std::vector<std::uint32_t> place(rules_.size(), kRests);
    for (std::size_t i = 0; i < order_.size(); ++i) place[order_[i]] = static_cast<std::uint32_t>(i);
    for (std::uint32_t i = 0; i < rules_.size(); ++i) {
      if (place[i] != kRests) continue;
      rules_[i].runs = false;
      place[i] = static_cast<std::uint32_t>(order_.size());
      order_.push_back(i);
    }
    std::vector<Rule> ordered;
    ordered.reserve(rules_.size());
    for (const std::uint32_t from : order_) ordered.push_back(std::move(rules_[from]));
    rules_ = std::move(ordered);
    for (RuleTest& test : context_.program.tests) test.rule = place[test.rule];
  }

 private:
  static constexpr std::uint32_t kRests = UINT32_MAX;

  // A file runs once, where it is first met. (Files are nested at most as deep as they may use each other.)
  void run(const FileNames& file, bool as_far_as_exact) {
    if (!ran_.insert(&file).second) return;
    for (const RunsHere& each : file.runs) {
      if (each.included != nullptr) {
        run(*each.included, as_far_as_exact || each.as_far_as_exact);
        continue;
      }
      add_name(each.rule);
      if (!each.index) continue;
      rules_[*each.index].as_far_as_exact = as_far_as_exact;
      order_.push_back(*each.index);
    }
  }

  // Reports and `--only` name a rule by its name alone. Within one file that was looked at before.
  void add_name(const tree::Word& rule) {
    const auto [before, fresh] = names_.emplace(rule.text, rule.at);
    if (fresh || before->second.source == rule.at.source) return;
    context_.reporter.error("duplicate-name", rule.at, fmt::format("a rule '{}' is there already", rule.text),
                            fmt::format("in {}: choose another name", context_.sources.name_and_line(before->second)));
  }

  // Until files could be included, `use` ran the rules. Who tests a rule of the file knows that it does not.
  void warn_of_resting(const FileNames& names) {
    for (const tree::Declaration& declaration : names.file->declarations) {
      const auto* use = std::get_if<tree::Use>(&declaration.what);
      const auto file = use == nullptr ? names.followed.end() : names.followed.find(use->path.at.offset);
      if (file == names.followed.end() || use->runs || ran_.contains(file->second)) continue;
      const std::size_t rules = count_rules(*file->second);
      if (rules == 0 || is_tested(*file->second, names.file->source)) continue;
      context_.reporter.warning(
          "not-run", use->path.at,
          rules == 1 ? std::string("`use` runs nothing: the rule of this file rests")
                     : fmt::format("`use` runs nothing: the {} rules of this file rest", rules),
          fmt::format("to run them at this place write: include {}", context_.sources.text(use->path.at)));
    }
  }

  static std::size_t count_rules(const FileNames& file) {
    std::size_t count = 0;
    for (const RunsHere& each : file.runs) count += each.included == nullptr ? 1 : count_rules(*each.included);
    return count;
  }

  bool is_tested(const FileNames& file, std::uint32_t by) const {
    const auto& tests = context_.program.tests;
    return std::any_of(tests.begin(), tests.end(), [&](const RuleTest& test) {
      return test.at.source == by && rules_[test.rule].at.source == file.file->source;
    });
  }

  CheckContext& context_;
  std::vector<Rule>& rules_;
  std::vector<std::uint32_t> order_;  // of those that run
  std::unordered_set<const FileNames*> ran_;
  NameTable<Position> names_;
};

}  // namespace

void order_rules(CheckContext& context, std::span<const FileNames* const> named) { RunOrder(context).put(named); }

}  // namespace rw::dsl
