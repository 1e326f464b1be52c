// What forms say of the element types and shapes of all outputs, against the evaluator; ONNX Runtime judges the same
// networks in tests/onnxruntime.
#include <fmt/format.h>

#include <set>

#include "graph/model.hpp"
#include "graph/operators/infer.hpp"
#include "runtime/evaluator/evaluate.hpp"
#include "runtime/evaluator/literal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/operator_lines.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

graph::Model inferred(const OperatorLine& line, Spelling spelling, const TemporaryFolder& folder) {
  write_file(folder / "m.onnx", onnx_model(line, spelling));
  graph::Model model = graph::read_model(folder / "m.onnx");
  graph::infer_shapes(model.network, graph::Forms(model.network));
  return model;
}

const graph::Tensor& output_of(const graph::Model& model, std::size_t slot) {
  return model.network.tensor(*model.network.find(output_name(slot)));
}

// Where it knows the operator in this form.
std::optional<evaluator::Arrays> evaluated(const graph::Network& network, const OperatorLine& line) {
  evaluator::Arrays inputs;
  for (std::size_t slot = 0; slot < line.inputs.size(); ++slot) {
    const auto& each = line.inputs[slot];
    if (!each || each->constant) continue;
    if (each->type == graph::DType::undefined) return std::nullopt;
    const std::string bytes = each->bytes();
    inputs[input_name(slot)] = evaluator::read_literal(
        {each->type, graph::Shape(each->dims), std::as_bytes(std::span(bytes.data(), bytes.size()))});
  }
  try {
    return evaluator::evaluate(network, inputs);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// Those whose outputs nothing but the model says: what stands in a graph or a sequence, pictures and texts.
const std::set<std::string_view> kUnsaid = {"If",
                                            "Loop",
                                            "Scan",
                                            "SequenceMap",
                                            "SequenceAt",
                                            "SequenceEmpty",
                                            "SequenceErase",
                                            "SequenceInsert",
                                            "SequenceConstruct",
                                            "SequenceLength",
                                            "SplitToSequence",
                                            "ConcatFromSequence",
                                            "Optional",
                                            "OptionalGetElement",
                                            "ImageDecoder",
                                            "StringConcat",
                                            "StringNormalizer"};

}  // namespace

TEST_CASE("Every operator has a line in tests/data/operators.txt, and every line an operator") {
  std::set<std::string_view> known;
  const std::vector<OperatorLine> lines = operator_lines();
  for (const OperatorLine& line : lines) {
    INFO(line.text);
    CHECK(graph::find_form(line.op) != nullptr);
    known.insert(line.op);
  }
  for (const graph::Form& form : graph::forms()) {
    INFO(form.op);
    CHECK((known.count(form.op) == 1) != (kUnsaid.count(form.op) == 1));
  }
}

TEST_CASE("Types of all outputs follow from those of the inputs, shapes from shapes and constants") {
  const TemporaryFolder folder;
  for (const OperatorLine& line : operator_lines()) {
    for (const Spelling spelling : kSpellings) {
      const graph::Model model = inferred(line, spelling, folder);
      for (std::size_t slot = 0; slot < line.outputs.size(); ++slot) {
        if (!line.outputs[slot] || *line.outputs[slot] == Known::nothing) continue;
        INFO(line.text << ", spelling " << static_cast<int>(spelling) << ", output " << slot);
        const graph::Tensor& output = output_of(model, slot);
        CHECK(output.dtype != graph::DType::undefined);
        if (spelling == Spelling::fed || spelling == Spelling::any_dims || spelling == Spelling::any_shape) continue;
        if (*line.outputs[slot] != Known::type) CHECK(output.shape.known());
        if (*line.outputs[slot] == Known::dims) CHECK(output.shape.count().has_value());
      }
    }
  }
}

TEST_CASE("Shapes of all outputs are those that the evaluator computes, as far as they are known") {
  const TemporaryFolder folder;
  std::size_t judged = 0;
  for (const OperatorLine& line : operator_lines()) {
    for (const Spelling spelling : {Spelling::plain, Spelling::fed, Spelling::any_dims, Spelling::any_shape}) {
      const graph::Model model = inferred(line, spelling, folder);
      const auto values = evaluated(model.network, spelled(line, spelling));
      if (!values) continue;
      for (std::size_t slot = 0; slot < line.outputs.size(); ++slot) {
        const auto value = values->find(output_name(slot));
        if (!line.outputs[slot] || value == values->end()) continue;
        INFO(line.text << ", spelling " << static_cast<int>(spelling) << ", output " << slot);
        const graph::Tensor& output = output_of(model, slot);
        CHECK(graph::floating(output.dtype) == value->second.is_float());
        if (!output.shape.known()) continue;
        evaluator::Dims right = value->second.shape();
        if (output.shape.any_front()) {  // only the axes behind the first are said
          right.erase(right.begin(), right.end() - output.shape.rank() + 1);
          right.insert(right.begin(), -1);
        }
        REQUIRE(static_cast<std::size_t>(output.shape.rank()) == right.size());
        for (std::size_t i = 0; i < right.size(); ++i) {
          const std::int64_t dim = output.shape[static_cast<int>(i)];
          CHECK((dim < 0 || dim == right[i]));
        }
        ++judged;
      }
    }
  }
  CHECK(judged > 400);
}
