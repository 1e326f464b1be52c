#include "runtime/commands/given/tuning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "graph/base/parallel.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/format.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/quality/trial.hpp"
#include "runtime/quantizer/grid.hpp"
#include "runtime/text/console.hpp"
#include "runtime/text/progress.hpp"
#include "runtime/tune/tune.hpp"

namespace rw::commands {
namespace {

constexpr std::string_view kBalance = "balance";

bool has_rule(const dsl::Program& program, std::string_view name) {
  const auto rules = dsl::running(program);
  return std::any_of(rules.begin(), rules.end(), [&](const dsl::Rule& rule) { return rule.name == name; });
}

unsigned bits_of(const std::string& text, std::string_view option, std::string_view digits) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits < quantizer::kLeastBits ||
      bits > quantizer::kMostBits)
    throw UsageError(fmt::format("{} {}: expected {} to {} bits", option, graph::printable(text), quantizer::kLeastBits,
                                 quantizer::kMostBits));
  return bits;
}

quantizer::Options target_of(const std::string& text) {
  std::vector<std::string_view> words;
  const std::string_view all = text;
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t comma = std::min(all.find(',', at), all.size());
    words.push_back(all.substr(at, comma - at));
    at = comma + 1;
  }
  const auto wrong = [&] {
    return UsageError(
        fmt::format("--target {}: expected int8,tensor or int8,channel, and ,weights behind it where "
                    "activations stay in float",
                    graph::printable(text)));
  };
  if (words.size() < 2 || words.size() > 3 || !words[0].starts_with("int")) throw wrong();
  if (words[1] != "tensor" && words[1] != "channel") throw wrong();
  if (words.size() == 3 && words[2] != "weights") throw wrong();
  return {.weights = words[1] == "channel" ? quantizer::WeightSteps::channel : quantizer::WeightSteps::tensor,
          .activations = words.size() == 2,
          .bits = bits_of(text, "--target", words[0].substr(3))};
}

}  // namespace

unsigned take_bits(const Given& given) { return bits_of(given.text("--bits"), "--bits", given.text("--bits")); }

std::optional<quantizer::Options> take_target(const Given& given) {
  if (!given.has("--target") && !given.has("--bits") && !given.has("--fused-silu")) return std::nullopt;
  quantizer::Options target;
  if (given.has("--target")) target = target_of(given.text("--target"));
  if (given.has("--bits")) target.bits = take_bits(given);
  target.fused_silu = given.has("--fused-silu");
  return target;
}

void check_tuning(const Given& given) {
  take_target(given);
  if (!given.has("--tune")) return;
  if (given.has("--leak")) throw UsageError("--leak does not go with --tune, which tries rules of its own");
  constexpr std::size_t kMost = 1000;
  if (take_count(given, "--tune") > kMost) throw UsageError(fmt::format("--tune: expected 1 to {} variants", kMost));
  if (!given.has("--data"))
    throw UsageError("--tune goes with --data: variants are measured on samples; add --data FILES");
}

void check_target_read(const Given& given, const dsl::Program& program) {
  if (given.has("--score") || given.has("--tune") || has_rule(program, kBalance)) return;
  for (const std::string_view option : {"--target", "--bits", "--fused-silu"})
    if (given.has(option))
      throw UsageError(
          fmt::format("{} says how the network is quantized, and nothing here goes by it: add --score, "
                      "take the rules of auto or balance, or take it out",
                      option));
}

void set_target(const Given& given, const dsl::Program& program, runtime::RunOptions& run) {
  const auto target = take_target(given);
  if (!target || !has_rule(program, kBalance)) return;
  for (const auto& [rule, params] : tune::params_for(*target))
    for (const auto& [name, value] : params)
      if (given.has("--target") || given.has("--bits") || name != "per_channel")  // --fused-silu says nothing of steps
        run.params[rule].emplace(name, value);
}

Tuned tune_run(const Given& given, const dsl::Program& program, const runtime::RunOptions& options) {
  if (!has_rule(program, kBalance))
    throw UsageError("--tune: these files have no rule 'balance', whose variants it tries: take auto or balance");
  const std::string file = given.text("MODEL");
  const graph::Model model = graph::read_model(file);
  const quantizer::Options target = take_target(given).value_or(quantizer::Options{});
  const quality::ScoreOptions score{
      .quantizer = tune::judged_target(target), .layers = false, .threads = graph::threads()};
  const auto data = quality::open_in_parts(model.network, data_options(given, given.list("--data")), score.draws);
  for (const std::string_view option : {"--out", "--json", "--plan", "--html", "--node-data"})
    if (given.has(option)) check_not_read(given.text(option), data->files());
  for (const std::string& note : data->notes()) runtime::complain(fmt::format("note: {}\n", graph::printable(note)));
  const bool approximate = !options.exact && (!given.has("--verify") || given.has("--tolerance"));
  std::vector<tune::Candidate> candidates =
      tune::candidates_for(given.list("RULES"), target, take_count(given, "--tune"),
                           {.clips = tune::has_clips(model.network), .approximate = approximate});
  runtime::Progress progress(runtime::Progress::terminal(), candidates.size(), runtime::Progress::Clock::now(),
                             runtime::Progress::kTuning);
  runtime::RunOptions shared = options;
  shared.predict = true;
  tune::Judge judge(file, *data, nullptr, shared, score);
  const tune::Tuning tuning =
      tune::tune(judge, std::move(candidates), [&](std::uint64_t judged) { progress.show(judged); });
  const tune::Candidate& best = tuning.judged[tuning.best].candidate;
  Tuned tuned{best.rules, options, judge.statistics(), told_text(tuning), {"tune", told_json(tuning)}};
  for (const auto& [rule, params] : best.params)
    for (const auto& [name, value] : params) tuned.options.params[rule][name] = value;
  return tuned;
}

}  // namespace rw::commands
