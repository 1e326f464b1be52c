#include "tests/fuzz/random_rules.hpp"

#include <array>
#include <string_view>

namespace rw::fuzz {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 14> kOffering = {"Conv",
                                                        "ConvTranspose",
                                                        "Gemm",
                                                        "MatMul",
                                                        "BatchNormalization",
                                                        "Mul",
                                                        "Div",
                                                        "Gather",
                                                        "LayerNormalization",
                                                        "RMSNormalization",
                                                        "InstanceNormalization",
                                                        "GroupNormalization",
                                                        "com.microsoft::FusedConv",
                                                        "Conv where group == 1"};
constexpr std::array<std::string_view, 10> kAbsorbing = {"Conv",
                                                         "ConvTranspose",
                                                         "Gemm",
                                                         "MatMul",
                                                         "BatchNormalization",
                                                         "Mul",
                                                         "Div",
                                                         "com.microsoft::FusedConv",
                                                         "Gemm where transB == 1",
                                                         "Conv where channels > 1"};
constexpr std::array<std::string_view, 53> kCarrying = {"Relu",
                                                        "LeakyRelu",
                                                        "PRelu",
                                                        "Abs",
                                                        "Neg",
                                                        "Identity",
                                                        "Dropout",
                                                        "Clip",
                                                        "Cast",
                                                        "MaxPool",
                                                        "AveragePool",
                                                        "LpPool",
                                                        "GlobalMaxPool",
                                                        "GlobalAveragePool",
                                                        "GlobalLpPool",
                                                        "ReduceMean",
                                                        "ReduceSum",
                                                        "ReduceMax",
                                                        "ReduceMin",
                                                        "ReduceL1",
                                                        "ReduceL2",
                                                        "Pad",
                                                        "Resize",
                                                        "Upsample",
                                                        "GridSample",
                                                        "RoiAlign",
                                                        "Trilu",
                                                        "CumSum",
                                                        "TopK",
                                                        "GatherElements",
                                                        "ReverseSequence",
                                                        "Split",
                                                        "Slice",
                                                        "Gather",
                                                        "Reshape",
                                                        "Flatten",
                                                        "Transpose",
                                                        "Squeeze",
                                                        "Unsqueeze",
                                                        "DepthToSpace",
                                                        "SpaceToDepth",
                                                        "Expand",
                                                        "Tile",
                                                        "Mul",
                                                        "Div",
                                                        "MatMul",
                                                        "Add",
                                                        "Sub",
                                                        "Sum",
                                                        "Mean",
                                                        "Max",
                                                        "Min",
                                                        "Where"};
constexpr std::array<std::string_view, 9> kJoining = {
    "Add", "Sub", "Sum", "Mean", "Max", "Min", "Where", "Concat", "Concat on channel"};

// What is true of these operators, whatever their form: a law of std.dsl, or one that claims less.
constexpr std::array<std::string_view, 16> kTrueLaws = {
    "op Clip law bounded",
    "op Clip law bounded",
    "op Relu, Abs law pass",
    "op LeakyRelu law block",
    "op Conv law block where group > 1",
    "op Add, Sub law block where activations == 1",
    "op MatMul law contract",
    "op BatchNormalization law block where channels < 3",
    "op AveragePool law block where count_include_pad == 1",
    "op Conv law block where name like \"t1*\"",
    "op Mul, Div law product",
    "op Concat law block where axis == 1",
    "op Gemm law block where alpha != 1 or beta != 1",
    "op Identity, Neg law pass where name like \"t*\"",
    "op Reshape, Transpose law block where activations > 0 and name like \"*3\"",
    "op LayerNormalization, InstanceNormalization law block",
};

// Most of the names, so that regions match.
std::string terms(Draw& draw, Names names) {
  const std::uint8_t leaves_out = draw.byte(), step = static_cast<std::uint8_t>(1 + draw.byte() % 7);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (leaves_out < 128 || (i + leaves_out) % (step + 2U) != 0)
      text += (text.empty() ? "" : ", ") + std::string(names[i]);
  return text.empty() ? std::string(names[0]) : text;
}

// --- formulas: a number for each channel of each parent

std::string number(Draw& draw, int depth) {
  static constexpr std::array<std::string_view, 20> kLeaves = {
      "p.weight",
      "across(max, c.weight)",
      "p.max",
      "2",
      "p.bias",
      "across(mean, p.weight)",
      "p.min",
      "0.5",
      "largest(p.weight)",
      "overall(max, p.weight)",
      "mean(p.weight)",
      "across(min, p.weight)",
      "smallest(p.weight)",
      "overall(min, c.weight)",
      "count(p)",
      "p.channels",
      "sum(p.weight)",
      "3",
      "overall(mean, c.channels)",
      "across(max, p.max)",
  };
  static constexpr std::array<std::string_view, 6> kUnary = {"abs", "sqrt", "exp2", "log2", "pow2", "-"};
  static constexpr std::array<std::string_view, 4> kInfix = {" * ", " / ", " + ", " - "};
  const std::uint8_t form = draw.byte();
  if (depth == 0 || form < 96) return std::string(draw.pick(kLeaves));
  if (form < 140) {
    const std::string_view name = draw.pick(kUnary);
    return std::string(name) + "(" + number(draw, depth - 1) + ")";
  }
  const std::string a = number(draw, depth - 1), b = number(draw, depth - 1);
  if (form < 204) return "(" + a + std::string(draw.pick(kInfix)) + b + ")";
  if (form < 224) return std::string(draw.pick({"min", "max", "pow"})) + "(" + a + ", " + b + ")";
  if (form < 240)
    return "(let v" + std::to_string(depth) + " = " + a + " in v" + std::to_string(depth) + " * " + b + ")";
  return "(if " + a + " > " + b + " then " + a + " else " + b + ")";
}

// Most formulas are brought to where a scale may be, some are left as they are.
std::string scale(Draw& draw) {
  const std::uint8_t form = draw.byte();
  if (form < 100) return "exp2(clamp(3 * across(mean, log2(p.weight + 0.001)), -6, 6) + 1)";
  if (form < 120)
    return "exp2(clamp(across(" + std::string(draw.pick({"max", "min", "mean"})) + ", p.weight * 0 + " +
           number(draw, 2) + "), -5, 5))";
  if (form < 150) return "clamp(across(mean, p.weight * 0 + abs(" + number(draw, 3) + ")), 0.03, 30)";
  if (form < 170) return "clamp(" + number(draw, 2) + ", 0.125, 16)";
  if (form < 190) return "sqrt(across(max, c.weight) / across(max, p.weight))";
  if (form < 210) return "shared(p, 0.5, 20)";
  if (form < 225) return "equalization(p, 1, 20)";
  if (form < 240)
    return draw.pick({"4", "0.25", "3", "1000", "best(1, sqrt(across(max, c.weight) / across(max, p.weight)), 2)"});
  return number(draw, 2);
}

std::string condition(Draw& draw) {
  return draw.pick({"count(p) >= 1", "gain(p, 2) > -20", "all p: p.channels > 1", "none p: p.name like \"t9*\"",
                    "any c: c.channels > 2", "not (count(c) == 3)", "all c: c.op == \"Conv\" or c.channels >= 1",
                    "overall(max, p.weight) > 0.01", "any p: largest(p.weight) > smallest(p.weight)"});
}

std::string region_rule(Draw& draw, int index) {
  std::string text = "rule r" + std::to_string(index) + " {\n  region r {\n";
  text += "    parents  " + terms(draw, kOffering) + " as p\n";
  text += "    through  " + terms(draw, kCarrying) + "\n";
  const std::uint8_t form = draw.byte();
  text += std::string(form < 16 ? "    join " : "    may join ") + terms(draw, kJoining) + "\n";
  text += "    children " + terms(draw, kAbsorbing) + " as c\n";
  if (form % 8 != 7) text += "    leak pin\n";
  text += "  }\n";
  const std::string asked = scale(draw);
  const bool statistics = asked.find("p.m") != std::string::npos || asked.find("shared") != std::string::npos ||
                          asked.find("equalization") != std::string::npos;
  if (statistics) text += "  needs stats(p)\n";
  if (draw.chance(48)) text += "  where " + condition(draw) + "\n";
  if (draw.chance(24)) text += "  again\n";
  if (!statistics && draw.chance(24)) text += "  repeat 3 until change < 0.1\n";
  return text + "  do scale(p, " + asked + ")\n}\n";
}

// A true identity: what takes the place of a match computes the same.
std::string pattern_rule(Draw& draw, int index) {
  const std::string head = "rule e" + std::to_string(index) + " {\n";
  const std::string linear =
      "y = " + std::string(draw.pick({"Conv", "Gemm", "ConvTranspose", "MatMul", "law linear"})) +
      "(x, constant w, constant c or 0)";
  switch (draw.byte() % 10) {
    case 0:
      return head + "  match { y = Identity(x) }\n  replace { y = x }\n}\n";
    case 1:
      return head + "  match { y = Dropout(x) }\n  where y.opset >= 7\n  replace { y = x }\n}\n";
    case 2:
      return head + "  match { " + linear + " z = Mul(y, constant k) }\n  let f = channels(k, y)\n" +
             "  replace { z = y(x, w * per_output(y, f), c * f) }\n}\n";
    case 3:
      return head + "  match { " + linear + " z = Div(y, constant k) }\n  where all(k != 0)\n" +
             "  let f = 1 / channels(k, y)\n  replace { z = y(x, w * per_output(y, f), c * f) }\n}\n";
    case 4: {
      const bool add = draw.chance(128);
      return head + "  match { y = Conv(x, constant w, constant c or 0) z = " + (add ? "Add" : "Sub") +
             "(y, constant k) }\n  replace { z = y(x, w, c " + (add ? "+" : "-") + " channels(k, y)) }\n}\n";
    }
    case 5:
      return head + "  match { y = Mul(x, constant k) z = Conv(y, constant w, constant c or 0) }\n" +
             "  let f = channels(k, y)\n  replace { z = z(x, w * per_input(z, f), c) }\n}\n";
    case 6:
      return head +
             "  match { y = Transpose(Transpose(x) perm p) perm q }\n  replace { y = Transpose(x) perm p[q] }\n}\n";
    case 7:
      return head + "  match { y = Relu(Relu(x)) }\n  replace { y = Relu(x) }\n}\n";
    case 8:
      return head + "  match { y = Clip(x) min 0 max m or inf }\n  where m >= 3.4e38 and x.dtype == \"float32\"\n" +
             "  replace { y = Relu(x) }\n}\n";
    default:
      return head +
             "  match {\n    y = Conv(x, constant w, constant c or 0)\n    z = BatchNormalization(y, constant gain, " +
             "constant shift, constant mean, constant variance) epsilon e\n  }\n" +
             "  where z.training_mode == 0 and z.spatial == 1\n  let f = gain / sqrt(variance + e)\n" +
             "  replace { z = y(x, w * per_output(y, f), (c - mean) * f + shift) }\n}\n";
  }
}

}  // namespace

std::string random_rules(Draw& draw) {
  std::string laws, rules;
  for (std::int64_t i = draw.pick<std::int64_t>({0, 1, 0, 2}); i > 0; --i)
    laws += std::string(draw.pick(kTrueLaws)) + "\n";
  const std::int64_t count = draw.pick<std::int64_t>({1, 1, 2, 3});
  for (std::int64_t i = 0; i < count; ++i)
    rules += draw.chance(40) ? pattern_rule(draw, static_cast<int>(i)) : region_rule(draw, static_cast<int>(i));
  return laws + rules;
}

}  // namespace rw::fuzz
