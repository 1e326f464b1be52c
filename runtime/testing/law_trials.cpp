#include "runtime/testing/law_trials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>

#include "graph/base/parallel.hpp"
#include "graph/operators/infer.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/evaluator/compare.hpp"
#include "runtime/evaluator/evaluate.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/testing/meanings.hpp"
#include "runtime/trials/clock.hpp"
#include "runtime/trials/draw.hpp"
#include "runtime/trials/shrink.hpp"
#include "runtime/written/written_network.hpp"

namespace rw::runtime {
namespace {

using trials::Choices, trials::Instance, trials::InstanceOp, trials::InstanceTensor;

constexpr double kTolerance = 1e-4;  // of an output's largest value: weights are rounded to float32
constexpr const char* kFile = "./law.dsl";

// What every channel that may have a scale gets one by. Of several channels that are tied the last one counts.
constexpr std::string_view kRule = R"(rule law_of_it(k = {}) {{
  region r {{
    parents  law linear as p
    through  law pass, law bounded, law view, law split, law slice, law gather, law product, law contract
    may join law join, law concat, law product, law contract
    children law linear, law affine
    leak     pin
  }}
  do scale(p, pow(across(max, channel(p)) + 2, k))
}}
)";

std::optional<dsl::Loaded> loaded(const std::string& text) {
  dsl::Library library = rule_library();
  library.read = [&](const std::string&, std::string&) { return std::optional(text); };
  dsl::Loaded rules = dsl::load({kFile}, library, vocabulary());
  return dsl::has_errors(rules.diagnostics) ? std::nullopt : std::optional(std::move(rules));
}

// What an operator of a law may read, as a pattern says it; the simplest first.
std::vector<std::string_view> operands_of(std::string_view law) {
  if (law == "linear" || law == "affine" || law == "normalize")
    return {"x, constant w", "x, constant w, constant b", "x, constant w, constant b, constant m, constant v"};
  if (law == "join" || law == "concat" || law == "product" || law == "contract") return {"x, z", "x, constant w"};
  return {"x", "x, constant w", "x, z"};
}

// Linear operators before the inputs of a drawn network and behind its outputs.
class Between {
 public:
  explicit Between(Instance inner) : inner_(std::move(inner)) {}

  Instance make() {
    graph::Network network = trials::network_of(inner_);
    graph::infer_shapes(network, graph::Forms(network));
    out_ = inner_;
    out_.tensors.clear();
    out_.ops.clear();
    out_.outputs.clear();
    for (const InstanceTensor& tensor : inner_.tensors) parent(tensor);
    out_.ops.insert(out_.ops.end(), inner_.ops.begin(), inner_.ops.end());
    for (const std::string& output : inner_.outputs) {
      const graph::Tensor& tensor = network.tensor(*network.find(output));
      const auto dims = tensor.shape.known() ? tensor.shape.dims() : std::span<const std::int64_t>();
      child(output, {dims.begin(), dims.end()}, tensor.dtype);
    }
    return std::move(out_);
  }

 private:
  static bool has_channels(const trials::Dims& shape, graph::DType dtype) {
    return dtype == graph::DType::float32 && shape.size() >= 2 && shape.size() <= 5 &&
           std::all_of(shape.begin(), shape.end(), [](std::int64_t dim) { return dim > 0; });
  }

  // [outputs, inputs, 1, ...] of a Conv, [inputs, outputs] of a Gemm. None is 0, and channels mix.
  std::string weight(const std::string& name, std::size_t rank, std::int64_t outputs, std::int64_t inputs) {
    InstanceTensor tensor{name + "_w", {}, graph::DType::float32, true, {}};
    tensor.shape = rank == 2 ? trials::Dims{inputs, outputs} : trials::Dims(rank, 1);
    if (rank > 2) tensor.shape[0] = outputs, tensor.shape[1] = inputs;
    for (std::int64_t i = 0; i < outputs * inputs; ++i)
      tensor.values.push_back(static_cast<double>((i * 7 + 3) % 11 - 5) / 5 + (i % 2 == 0 ? 0.1 : -0.1));
    out_.tensors.push_back(tensor);
    return tensor.name;
  }

  void linear(const std::string& from, const std::string& to, std::size_t rank, std::int64_t outputs,
              std::int64_t inputs) {
    const std::string weights = weight(to, rank, outputs, inputs);
    out_.ops.push_back({rank == 2 ? "Gemm" : "Conv", to, {from, weights}, {to}, {}});
  }

  void parent(const InstanceTensor& tensor) {
    if (tensor.constant || !has_channels(tensor.shape, tensor.dtype)) {
      out_.tensors.push_back(tensor);
      return;
    }
    InstanceTensor input = tensor;
    input.name = "in_" + tensor.name;
    out_.tensors.push_back(input);
    linear(input.name, tensor.name, tensor.shape.size(), tensor.shape[1], tensor.shape[1]);
  }

  void child(const std::string& tensor, const trials::Dims& shape, graph::DType dtype) {
    if (!has_channels(shape, dtype)) {
      out_.outputs.push_back(tensor);
      return;
    }
    out_.outputs.push_back("out_" + tensor);
    linear(tensor, out_.outputs.back(), shape.size(), 2, shape[1]);
  }

  Instance inner_, out_;
};

class LawTrier {
 public:
  LawTrier(const dsl::LawBinding& binding, const dsl::Program& program, const evaluator::Meanings& meanings,
           const trials::DrawLimits& limits)
      : binding_(binding), program_(program), meanings_(meanings), limits_(limits) {
    out_.binding = &binding;
    const std::string_view law = laws()[binding.law]->name;
    for (const std::string_view operands : operands_of(law)) {
      const std::string drawn = stand_in(operands);
      if (drawn.empty()) continue;
      if (auto rules =
              loaded(fmt::format("rule q {{ match {{ y = {}({}) }} replace {{ y = x }} }}\n", drawn, operands)))
        patterns_.push_back(std::move(*rules));
    }
    for (const char* const k : {"1", "-1"})
      if (auto rules = loaded(fmt::format(fmt::runtime(kRule), k))) scaling_.push_back(std::move(*rules));
  }

  TriedLaw run() {
    if (patterns_.empty() || scaling_.size() < 2) return out_;
    const double began = trials::thread_seconds();
    std::size_t draws = 0;
    for (std::uint64_t seed = 1; draws < limits_.draws && out_.accepted < limits_.accepted; ++seed, ++draws) {
      if (trials::thread_seconds() - began > limits_.seconds) break;
      Choices choices(seed);
      const Attempt made = attempt(choices);
      if (!made.accepted) continue;
      ++out_.accepted;
      out_.largest = std::max(out_.largest, made.difference);
      if (made.difference <= kTolerance) continue;
      ++out_.differing;
      if (!smallest_.empty() && made.instance.size() >= best_.instance.size()) continue;
      smallest_ = choices.made();
      best_ = made;
    }
    if (out_.differing > 0) make_small();
    return out_;
  }

 private:
  // What is drawn in the place of an operator: its own form; of an operator of the user's own that of the one that it
  // means, or one with as many operands that makes what has the shape of the first. Empty: there is none.
  std::string stand_in(std::string_view operands) const {
    if (graph::find_form(binding_.op)) return binding_.op;
    const auto meaning = meanings_.find(binding_.op);
    if (meaning == meanings_.end()) return "";
    if (meaning->second.body == nullptr) return meaning->second.as;
    const auto given = static_cast<std::size_t>(std::count(operands.begin(), operands.end(), ',')) + 1;
    if (given != meaning->second.params.size() || given > 2) return "";
    return given == 1 ? "Identity" : "Add";
  }

  // The operator itself in the place of what was drawn for it.
  void put_in(Instance& instance) const {
    for (InstanceOp& op : instance.ops)
      if (op.outputs[0] == "y" && op.type != binding_.op) op.type = binding_.op;
  }

  struct Attempt {
    Instance instance;
    std::size_t scaling = 0;
    bool accepted = false;
    double difference = 0;
  };

  Attempt attempt(Choices& choices) const {
    Attempt out;
    try {
      const auto& pattern = patterns_[choices.below(static_cast<std::uint32_t>(patterns_.size()))].program.rules[0];
      out.scaling = choices.below(2);
      const double magnitude = std::array{1.0, 8.0}[choices.below(2)];
      out.instance = Between(trials::draw(pattern, {}, program_.laws, choices)).make();
      put_in(out.instance);
      judge(out, magnitude);
    } catch (const std::runtime_error&) {  // no network, or none that the evaluator can compute: it is not accepted
    } catch (const Refusal&) {
    }
    return out;
  }

  void judge(Attempt& out, double magnitude) const {
    dsl::Program program;
    program.laws = program_.laws;
    program.rules = {scaling_[out.scaling].program.rules[0]};
    graph::Model model;
    model.network = trials::network_of(out.instance);
    const Outcome outcome = runtime::run(model, program, {});
    if (!obeys(outcome.analysis) || !outcome.certificate.holds) return;
    const bool scaled = std::any_of(outcome.visited.begin(), outcome.visited.end(), [](const RegionOutcome& each) {
      return std::any_of(each.scales.begin(), each.scales.end(), [](double scale) { return scale != 1; });
    });
    if (!scaled) return;
    const graph::Network before = trials::network_of(out.instance);
    const graph::Network after = written_network(graph::Rewritten(model.network, outcome.rewriting));
    for (std::uint64_t sample = 0; sample < 2; ++sample) {
      const evaluator::Arrays inputs = inputs_of(out.instance, magnitude, sample);
      const evaluator::Arrays old = evaluator::evaluate(before, inputs, {}, meanings_),
                              now = evaluator::evaluate(after, inputs, {}, meanings_);
      for (const std::string& output : out.instance.outputs) {
        if (!is_finite(old.at(output))) return;  // 0 / 0, a window of padding alone: nobody can compare that
        const double by = evaluator::difference(old.at(output), now.at(output));
        out.difference = std::max(out.difference, std::isnan(by) ? 0.0 : by);
      }
    }
    out.accepted = true;
  }

  static bool is_finite(const evaluator::Array& array) {
    const std::vector<float> values = array.to_floats();
    return std::all_of(values.begin(), values.end(), [](float each) { return std::isfinite(each); });
  }

  // The operator of the line that is tried obeys it here.
  bool obeys(const Analysis& analysis) const {
    for (std::uint32_t op = 0; op < analysis.operators.size(); ++op)
      if (analysis.network->type_of(op) == binding_.op && analysis.holds(op) &&
          &analysis.law(op) == laws()[binding_.law])
        return true;
    return false;
  }

  static evaluator::Arrays inputs_of(const Instance& instance, double magnitude, std::uint64_t sample) {
    evaluator::Arrays out;
    std::mt19937_64 random(sample + 1);
    for (const InstanceTensor& tensor : instance.tensors) {
      if (tensor.constant) continue;
      std::size_t count = 1;
      for (const std::int64_t dim : tensor.shape) count *= static_cast<std::size_t>(dim);
      if (graph::floating(tensor.dtype)) {
        std::vector<float> values(count);
        for (float& value : values)
          value = static_cast<float>(magnitude * (static_cast<double>(random() >> 11U) / 4503599627370496.0 - 1));
        out[tensor.name] = {tensor.shape, std::move(values)};
      } else {
        std::vector<std::int64_t> values(count);
        for (std::int64_t& value : values) value = static_cast<std::int64_t>(random() % 2);
        out[tensor.name] = {tensor.shape, std::move(values)};
      }
    }
    return out;
  }

  // ---- the smallest that differs

  bool still_differs(const std::vector<std::uint32_t>& choices) {
    Choices played(choices);
    Attempt made = attempt(played);
    if (!made.accepted || made.difference <= kTolerance) return false;
    if (!trials::is_smaller(made.instance.size(), choices, best_.instance.size(), smallest_)) return false;
    smallest_ = choices;
    smallest_.resize(std::min(smallest_.size(), played.used()));
    best_ = std::move(made);
    return true;
  }

  void make_small() {
    const double began = trials::thread_seconds();
    trials::shrink(
        smallest_, [&](const std::vector<std::uint32_t>& choices) { return still_differs(choices); },
        [&] { return trials::thread_seconds() - began < limits_.seconds; });
    const dsl::Loaded& scaling = scaling_[best_.scaling];
    out_.counterexample =
        fmt::format("{}\ntest law_of_it \"the network computes the same\" {{\n{}  expect match\n}}\n",
                    scaling.sources[scaling.program.rules[0].at.source].text, trials::lines_of(best_.instance));
  }

  const dsl::LawBinding& binding_;
  const dsl::Program& program_;
  const evaluator::Meanings& meanings_;
  trials::DrawLimits limits_;
  std::vector<dsl::Loaded> patterns_, scaling_;
  std::vector<std::uint32_t> smallest_;
  Attempt best_;
  TriedLaw out_;
};

bool is_shipped(const std::string& file) { return file.find('/') == std::string::npos && !file.ends_with(".dsl"); }

}  // namespace

std::vector<TriedLaw> try_laws(const dsl::Loaded& rules, const trials::DrawLimits& limits) {
  std::vector<TriedLaw> out;
  const Meanings meanings(rules.program.meanings);
  for (const dsl::LawBinding& each : rules.program.laws) {
    const Law& law = *laws()[each.law];
    const bool scales = law.offers || law.absorbs || law.ties_channels;
    if (scales && law.name != "shape" && meanings.knows(each.op) && !is_shipped(rules.sources[each.at.source].name))
      out.push_back({.binding = &each});
  }
  graph::parallel_for_parts(out.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      out[i] = LawTrier(*out[i].binding, rules.program, meanings.all(), limits).run();
  });
  return out;
}

dsl::Diagnostics wrong_laws(std::span<const TriedLaw> tried) {
  dsl::Diagnostics out;
  for (const TriedLaw& each : tried)
    if (each.differing > 0)
      out.push_back(
          {dsl::Severity::error, "wrong-law", each.binding->at,
           fmt::format("law {} is not true of {}: in {} of {} networks that were drawn an output moves, by up "
                       "to {:.2g} of its largest value",
                       laws()[each.binding->law]->name, each.binding->op, each.differing, each.accepted, each.largest),
           "take it out, or say behind `where` when it is true"});
  return out;
}

}  // namespace rw::runtime
