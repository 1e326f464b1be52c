// The command line: options in, one pipeline, an exit status out. 0 done, 1 a mistake in rules, model or statistics,
// 2 wrong usage, 3 refused.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "graph/error.hpp"
#include "graph/printable.hpp"
#include "runtime/apply_plan.hpp"
#include "runtime/library.hpp"
#include "runtime/report.hpp"
#include "runtime/text_file.hpp"
#include "runtime/vocabulary.hpp"

namespace {

using namespace rw;

enum Exit { kDone = 0, kMistake = 1, kUsage = 2, kRefused = 3 };

struct Options {
  std::string model, out, stats, json;
  std::vector<std::string> rules, only, skip_nodes, params;
  bool dry_run = false, exact = false, quiet = false;
};

struct UsageError {
  std::string message;
};

void define(CLI::App& app, Options& options) {
  app.add_option("MODEL", options.model, "the network: model.json or model.onnx")->required();
  app.add_option("RULES", options.rules, "rule files; a name without '/' and '.dsl' is one that ships: equalization")
      ->required();
  app.add_option(
      "-o,--out", options.out,
      "where the new model goes, .json or .onnx (default: the model's stem with .rewritten, in this folder)");
  app.add_option("--stats", options.stats, "per-channel ranges of activations, where the model holds none or old ones");
  app.add_flag("--dry-run", options.dry_run, "do everything but write");
  app.add_option("--only", options.only, "run only this rule (may be given several times)")->allow_extra_args(false);
  app.add_option("--skip-node", options.skip_nodes, "operators whose name matches this glob block (several times)")
      ->allow_extra_args(false);
  app.add_option("--param", options.params, "RULE.NAME=VALUE sets a parameter (several times)")
      ->allow_extra_args(false);
  app.add_flag("--exact", options.exact, "bit-exact: scales are powers of two, and every edited weight is checked");
  app.add_option("--json", options.json, "write the report as data to this file");
  app.add_flag("-q,--quiet", options.quiet, "no report on standard output");
  app.set_version_flag("--version", "rewrite-engine " RW_VERSION);
  app.footer("Example: rewrite-engine model.json equalization -o balanced.json");
}

const dsl::Rule& find_rule(const dsl::Program& program, const std::string& name, const char* option) {
  std::string known;
  for (const dsl::Rule& rule : program.rules) {
    if (rule.name == name) return rule;
    known += (known.empty() ? "" : ", ") + rule.name;
  }
  throw UsageError{
      fmt::format("{}: no rule '{}' in these files; there are: {}", option, name, known.empty() ? "none" : known)};
}

void set_param(const dsl::Program& program, const std::string& text, runtime::RunOptions& run) {
  const std::size_t equals = text.find('='), dot = text.rfind('.', equals);
  if (equals == std::string::npos || dot == std::string::npos)
    throw UsageError{fmt::format("--param {}: write RULE.NAME=VALUE", text)};
  const std::string rule_name = text.substr(0, dot), name = text.substr(dot + 1, equals - dot - 1),
                    value = text.substr(equals + 1);
  const dsl::Rule& rule = find_rule(program, rule_name, "--param");
  std::string known;
  for (const dsl::Param& param : rule.params)
    known += fmt::format("{}{} = {}", known.empty() ? "" : ", ", param.name, param.value);
  if (std::none_of(rule.params.begin(), rule.params.end(), [&](const dsl::Param& param) { return param.name == name; }))
    throw UsageError{fmt::format("--param: rule '{}' has no parameter '{}'; it has: {}", rule_name, name,
                                 known.empty() ? "none" : known)};
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || number - number != 0)
    throw UsageError{fmt::format("--param {}: '{}' is no number", text, value)};
  run.params[rule_name][name] = number;
}

runtime::RunOptions run_options(const Options& options, const dsl::Program& program) {
  runtime::RunOptions run{.only = options.only, .skip_nodes = options.skip_nodes, .exact = options.exact};
  for (const std::string& name : options.only) find_rule(program, name, "--only");
  for (const std::string& text : options.params) set_param(program, text, run);
  return run;
}

std::filesystem::path output_path(const Options& options) {
  const std::filesystem::path model = options.model;
  if (options.out.empty()) return model.stem().string() + ".rewritten" + model.extension().string();
  std::filesystem::path out = options.out;
  if (out.extension().empty()) out += model.extension();
  return out;
}

bool wants_colour() { return isatty(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr; }

int rewrite(const Options& options) {
  const auto start = std::chrono::steady_clock::now();
  const dsl::Loaded rules = dsl::load(options.rules, runtime::rule_library(), runtime::vocabulary());
  for (const dsl::Diagnostic& each : rules.diagnostics) fmt::print(stderr, "{}", dsl::draw(each, rules.sources));
  if (dsl::has_errors(rules.diagnostics)) return kMistake;
  const runtime::RunOptions run = run_options(options, rules.program);

  graph::Model model = graph::read_model(options.model);
  if (!options.stats.empty()) graph::read_statistics(options.stats, model);
  const runtime::Outcome outcome = runtime::run(model, rules.program, run);
  graph::Written written;
  if (outcome.certificate.holds) {
    const graph::Rewriting rewriting =
        runtime::apply_plan(outcome.analysis, outcome.plan, model.statistics, outcome.statistics);
    written = graph::write_model(model, rewriting, output_path(options), options.dry_run);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const runtime::ReportInput report{model, rules, outcome, written, seconds.count(), options.exact, options.dry_run};
  if (!options.json.empty()) runtime::write_text(options.json, runtime::json_report(report));
  if (!options.quiet || !outcome.certificate.holds) fmt::print("{}", runtime::text_report(report, wants_colour()));
  return outcome.certificate.holds ? kDone : kRefused;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Rewrites a neural network by the rules of a rule file; what it computes stays the same.",
               "rewrite-engine");
  Options options;
  define(app, options);
  try {
    app.parse(argc, argv);
    return rewrite(options);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return kUsage;
  } catch (const UsageError& error) {
    fmt::print(stderr, "rewrite-engine: {}\n", error.message);
    return kUsage;
  } catch (const graph::Error& error) {
    // Where an error names no file it is about the model: a value that cannot be scaled.
    fmt::print(stderr, "{}\n", graph::printable(error, options.model).what());
    return kMistake;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: does not fit into memory\n", options.model);
    return kMistake;
  }
}
