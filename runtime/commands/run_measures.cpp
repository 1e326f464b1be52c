#include "runtime/commands/run_measures.hpp"

#include <fmt/format.h>

#include <set>

#include "graph/base/parallel.hpp"
#include "graph/base/printable.hpp"
#include "graph/operators/infer.hpp"
#include "graph/rewritten.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/measuring.hpp"
#include "runtime/commands/given/tuning.hpp"
#include "runtime/quality/trial.hpp"
#include "runtime/written/written_network.hpp"

namespace rw::commands {
namespace {

// What the rules did that is only approximate; empty: nothing.
std::string approximations(const runtime::Outcome& outcome) {
  std::set<std::string> all;
  for (const runtime::RuleOutcome& rule : outcome.rules)
    for (const auto& [what, count] : rule.approximate) all.insert(what);
  std::string text;
  for (const std::string& each : all) text += (text.empty() ? "" : ", ") + each;
  return text;
}

void check_data(const data::Data& data, std::span<const std::filesystem::path> out) {
  for (const auto& file : out) check_not_read(file, data.files());
}

// Told as text: what was taken for granted of the data is said before it, and once.
template <typename What>
void tell(const What& told, const data::Data& data, std::string_view title, RunMeasures& measures) {
  What without = told;
  without.data.notes.clear();
  std::string notes;
  for (const std::string& note : data.notes()) {
    const std::string line = fmt::format("note: {}\n", graph::printable(note));
    if (measures.text.find(line) == std::string::npos) notes += line;
  }
  measures.text = notes + measures.text + fmt::format("\n{}: {}", title, told_text(without));
  measures.json.emplace_back(title, told_json(told));
}

}  // namespace

void check_measures(const Given& given) {
  if (given.has("--tolerance") && !given.has("--verify"))
    throw UsageError("--tolerance goes with --verify: add --verify FILES");
  take_tolerance(given);
}

RunMeasures measure_run(const Given& given, const graph::Model& model, const runtime::Outcome& outcome,
                        std::span<const std::filesystem::path> out) {
  RunMeasures measures;
  if (!given.has("--verify") && !given.has("--score")) return measures;
  if (const std::string what = approximations(outcome);
      given.has("--verify") && !given.has("--tolerance") && !what.empty())
    throw UsageError(
        fmt::format("--verify: this run makes edits that are only approximate ({}): say with --tolerance how far "
                    "outputs may lie apart",
                    graph::printable(what)));
  // Rules with a pattern have edited the network that was read.
  const graph::Model before = quality::read_subject(given.text("MODEL"));
  const graph::Rewritten rewritten(model.network, outcome.rewriting);
  graph::Network after = runtime::written_network(rewritten);
  graph::infer_shapes(after, graph::Forms(after));
  const std::string file = given.text("MODEL");
  const quality::Subject as_it_was{before.network, file}, as_it_will_be{after, file + " as it will be"};
  if (given.has("--verify")) {
    const auto data = data::open(before.network, data_options(given, given.list("--verify")));
    check_data(*data, out);
    const auto compared = [&] {
      ShownData shown(*data, data->samples());
      return quality::compare(as_it_was, as_it_will_be, shown, {.threads = graph::threads()});
    };
    measures.comparison = std::make_unique<const quality::Comparison>(compared());
    measures.verify = std::make_unique<const quality::ComparisonTold>(
        quality::ComparisonTold{"before", "after", *measures.comparison, take_tolerance(given), told_of(*data)});
    measures.within = measures.verify->within();
    tell(*measures.verify, *data, "verify", measures);
  }
  if (given.has("--score")) {
    const quality::ScoreOptions options{.quantizer = take_target(given).value_or(quantizer::Options{}),
                                        .threads = graph::threads()};
    const auto data = quality::open_in_parts(
        before.network, data_or_drawn(given, given.list(given.has("--data") ? "--data" : "--verify")), options.draws);
    check_data(*data, out);
    const auto scored = [&] {
      ShownData shown(*data, quality::samples_to_read(*data, 2, false, options));
      return quality::score_all({{"before", as_it_was}, {"after", as_it_will_be}}, shown, nullptr, options);
    };
    measures.score.emplace(quality::ScoreTold{scored(), options, told_of(*data)});
    tell(*measures.score, *data, "score", measures);
  }
  return measures;
}

}  // namespace rw::commands
