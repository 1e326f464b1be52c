// "Certified, and wrong": random rules on a random network, written, read again and compared with what the evaluator
// computed of the network before. The first bytes say how and by which rules, the others make the network.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "graph/values/elements.hpp"
#include "runtime/engine/apply_plan.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/report/report.hpp"
#include "tests/fuzz/grown_net.hpp"
#include "tests/fuzz/random_rules.hpp"
#include "tests/fuzz/rule_text.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

using namespace rw;
using test::Array;
using test::Arrays;

constexpr std::size_t kRuleBytes = 24;
constexpr double kTolerance = 1e-4;  // of outputs, where scales are no powers of two: weights are rounded once

// Reading rules takes longer than all the rest: the last few hundred are kept.
const dsl::Loaded& rules_of(std::span<const std::uint8_t> bytes) {
  static std::map<std::vector<std::uint8_t>, std::unique_ptr<dsl::Loaded>> known;
  if (known.size() > 300) known.clear();
  auto& entry = known[{bytes.begin(), bytes.end()}];
  if (!entry) {
    fuzz::Draw draw(bytes);
    entry = std::make_unique<dsl::Loaded>(fuzz::load_text_with_std(fuzz::random_rules(draw)));
  }
  return *entry;
}

const dsl::Loaded& shipped_rules(std::size_t number) {
  static const std::array<dsl::Loaded, 6> sets = {fuzz::load_shipped("equalization"), fuzz::load_shipped("wide"),
                                                  fuzz::load_shipped("cross_layer"),  fuzz::load_shipped("prepare"),
                                                  fuzz::load_shipped("smoothquant"),  fuzz::load_shipped("mixed")};
  return sets[number % sets.size()];
}

const dsl::Loaded* tried = nullptr;  // told with what is found

[[noreturn]] void finding(const std::string& what) {
  if (tried && tried->sources.size() > 0)
    std::fprintf(stderr, "%s\n", tried->sources[static_cast<std::uint32_t>(tried->sources.size() - 1)].text.c_str());
  std::fprintf(stderr, "FINDING: %s\n", what.c_str());
  std::abort();
}

bool same_bytes(const graph::Literal& a, const graph::Literal& b) {
  return a.bytes.size() == b.bytes.size() && std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

// A constant that was edited, or what is read as an edited copy.
bool is_edited(const graph::Tensor& constant, const graph::Network& after) {
  const auto now = after.find(constant.name);
  if (constant.constant &&
      (!now || !after.tensor(*now).constant || !same_bytes(*constant.constant, *after.tensor(*now).constant)))
    return true;
  const std::string copies = std::string(constant.name) + "@";
  return std::any_of(after.tensors().begin(), after.tensors().end(),
                     [&](const graph::Tensor& each) { return each.name.find(copies) != std::string_view::npos; });
}

// Constants that were edited, and those that operators make edited ones of.
std::set<graph::TensorId> edited_constants(const graph::Network& before, const graph::Network& after) {
  std::set<graph::TensorId> all;
  for (graph::TensorId id = 0; id < before.tensors().size(); ++id)
    if (is_edited(before.tensor(id), after)) all.insert(id);
  std::vector<graph::TensorId> open(all.begin(), all.end());
  while (!open.empty()) {
    const graph::OperatorId by = before.tensor(open.back()).producer;
    open.pop_back();
    if (by == graph::kNone) continue;
    for (const graph::TensorId input : before.op(by).inputs)
      if (input != graph::kNone && all.insert(input).second) open.push_back(input);
  }
  return all;
}

// The last bit of each number, up or down.
Array last_bits_moved(const Array& value, graph::DType dtype, test::Random& random) {
  std::vector<float> values(value.floats().begin(), value.floats().end());
  const double step = graph::size(dtype) == 2 ? 0x1p-8 : 0x1p-23;  // bfloat16 has 8 bits
  for (float& each : values) each *= static_cast<float>(1 + (random.chance(0.5) ? step : -step));
  return Array(value.shape(), values);
}

// How far the outputs of the network move where the last bits of all constants that were edited move, and of all that
// operators compute: rounding alone.
double rounding_noise(const test::Net& net, const graph::Network& before, const graph::Network& after) {
  test::Random random(7);
  const Arrays inputs = net.inputs(0), old = test::evaluate(before, inputs);
  const std::set<graph::TensorId> edited = edited_constants(before, after);
  const auto rounded = [&](const graph::Tensor&, Array value) {
    return value.is_float() ? last_bits_moved(value, graph::DType::float32, random) : value;
  };
  double largest = 0;
  for (int i = 0; i < 4; ++i) {
    Arrays moved = inputs;
    for (const graph::TensorId id : edited) {
      const graph::Tensor& tensor = before.tensor(id);
      if (!tensor.constant || tensor.producer != graph::kNone || !graph::floating(tensor.dtype)) continue;
      const std::string name(tensor.name);
      moved.emplace(name, last_bits_moved(old.at(name), tensor.dtype, random));
    }
    const Arrays now = rw::evaluator::evaluate(before, moved, rounded);
    for (const std::string& output : net.outputs())
      largest = std::max(largest, test::difference(old.at(output), now.at(output)));
  }
  return largest;
}

// What is computed in float16 may come so near to 0 that a scaled value has fewer digits than the value, whatever the
// scale: no rounding of weights is in that. Types are those that a run has inferred.
bool computes_halves(const graph::Network& network) {
  return std::any_of(network.tensors().begin(), network.tensors().end(), [](const graph::Tensor& each) {
    return !each.constant && each.producer != graph::kNone && each.dtype == graph::DType::float16;
  });
}

// The evaluator computes in float, whatever the network computes in.
bool beyond_float(const graph::Network& network) {
  return std::any_of(network.tensors().begin(), network.tensors().end(), [](const graph::Tensor& each) {
    if (!each.constant || each.dtype != graph::DType::float64) return false;
    bool beyond = false;
    graph::for_each_element(*each.constant, [&](std::size_t, double value) {
      const double size = std::fabs(value);
      beyond |= size > std::numeric_limits<float>::max() || (size > 0 && size < std::numeric_limits<float>::min());
    });
    return beyond;
  });
}

void compare(const test::Net& net, const graph::Network& after, bool exact, const std::filesystem::path& original) {
  if (beyond_float(after)) return;
  const Arrays now = test::evaluate(after, net.inputs(0));
  for (const std::string& output : net.outputs()) {
    const double moved = test::difference(now.at(output), net.value(output));
    if (moved <= (exact ? 0 : kTolerance)) continue;
    const double noise = exact ? 0 : rounding_noise(net, graph::read_model(original).network, after);
    if (!exact && moved <= 100 * noise) continue;
    finding("output '" + output + "' moves by " + std::to_string(moved) +
            " of its largest value, of which rounding is " + std::to_string(noise));
  }
}

// Nothing where a formula asks for what no scale can be, or --exact forbids an action.
std::optional<runtime::Outcome> run(graph::Model& model, const dsl::Loaded& rules, bool exact) {
  try {
    return runtime::run(model, rules.program, {.exact = exact});
  } catch (const graph::Error& error) {
    if (error.message.empty()) finding("an error without a message");
  } catch (const runtime::Refusal& refusal) {
    if (refusal.message.empty()) finding("a refusal without a message");
  }
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kRuleBytes + 8) return 0;
  const std::span<const std::uint8_t> bytes(data, size);
  fuzz::Draw how(bytes.first(4));
  const std::uint8_t form = how.byte(), format = how.byte(), nested = how.byte();
  const dsl::Loaded& rules = form < 64 ? shipped_rules(form) : rules_of(bytes.subspan(4, kRuleBytes));
  tried = &rules;
  for (const dsl::Diagnostic& each : rules.diagnostics)  // a formula may be a number that no scale can be
    if (each.code == "out-of-range")
      return 0;
    else if (each.severity == dsl::Severity::error)
      finding("rules with a mistake: " + dsl::draw(each, rules.sources));

  fuzz::Draw draw(bytes.subspan(kRuleBytes + 4));
  fuzz::GrownNet grown(draw);
  grown.grow();
  test::Net& net = grown.net();
  if (how.chance(200)) net.calibrate(1, form % 8 == 0 ? -1 : 1);

  static const std::filesystem::path folder = std::filesystem::path(fuzz::scratch_file("unused", "")).parent_path();
  const auto before = grown.save(folder, "before", nested < 32 ? std::optional<std::uint64_t>(nested) : std::nullopt);
  const std::filesystem::path after = folder / (format < 200 ? "after.json" : "after.onnx");
  // Where results jump, only what is exact can be compared.
  const bool exact = grown.steps() || form % 2 == 0;
  try {
    graph::Model model = graph::read_model(before);
    const std::optional<runtime::Outcome> outcome = run(model, rules, exact);
    if (!outcome) return 0;
    if (!outcome->certificate.holds) finding("not certified: " + outcome->certificate.why);
    const graph::Rewriting rewriting =
        runtime::apply_plan(outcome->analysis, outcome->plan, model.statistics, outcome->statistics);
    const graph::Written written = graph::write_model(model, rewriting, after);
    const runtime::ReportInput report{model, rules, *outcome, written};
    if (runtime::text_report(report, false).empty() || runtime::json_report(report).empty()) finding("no report");
    for (const runtime::RuleOutcome& rule : outcome->rules)
      if (!rule.approximate.empty()) return 0;
    const bool halves = computes_halves(model.network);
    if (halves && grown.steps()) return 0;
    compare(net, graph::read_model(after).network, exact && !halves, before);
  } catch (const std::runtime_error& error) {  // a file that cannot be written, read again, or computed
    finding(error.what());
  }
  return 0;
}
