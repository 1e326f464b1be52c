// Any bytes as a plan, applied to a small model and taken back, and to its weights alone, with its checksums and
// without.
#include "graph/base/error.hpp"
#include "runtime/engine/apply.hpp"
#include "tests/fuzz/scratch.hpp"

namespace {

// A weight that two operators read, an activation with statistics, weights in a file of their own.
constexpr std::string_view kModel =
    R"({"format": "rewrite-engine/model", "version": 1, "weights": "pw.safetensors",
    "inputs": [{"name": "x", "shape": [1, 2]}], "outputs": ["y"], "nodes": [
    {"name": "g", "op": "Gemm", "inputs": ["x", "w"], "outputs": ["t"]},
    {"name": "r", "op": "Relu", "inputs": ["t"], "outputs": ["u"]},
    {"name": "h", "op": "Gemm", "inputs": ["u", "w"], "outputs": ["y"]}],
    "calibration": {"t": {"min": [0, 0], "max": [1, 2]}}})";

std::string weights() {
  const std::string head = R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}  )";
  std::string file(1, static_cast<char>(head.size()));
  return file + std::string(7, '\0') + head + std::string(16, '\x3f');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  static const std::string weight_file = fuzz::scratch_file("pw.safetensors", weights());
  static const std::string model_file = fuzz::scratch_file("pm.json", kModel);
  const std::string path = fuzz::scratch_file("plan.json", fuzz::text_of(data, size));
  for (const bool undo : {false, true}) {
    try {
      const graph::PlanFile plan = graph::read_plan(path);
      graph::to_json(plan);
      const dsl::Loaded laws = runtime::laws_of(plan);
      if (dsl::has_errors(laws.diagnostics)) continue;
      for (const bool unchecked : {false, true}) {
        const graph::ApplyOptions options{.undo = undo, .dry = true, .unchecked = unchecked};
        try {
          const graph::WeightFile file = {weight_file, "unused.safetensors"};
          graph::apply_to_weights(plan, std::span(&file, 1), options, [](const graph::AppliedWeights&) {});
        } catch (const graph::Error& error) {
          if (error.message.empty()) __builtin_trap();
        }
        graph::Model model = graph::read_model(model_file);
        const runtime::AppliedPlan applied =
            runtime::apply_to_model(plan, model, laws, "unused.json", options, [](const runtime::AppliedPlan&) {});
        if (!applied.certificate.holds && applied.certificate.why.empty()) __builtin_trap();
      }
    } catch (const graph::Error& error) {
      if (error.message.empty()) __builtin_trap();
    }
  }
  return 0;
}
