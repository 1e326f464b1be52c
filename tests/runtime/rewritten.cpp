#include "tests/runtime/rewritten.hpp"

#include <cmath>

#include "runtime/engine/apply_plan.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

Rewritten rewrite_through_files(const Net& net, const std::string& rules, const TemporaryFolder& folder,
                                const runtime::RunOptions& options) {
  return rewrite_file(net.save(folder.path(), "before"), rules, folder, "after.json", options);
}

Rewritten rewrite_file(const std::filesystem::path& model, const std::string& rules, const TemporaryFolder& folder,
                       const std::string& to, const runtime::RunOptions& options) {
  Rewritten result;
  std::vector<std::string> files = words(rules);
  if (rules.find('{') != std::string::npos) {
    files = {(folder / "test.dsl").string()};
    write_file(files[0], rules);
  }
  result.rules = dsl::load(files, runtime::rule_library(), runtime::vocabulary());
  REQUIRE_FALSE(dsl::has_errors(result.rules.diagnostics));
  result.before = graph::read_model(model);
  result.outcome = runtime::run(result.before, result.rules.program, options);
  INFO(result.outcome.certificate.why);
  REQUIRE(result.outcome.certificate.holds);
  const auto rewriting = runtime::apply_plan(result.outcome.analysis, result.outcome.plan, result.before.statistics,
                                             result.outcome.statistics);
  graph::write_model(result.before, rewriting, folder / to);
  result.after = graph::read_model(folder / to);
  return result;
}

namespace {

template <typename Visit>
void compare_outputs(const Net& net, const Rewritten& rewritten, int samples, Visit visit) {
  const graph::Network network = net.network();  // the one that was read may have been edited
  for (int sample = 0; sample < samples; ++sample) {
    const Arrays inputs = net.inputs(1000 + static_cast<std::uint64_t>(sample));
    const Arrays before = evaluate(network, inputs), after = evaluate(rewritten.after.network, inputs);
    for (const std::string& output : net.outputs()) visit(before.at(output), after.at(output));
  }
}

}  // namespace

runtime::RunOptions exactly() {
  runtime::RunOptions options;
  options.exact = true;
  return options;
}

double largest_difference(const Net& net, const Rewritten& rewritten, int samples) {
  double largest = 0;
  compare_outputs(net, rewritten, samples,
                  [&](const Array& a, const Array& b) { largest = std::max(largest, difference(a, b)); });
  return largest;
}

double rounding_noise(const Net& net, int samples) {
  const graph::Network network = net.network();
  Random random(7);
  double largest = 0;
  for (int sample = 0; sample < samples; ++sample) {
    const Arrays inputs = net.inputs(1000 + static_cast<std::uint64_t>(sample));
    const Arrays before = evaluate(network, inputs);
    for (int draw = 0; draw < 4; ++draw) {
      Arrays moved = inputs;
      for (const graph::Tensor& tensor : network.tensors()) {
        if (!tensor.constant || tensor.dtype != graph::DType::float32) continue;
        const Array& old = before.at(std::string(tensor.name));
        std::vector<float> values(old.floats().begin(), old.floats().end());
        for (float& value : values) value = std::nextafter(value, random.chance(0.5) ? INFINITY : -INFINITY);
        moved.emplace(std::string(tensor.name), Array(old.shape(), values));
      }
      const Arrays after = evaluate(network, moved);
      for (const std::string& output : net.outputs())
        largest = std::max(largest, difference(before.at(output), after.at(output)));
    }
  }
  return largest;
}

bool outputs_identical(const Net& net, const Rewritten& rewritten, int samples) {
  bool all = true;
  compare_outputs(net, rewritten, samples, [&](const Array& a, const Array& b) { all &= identical(a, b); });
  return all;
}

}  // namespace rw::test
