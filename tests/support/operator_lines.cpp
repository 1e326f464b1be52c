#include "tests/support/operator_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "runtime/evaluator/literal.hpp"
#include "tests/support/paths.hpp"

namespace rw::test {
namespace {

using graph::DType;

const std::map<std::string, DType> kTypes = {
    {"f32", DType::float32}, {"f16", DType::float16}, {"f64", DType::float64}, {"b", DType::boolean},
    {"i8", DType::int8},     {"u8", DType::uint8},    {"i16", DType::int16},   {"u16", DType::uint16},
    {"i32", DType::int32},   {"u32", DType::uint32},  {"i64", DType::int64},   {"u64", DType::uint64},
    {"s", DType::undefined},
};

constexpr int kString = 8;  // TensorProto.DataType

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t end; (end = text.find(by, at)) != std::string::npos; at = end + by.size())
    if (end > at) parts.push_back(text.substr(at, end - at));
  if (at < text.size()) parts.push_back(text.substr(at));
  return parts;
}

template <typename Number>
std::vector<Number> numbers(const std::string& text) {  // "1,2"
  std::vector<Number> list;
  for (const std::string& each : split(text, ",")) list.push_back(static_cast<Number>(std::stod(each)));
  return list;
}

// What stands between two characters; "" where they do not stand there.
std::string between(const std::string& text, char open, char close) {
  const std::size_t first = text.find(open);
  return first == std::string::npos ? "" : text.substr(first + 1, text.find(close, first) - first - 1);
}

Operand operand(std::string text) {
  Operand read;
  read.constant = text[0] == '=';
  if (read.constant) text.erase(0, 1);
  read.type = kTypes.at(text.substr(0, text.find('[')));
  read.dims = numbers<std::int64_t>(between(text, '[', ']'));
  read.values = numbers<double>(between(text, '{', '}'));
  if (!read.values.empty()) return read;
  std::int64_t count = 1;
  for (const std::int64_t dim : read.dims) count *= dim;
  for (std::int64_t i = 0; i < count; ++i)
    read.values.push_back(read.type == DType::float32 ? 0.25 * static_cast<double>(1 + i % 7) : 1);
  return read;
}

onnx::Message attribute(const std::string& text) {
  const std::string name = text.substr(0, text.find('=')), value = text.substr(name.size() + 1);
  const bool is_list = value[0] == '[', real = value.find('.') != std::string::npos;
  const bool numeric = value.find_first_not_of("-0123456789.,[]") == std::string::npos &&
                       value.find_first_of("0123456789") != std::string::npos;
  if (!numeric && value.find('[') != std::string::npos) {
    const Operand held = operand(value);
    return onnx::attribute_tensor(name, onnx::tensor("", graph::row(held.type).onnx, held.dims, held.bytes()));
  }
  if (!numeric) return onnx::attribute_text(name, value);
  if (!is_list && real) return onnx::attribute(name, std::stof(value));
  if (!is_list) return onnx::attribute(name, std::int64_t{std::stoll(value)});
  if (!real) return onnx::attribute(name, numbers<std::int64_t>(between(value, '[', ']')));
  onnx::Message list = onnx::bytes(1, name);
  for (const float each : numbers<float>(between(value, '[', ']'))) list += onnx::real(7, each);
  return list + onnx::number(20, 6);
}

std::optional<Known> known(const std::string& text) {
  if (text == "_") return std::nullopt;
  const std::map<char, Known> marks = {{'?', Known::rank}, {'*', Known::type}, {'!', Known::nothing}};
  const auto mark = marks.find(text.back());
  return mark == marks.end() ? Known::dims : mark->second;
}

void read_line(const std::string& text, std::vector<OperatorLine>& lines) {
  const std::vector<std::string> parts = split(text, " ; ");
  const std::size_t arrow = parts.at(0).find(" -> ");
  if (arrow == std::string::npos) throw std::runtime_error("no arrow: " + text);
  const std::vector<std::string> left = split(parts[0].substr(0, arrow), " ");
  OperatorLine line;
  for (std::size_t i = 1; i < left.size(); ++i)
    line.inputs.push_back(left[i] == "_" ? std::nullopt : std::optional(operand(left[i])));
  for (const std::string& each : split(parts[0].substr(arrow + 4), " ")) line.outputs.push_back(known(each));
  if (parts.size() > 1)
    for (const std::string& each : split(parts[1], " ")) line.attributes.push_back(attribute(each));
  const std::vector<std::string> ops = split(left.at(0), "@");
  if (ops.size() > 1) line.opset = std::stoi(ops[1]);
  for (const std::string& op : split(ops[0], ",")) {
    line.op = op;
    line.text = op + text.substr(ops[0].size());
    lines.push_back(line);
  }
}

onnx::Message value_info(const std::string& name, const Operand& operand, Spelling spelling) {
  const int type = operand.type == DType::undefined ? kString : graph::row(operand.type).onnx;
  if (spelling == Spelling::any_shape)
    return onnx::bytes(1, name) + onnx::bytes(2, onnx::bytes(1, onnx::number(1, type)));
  onnx::Message shape;
  for (std::size_t i = 0; i < operand.dims.size(); ++i)
    shape += onnx::bytes(1, spelling == Spelling::any_dims ? onnx::bytes(2, fmt::format("{}.{}", name, i))
                                                           : onnx::number(1, operand.dims[i]));
  return onnx::bytes(1, name) + onnx::bytes(2, onnx::bytes(1, onnx::number(1, type) + onnx::bytes(2, shape)));
}

}  // namespace

std::string Operand::bytes() const {
  const evaluator::Array array = graph::floating(type)
                                     ? evaluator::Array(dims, std::vector<float>(values.begin(), values.end()))
                                     : evaluator::Array(dims, std::vector<std::int64_t>(values.begin(), values.end()));
  const std::vector<std::byte> elements = evaluator::encode(array, type);
  return {reinterpret_cast<const char*>(elements.data()), elements.size()};
}

std::vector<OperatorLine> operator_lines() {
  std::vector<OperatorLine> lines;
  std::ifstream file(data_path("operators.txt"));
  for (std::string text; std::getline(file, text);)
    if (!text.empty() && text[0] != '#') read_line(text, lines);
  if (lines.empty()) throw std::runtime_error("tests/data/operators.txt cannot be read");
  return lines;
}

OperatorLine spelled(OperatorLine line, Spelling spelling) {
  for (std::optional<Operand>& each : line.inputs) {
    if (!each) continue;
    if (spelling == Spelling::fed && !graph::floating(each->type)) each->constant = false;
    if (each->type != DType::float32) continue;
    if (spelling == Spelling::halves) each->type = DType::float16;
    if (spelling == Spelling::doubles) each->type = DType::float64;
  }
  return line;
}

std::string input_name(std::size_t slot) { return fmt::format("x{}", slot); }
std::string output_name(std::size_t slot) { return fmt::format("y{}", slot); }

onnx::Message onnx_model(const OperatorLine& written, Spelling spelling) {
  const OperatorLine line = spelled(written, spelling);
  onnx::Names in, out;
  onnx::Parts constants, inputs, outputs;
  for (std::size_t slot = 0; slot < line.inputs.size(); ++slot) {
    const auto& each = line.inputs[slot];
    in.push_back(each ? input_name(slot) : "");
    if (!each) continue;
    if (each->constant)
      constants.push_back(onnx::tensor(in.back(), graph::row(each->type).onnx, each->dims, each->bytes()));
    else
      inputs.push_back(value_info(in.back(), *each, spelling));
  }
  for (std::size_t slot = 0; slot < line.outputs.size(); ++slot) {
    out.push_back(line.outputs[slot] ? output_name(slot) : "");
    if (line.outputs[slot]) outputs.push_back(onnx::bytes(1, out.back()));
  }
  const std::size_t border = line.op.find("::");
  const std::string domain = border == std::string::npos ? "" : line.op.substr(0, border);
  const std::string type = border == std::string::npos ? line.op : line.op.substr(border + 2);
  const onnx::Message node = onnx::node(type, in, out, line.attributes, "", domain);
  return onnx::model(onnx::graph({node}, constants, inputs, outputs), line.opset) +
         onnx::bytes(8, onnx::bytes(1, "com.microsoft") + onnx::number(2, 1));
}

}  // namespace rw::test
