// Why rules did not match, and what would help.
#include <fmt/format.h>

#include "graph/base/printable.hpp"
#include "graph/formats/format.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/data_options.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/commands/given/run_options.hpp"
#include "runtime/explain/explain.hpp"
#include "runtime/explain/made.hpp"
#include "runtime/pages/pages.hpp"
#include "runtime/text/text_file.hpp"

namespace rw::commands {
namespace {

constexpr auto kExplainOptions = joined(
    {
        {"--rule", "RULE", "tell about this rule only (several times); the others run, too", 0, true,
         Completes::nothing},
        {"--node", "GLOB", "tell about regions with such an operator in or around them", 0, false, Completes::nothing},
        {"--limit", "N", "tell so many regions in full (20)", 0, false, Completes::nothing},
        {"--apply", "N",
         "write the rule file with the remedy made that stands at this place of `what would unlock most`, and tell how "
         "to "
         "run it",
         0, false, Completes::nothing},
        {"--out", "FILE", "where that rule file goes (without it: the rules' names joined, in the current folder)", 'o',
         false, Completes::rules},
        kStatsOption,
        kDataOption,
    },
    kImageOptions,
    {
        kOnlyOption,
        kParamOption,
        kSkipNodeOption,
        kExactOption,
        kLeakOption,
        {"--json", "FILE", "write the same as data to this file, with every region"},
        kHtmlOption,
        kThreadsOption,
        {"--quiet", {}, "print nothing", 'q'},
    });

runtime::ExplainOptions what(const Given& given, const dsl::Program& program) {
  runtime::ExplainOptions options{
      .rules = given.list("--rule"), .node = given.text("--node"), .files = given.list("RULES")};
  for (const std::string& name : options.rules) find_rule(dsl::running(program), name, "--rule");
  if (given.has("--limit")) options.most_regions = take_count(given, "--limit");
  return options;
}

std::vector<std::filesystem::path> told_files(const Given& given) {
  std::vector<std::filesystem::path> names;
  for (const char* option : {"--json", "--html"})
    if (given.has(option)) names.emplace_back(file_name(given, option));
  return names;
}

// Where --apply writes.
std::filesystem::path rule_file(const Given& given) {
  if (given.has("--out")) return file_name(given, "--out");
  std::string stem;
  for (const std::string& rules : given.list("RULES"))
    stem += (stem.empty() ? "" : "_") + std::filesystem::path(rules).stem().string();
  return stem + ".dsl";
}

// Writes the rule file of a remedy; the text says which, and how to run it.
std::string apply_remedy(const Given& given, const graph::Model& model, const dsl::Loaded& rules,
                         const runtime::Explanation& explanation) {
  const std::size_t number = take_count(given, "--apply");
  if (number > explanation.by_gain.size())
    throw UsageError(
        fmt::format("--apply {}: there {}", number,
                    explanation.by_gain.empty() ? "is no remedy that could be made: take --apply out"
                    : explanation.by_gain.size() == 1
                        ? "is one remedy: write --apply 1"
                        : fmt::format("are {0} remedies: write --apply 1 to {0}", explanation.by_gain.size())));
  const std::filesystem::path out = rule_file(given);
  if (!given.has("--out") && std::filesystem::exists(out))
    throw UsageError(
        fmt::format("--apply: '{}' is there already: say with -o where the rules go", graph::printable(out.string())));
  std::vector<std::filesystem::path> files = told_files(given);
  files.push_back(out);
  check_reports(given, files, model);
  const runtime::Remedy& remedy = explanation.remedies[explanation.by_gain[number - 1]];
  const runtime::MadeRemedy made = runtime::made_remedy(rules, given.list("RULES"), remedy, out);
  runtime::write_text(out.string(), made.text);
  return fmt::format("\nwrote {}: {}\nrun it: {}\n{}", graph::printable(out.string()),
                     fmt::format("{}", fmt::join(remedy.steps, ", and ")), command_for("", given, made.files),
                     made.left.empty() ? "" : fmt::format("and {}\n", made.left));
}

int explain_by(const Given& given, const std::optional<dsl::Loaded>& rules) {
  const runtime::RunOptions options = run_options(given, rules->program);
  const runtime::ExplainOptions asked = what(given, rules->program);
  std::string measured;
  if (given.has("--data")) {
    graph::Model model = graph::read_model(given.text("MODEL"));
    measured = measured_ranges(given, rules->program, model);
  }
  const runtime::ModelSource source = [&] {
    graph::Model model = graph::read_model(given.text("MODEL"));
    if (given.has("--stats")) graph::read_statistics(given.text("--stats"), model);
    if (!measured.empty()) graph::add_statistics(measured, model);
    return model;
  };
  graph::Model model = source();
  check_names(given, "--skip-node", model.network);
  check_names(given, "--node", model.network);
  check_reports(given, told_files(given), model);
  runtime::RunOptions base = options;  // what is tried predicts nothing
  base.predict = given.has("--json") || given.has("--html");
  const runtime::Outcome outcome = runtime::run(model, rules->program, base);
  const runtime::Explanation explanation = runtime::explain({source, model, *rules, options, outcome}, asked);
  const runtime::ExplainInput input{model, *rules, outcome, explanation, asked, runtime::layers_of(outcome, {})};
  if (given.has("--json")) runtime::write_text(given.text("--json"), runtime::explain_json(input));
  if (given.has("--html")) runtime::write_text(given.text("--html"), pages::page_of(input));
  std::string applied;
  if (given.has("--apply")) applied = apply_remedy(given, model, *rules, explanation);
  if (!given.has("--quiet")) fmt::print("{}{}", runtime::explain_text(input, wants_colour()), applied);
  return kDone;
}

int explain(const Given& given) {
  set_threads(given);
  check_images_read(given, {"--data"});
  if (given.has("--out") && !given.has("--apply"))
    throw UsageError("--out goes with --apply: add --apply 1, or take it out");
  // What is written is the whole file.
  const auto tests = given.has("--apply") ? runtime::ShippedTests::kept : runtime::ShippedTests::left_out;
  std::optional<dsl::Loaded> rules = load_rules(given.list("RULES"), tests);
  if (!rules) return kMistake;
  set_leak(given, rules->program);
  return at_its_place(rules, [&] { return explain_by(given, rules); });
}

constexpr Argument kExplainArguments[] = {kModelArgument, kRulesArgument};

constexpr std::string_view kExplainExamples[] = {
    "rewrite-engine explain model.onnx equalization --stats ranges.json",
    "rewrite-engine explain model.json equalization --rule pair --node 'head/*'",
    "rewrite-engine explain model.onnx equalization --apply 1 -o mine.dsl",
};

}  // namespace

const Command kExplain = {
    .name = "explain",
    .summary = "tells why rules did not match, and what would help",
    .description =
        "Region by region, the nearest miss first, and rule by rule: the operators that a clause does not want, the "
        "way "
        "of a leak from a parent to the operator that pins it, conditions with the values that they saw. Then the "
        "smallest change that would have made it match and what it would unlock, found by trying it; rule files that "
        "ship are tried, too, before the given ones and in their place. Nothing is written but what --apply asks "
        "for.\n\nA change that teaches the law of an operator is a claim of yours: it is believed, not checked.",
    .arguments = kExplainArguments,
    .options = kExplainOptions,
    .examples = kExplainExamples,
    .run = explain,
};

}  // namespace rw::commands
