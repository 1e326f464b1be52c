// The small one-operator networks of tests/data/operators.txt (which says how they are written), as ONNX files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "graph/values/dtype.hpp"
#include "tests/support/onnx_file.hpp"

namespace rw::test {

// TYPE[DIMS]{VALUES}: an input of the network or a constant.
struct Operand {
  graph::DType type = graph::DType::undefined;  // undefined: texts
  onnx::Dims dims;
  std::vector<double> values;  // as many as dims say; of texts none
  bool constant = false;
  std::string bytes() const;  // the values as elements of the type
};

// What must be known of an output where every input has a shape: its dimensions, its rank, nothing but its type,
// nothing.
enum class Known : std::uint8_t { dims, rank, type, nothing };

struct OperatorLine {
  std::string text;  // "Relu f32[2,3,4] -> y"
  std::string op;    // as in Network::type_name
  int opset = 21;
  std::vector<std::optional<Operand>> inputs;
  std::vector<std::optional<Known>> outputs;  // nothing: absent
  onnx::Parts attributes;
};

// One for each operator of each line.
std::vector<OperatorLine> operator_lines();

// How a line is put into a file: as it stands; whole constants as inputs; the dimensions, or the shapes, of inputs not
// said; other floats for float32.
enum class Spelling : std::uint8_t { plain, fed, any_dims, any_shape, halves, doubles };
inline constexpr Spelling kSpellings[] = {Spelling::plain,     Spelling::fed,    Spelling::any_dims,
                                          Spelling::any_shape, Spelling::halves, Spelling::doubles};
OperatorLine spelled(OperatorLine line, Spelling spelling);
std::string input_name(std::size_t slot);   // "x0"
std::string output_name(std::size_t slot);  // "y0"
// Types and shapes of outputs are not said in it.
onnx::Message onnx_model(const OperatorLine& line, Spelling spelling);

}  // namespace rw::test
