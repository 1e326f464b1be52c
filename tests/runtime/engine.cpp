#include "tests/runtime/engine.hpp"

#include <iterator>
#include <sstream>

#include "runtime/engine/apply_plan.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {

runtime::Certificate certificate_of(const runtime::Analysis& analysis, const runtime::Plan& plan) {
  const graph::Rewriting rewriting = runtime::apply_plan(analysis, plan, {}, {});
  return runtime::certify(analysis, graph::Rewritten(*analysis.network, rewriting), plan.scales(), plan.shifts());
}

graph::Model with_statistics(const Net& net, const std::string& entries) {
  const TemporaryFolder folder;
  graph::Model model = graph::read_model(net.save(folder.path(), "m"));
  write_file(folder / "s.json", "{" + entries + "}");
  graph::read_statistics(folder / "s.json", model);
  return model;
}

std::string report_of(const Engine& engine) {
  const graph::Written nothing;
  return runtime::text_report(
      {.model = engine.model(), .rules = engine.rules(), .outcome = engine.outcome(), .written = nothing}, false);
}

std::string data_of(const Engine& engine) {
  const graph::Written nothing;
  return runtime::json_report(
      {.model = engine.model(), .rules = engine.rules(), .outcome = engine.outcome(), .written = nothing});
}

const char* const kTakeAll = R"(
set weighted = Conv, ConvTranspose, Gemm, MatMul, BatchNormalization, Mul
set carrying = Relu, LeakyRelu, PRelu, Clip, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool, LpPool, Identity, Dropout,
           Pad, Add, Sum, Concat, ReduceMean, Abs, Neg
rule widest {
  region r {
    parents weighted as p
    through carrying
    may join Add, Sum, Concat, Sub, Max
    children weighted as c
    leak pin
  }
  do scale(p, 2)
}
)";

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

Engine::Engine(const Net& net, const std::string& rules, const runtime::RunOptions& options)
    : Engine(net.model(), rules, options) {}

Engine::Engine(graph::Model model, const std::string& rules, const runtime::RunOptions& options)
    : model_(std::move(model)) {
  dsl::Library library = runtime::rule_library();
  const bool is_text = rules.find('{') != std::string::npos;
  if (is_text)
    library.read = [&](const std::string& path, std::string& why) -> std::optional<std::string> {
      why = "no such file";
      return path == "test.dsl" ? std::optional(rules) : std::nullopt;
    };
  rules_ = dsl::load(is_text ? std::vector<std::string>{"test.dsl"} : words(rules), library, runtime::vocabulary());
  for (const dsl::Diagnostic& each : rules_.diagnostics) UNSCOPED_INFO(dsl::draw(each, rules_.sources));
  REQUIRE_FALSE(dsl::has_errors(rules_.diagnostics));
  outcome_ = std::make_unique<runtime::Outcome>(runtime::run(model_, rules_.program, options));
  INFO(outcome_->certificate.why);
  CHECK(outcome_->certificate.holds);
}

graph::TensorId Engine::tensor(const std::string& name) const {
  const auto found = model_.network.find(name);
  INFO("tensor " << name);
  REQUIRE(found);
  return *found;
}

const runtime::RegionOutcome* Engine::region_of(const std::string& name) const {
  const auto region = outcome_->regions.region_of(tensor(name));
  if (!region) return nullptr;
  for (const auto& each : outcome_->visited)
    if (each.region == *region) return &each;
  return nullptr;
}

std::string Engine::rule_of(const std::string& name) const {
  const auto* region = region_of(name);
  return region && region->taken_by != graph::kNone ? rules_.program.rules[region->taken_by].name : "";
}

std::vector<double> Engine::scale(const std::string& name) const {
  const graph::TensorId id = tensor(name);
  if (const auto* scale = outcome_->plan.scale_of(id)) return *scale;
  return std::vector<double>(outcome_->analysis.channels.count(id), 1.0);
}

std::vector<std::string> Engine::names(std::span<const graph::OperatorId> ops) const {
  std::vector<std::string> all;
  for (const graph::OperatorId op : ops) all.emplace_back(model_.network.op(op).name);
  return all;
}

std::vector<std::string> Engine::parents(const std::string& name) const {
  const auto region = outcome_->regions.region_of(tensor(name));
  return region ? names(outcome_->regions[*region].parents) : std::vector<std::string>{};
}

std::vector<std::string> Engine::children(const std::string& name) const {
  const auto region = outcome_->regions.region_of(tensor(name));
  return region ? names(outcome_->regions[*region].children) : std::vector<std::string>{};
}

std::string Engine::reason(const std::string& name) const {
  const auto* region = region_of(name);
  if (!region || region->taken_by != graph::kNone) return "";
  const graph::Written written;
  return runtime::reason({model_, rules_, *outcome_, written}, *region);
}

bool Engine::same_region(const std::string& a, const std::string& b) const {
  const auto first = outcome_->regions.region_of(tensor(a)), second = outcome_->regions.region_of(tensor(b));
  return first && first == second;
}

}  // namespace rw::test
