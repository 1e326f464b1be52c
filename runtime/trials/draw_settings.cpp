#include "runtime/trials/draw_settings.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace rw::trials {
namespace {

using patterns::number;
using patterns::Value;
using patterns::whole_list;
using Whole = std::vector<std::int64_t>;

Value text(std::string_view value) { return std::string(value); }

std::int64_t rank_of(const DrawnCall& call) {
  return call.inputs.empty() ? 0 : static_cast<std::int64_t>(call.inputs[0].shape.size());
}

// An axis, sometimes counted from the end.
std::int64_t draw_axis(std::int64_t rank, Choices& choices) {
  if (rank == 0) return 0;
  const std::int64_t axis = choices.below(static_cast<std::uint32_t>(rank));
  return choices.percent(30) ? axis - rank : axis;
}

Value draw_axes(std::int64_t rank, Choices& choices, bool all_may) {
  Whole axes;
  for (std::int64_t axis = 0; axis < rank; ++axis)
    if (choices.percent(40)) axes.push_back(axis);
  if (axes.empty() && rank > 0) axes.push_back(rank - 1);
  if (!all_may && static_cast<std::int64_t>(axes.size()) == rank && rank > 1) axes.pop_back();
  if (choices.percent(25))
    for (std::int64_t& axis : axes) axis -= rank;
  if (choices.percent(15)) std::reverse(axes.begin(), axes.end());
  return whole_list(axes);
}

Value draw_perm(std::int64_t rank, Choices& choices) {
  Whole perm(static_cast<std::size_t>(rank));
  std::iota(perm.begin(), perm.end(), 0);
  for (std::size_t i = perm.size(); i-- > 1;)
    std::swap(perm[i - choices.below(static_cast<std::uint32_t>(i + 1))], perm[i]);
  return whole_list(perm);
}

std::size_t spatial(const DrawnCall& call) {
  return rank_of(call) > 2 ? static_cast<std::size_t>(rank_of(call)) - 2 : 0;
}

Value repeated(std::size_t size, Choices& choices, std::int64_t least, std::uint32_t more) {
  Whole out(size, least);
  for (std::int64_t& each : out) each += choices.below(more);
  return whole_list(out);
}

// Pads of Pad: negative ones too; of windows they are never.
Value draw_pads(const DrawnCall& call, Choices& choices) {
  if (call.op != "Pad") return repeated(2 * spatial(call), choices, 0, 3);
  Whole pads(static_cast<std::size_t>(2 * rank_of(call)), 0);
  if (choices.percent(20)) return whole_list(pads);
  const bool spatial_only = choices.percent(75) && rank_of(call) > 2;
  for (std::size_t i = 0; i < pads.size(); ++i) {
    const std::size_t axis = i % static_cast<std::size_t>(rank_of(call));
    if (spatial_only && axis < 2) continue;
    pads[i] = static_cast<std::int64_t>(choices.below(3));
    if (choices.percent(5)) pads[i] = -1;
  }
  return whole_list(pads);
}

// A target for Reshape: the elements in another order of dimensions, with 0 and -1 put in.
Value draw_target(const DrawnCall& call, Choices& choices) {
  const Dims& shape = call.inputs[0].shape;
  Whole target(shape.begin(), shape.end());
  switch (choices.below(5)) {
    case 0:
      break;
    case 1:  // two neighbours joined
      if (target.size() > 1) {
        const std::size_t at = choices.below(static_cast<std::uint32_t>(target.size() - 1));
        target[at] *= target[at + 1];
        target.erase(target.begin() + static_cast<std::ptrdiff_t>(at) + 1);
      }
      break;
    case 2:
      target.insert(
          target.begin() + static_cast<std::ptrdiff_t>(choices.below(static_cast<std::uint32_t>(target.size() + 1))),
          1);
      break;
    case 3: {
      std::int64_t all = 1;
      for (const std::int64_t dim : target) all *= dim;
      target = {all};
      break;
    }
    default: {  // one split into two
      for (std::size_t i = 0; i < target.size(); ++i)
        if (target[i] > 1 && target[i] % 2 == 0) {
          target[i] /= 2;
          target.insert(target.begin() + static_cast<std::ptrdiff_t>(i), 2);
          break;
        }
    }
  }
  if (choices.percent(30) && !target.empty()) {
    const std::size_t at = choices.below(static_cast<std::uint32_t>(target.size()));
    if (std::find(target.begin(), target.end(), 0) == target.end()) target[at] = -1;
  }
  if (choices.percent(30))
    for (std::size_t i = 0; i < target.size() && i < shape.size(); ++i)
      if (target[i] == shape[i] && choices.percent(50)) target[i] = 0;
  return whole_list(target);
}

Value draw_slice(const DrawnCall& call, std::string_view setting, Choices& choices) {
  Whole out;
  for (const std::int64_t dim : call.inputs[0].shape) {
    if (setting == "starts")
      out.push_back(choices.percent(40)
                        ? static_cast<std::int64_t>(choices.below(static_cast<std::uint32_t>(dim + 2))) -
                              (choices.percent(30) ? dim : 0)
                        : 0);
    else if (setting == "ends")
      out.push_back(choices.percent(50)
                        ? static_cast<std::int64_t>(choices.below(static_cast<std::uint32_t>(dim + 3))) -
                              (choices.percent(30) ? dim : 0)
                        : dim + (choices.percent(20) ? 5 : 0));
    else
      out.push_back(choices.percent(15) ? 2 : choices.percent(15) ? -1 : 1);
  }
  return whole_list(out);
}

Value draw_split(const DrawnCall& call, Choices& choices) {
  // Along axis 0 or the one that was drawn: sizes that add up are rare, so that equal parts are what comes mostly.
  Whole sizes(call.outputs, 1 + choices.below(2));
  if (choices.percent(40) && !sizes.empty()) sizes[0] += 1;
  return whole_list(sizes);
}

Value draw_number(const DrawnCall& call, Choices& choices, std::initializer_list<double> usual) {
  const std::uint32_t from_rule = static_cast<std::uint32_t>(call.bounds.size());
  if (from_rule > 0 && choices.percent(60)) return number(call.bounds[choices.below(from_rule)]);
  return number(usual.begin()[choices.below(static_cast<std::uint32_t>(usual.size()))]);
}

constexpr std::array<std::string_view, 6> kTypes = {"float32", "int64", "int32", "float16", "bool", "float64"};

using DrawSetting = std::optional<Value> (*)(const DrawnCall&, Choices&);

std::optional<Value> flag(const DrawnCall&, Choices& choices) { return number(choices.below(2)); }
std::optional<Value> axis(const DrawnCall& call, Choices& choices) {
  return number(static_cast<double>(draw_axis(rank_of(call), choices)));
}
std::optional<Value> axes(const DrawnCall& call, Choices& choices) {
  if (call.op == "Unsqueeze") {
    const std::uint32_t more = 1 + choices.below(2);
    Whole out;
    for (std::uint32_t i = 0; i < more; ++i) {
      const std::int64_t at = choices.below(static_cast<std::uint32_t>(rank_of(call) + more));
      if (std::find(out.begin(), out.end(), at) == out.end()) out.push_back(at);
    }
    if (choices.percent(20))
      for (std::int64_t& each : out) each -= rank_of(call) + static_cast<std::int64_t>(out.size());
    return whole_list(out);
  }
  if (call.op == "Squeeze") {
    Whole ones;
    for (std::int64_t i = 0; i < rank_of(call); ++i)
      if (call.inputs[0].shape[static_cast<std::size_t>(i)] == 1 && choices.percent(70))
        ones.push_back(choices.percent(20) ? i - rank_of(call) : i);
    if (ones.empty() && choices.percent(50)) return std::nullopt;
    return whole_list(ones);
  }
  const std::int64_t rank = rank_of(call);
  if (rank > 0 && choices.percent(35)) return whole_list({choices.percent(30) ? -1 : rank - 1});
  if (rank == 4 && choices.percent(40)) return whole_list({2, 3});
  return draw_axes(rank, choices, true);
}
std::optional<Value> perm(const DrawnCall& call, Choices& choices) { return draw_perm(rank_of(call), choices); }
std::optional<Value> pads(const DrawnCall& call, Choices& choices) { return draw_pads(call, choices); }
std::optional<Value> strides(const DrawnCall& call, Choices& choices) { return repeated(spatial(call), choices, 1, 2); }
std::optional<Value> dilations(const DrawnCall& call, Choices& choices) {
  return repeated(spatial(call), choices, 1, 2);
}
std::optional<Value> kernel(const DrawnCall& call, Choices& choices) {
  if (call.op == "Conv" || call.op == "ConvTranspose" || call.op == "com.microsoft::FusedConv") return std::nullopt;
  return repeated(spatial(call), choices, 1, 3);
}
std::optional<Value> auto_pad(const DrawnCall&, Choices& choices) {
  static constexpr std::array<std::string_view, 4> kPads = {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"};
  return text(kPads[choices.below(4)]);
}
std::optional<Value> shape(const DrawnCall& call, Choices& choices) { return draw_target(call, choices); }
std::optional<Value> starts(const DrawnCall& call, Choices& choices) { return draw_slice(call, "starts", choices); }
std::optional<Value> ends(const DrawnCall& call, Choices& choices) { return draw_slice(call, "ends", choices); }
std::optional<Value> steps(const DrawnCall& call, Choices& choices) { return draw_slice(call, "steps", choices); }
std::optional<Value> split(const DrawnCall& call, Choices& choices) { return draw_split(call, choices); }
std::optional<Value> to(const DrawnCall&, Choices& choices) { return text(kTypes[choices.below(kTypes.size())]); }
std::optional<Value> small_number(const DrawnCall& call, Choices& choices) {
  return draw_number(call, choices, {1, 0.5, 2, -1, 0.25});
}
std::optional<Value> epsilon(const DrawnCall&, Choices& choices) {
  static constexpr std::array<double, 3> kEpsilons = {1e-5, 0.1, 0.5};
  return number(kEpsilons[choices.below(3)]);
}
std::optional<Value> mode(const DrawnCall& call, Choices& choices) {
  static constexpr std::array<std::string_view, 3> kPad = {"constant", "edge", "reflect"};
  if (call.op == "Pad") return text(kPad[choices.below(3)]);
  return std::nullopt;
}
std::optional<Value> approximate(const DrawnCall&, Choices& choices) {
  return text(choices.below(2) ? "tanh" : "none");
}
std::optional<Value> bound(const DrawnCall& call, Choices& choices) {
  return draw_number(call, choices, {0, 6, 1, -1, 3});
}
std::optional<Value> group(const DrawnCall& call, Choices& choices) {
  const auto channels = rank_of(call) > 1 ? call.inputs[0].shape[1] : 1;
  const std::int64_t groups[] = {1, channels, 2};
  const std::int64_t drawn = groups[choices.below(3)];
  return number(static_cast<double>(drawn > 0 && channels % drawn == 0 ? drawn : 1));
}

struct SettingRow {
  std::string_view op;  // empty: any
  std::string_view setting;
  DrawSetting draw;
};
constexpr SettingRow kSettings[] = {
    {"AveragePool", "auto_pad", auto_pad},
    {"AveragePool", "ceil_mode", flag},
    {"AveragePool", "count_include_pad", flag},
    {"AveragePool", "kernel_shape", kernel},
    {"AveragePool", "pads", pads},
    {"AveragePool", "strides", strides},
    {"BatchNormalization", "epsilon", epsilon},
    {"BatchNormalization", "training_mode", flag},
    {"Cast", "to", to},
    {"Clip", "min", bound},
    {"Clip", "max", bound},
    {"Concat", "axis", axis},
    {"Conv", "auto_pad", auto_pad},
    {"Conv", "group", group},
    {"Conv", "dilations", dilations},
    {"Conv", "pads", pads},
    {"Conv", "strides", strides},
    {"ConvTranspose", "group", group},
    {"ConvTranspose", "dilations", dilations},
    {"ConvTranspose", "pads", pads},
    {"ConvTranspose", "strides", strides},
    {"Elu", "alpha", small_number},
    {"Flatten", "axis", axis},
    {"Gather", "axis", axis},
    {"Gelu", "approximate", approximate},
    {"Gemm", "transA", flag},
    {"Gemm", "transB", flag},
    {"Gemm", "alpha", small_number},
    {"Gemm", "beta", small_number},
    {"HardSigmoid", "alpha", small_number},
    {"HardSigmoid", "beta", small_number},
    {"LayerNormalization", "axis", axis},
    {"LayerNormalization", "epsilon", epsilon},
    {"LeakyRelu", "alpha", small_number},
    {"LogSoftmax", "axis", axis},
    {"MaxPool", "auto_pad", auto_pad},
    {"MaxPool", "ceil_mode", flag},
    {"MaxPool", "kernel_shape", kernel},
    {"MaxPool", "pads", pads},
    {"MaxPool", "strides", strides},
    {"Pad", "mode", mode},
    {"Pad", "pads", pads},
    {"Pad", "value", small_number},
    {"ReduceMax", "axes", axes},
    {"ReduceMax", "keepdims", flag},
    {"ReduceMean", "axes", axes},
    {"ReduceMean", "keepdims", flag},
    {"ReduceMin", "axes", axes},
    {"ReduceMin", "keepdims", flag},
    {"ReduceSum", "axes", axes},
    {"ReduceSum", "keepdims", flag},
    {"Reshape", "shape", shape},
    {"Slice", "starts", starts},
    {"Slice", "ends", ends},
    {"Slice", "steps", steps},
    {"Softmax", "axis", axis},
    {"Split", "axis", axis},
    {"Split", "split", split},
    {"Squeeze", "axes", axes},
    {"Transpose", "perm", perm},
    {"Unsqueeze", "axes", axes},
};

// ---- constants

std::int64_t channels_of(const DrawnCall& call) { return rank_of(call) > 1 ? call.inputs[0].shape[1] : 1; }

// What a setting says that was drawn before.
std::int64_t drawn(const DrawnCall& call, std::string_view name) {
  for (const auto& [setting, value] : call.said)
    if (setting == name) return static_cast<std::int64_t>(value);
  return name == "group" ? 1 : 0;
}

ConstantForm conv_weight(const DrawnCall& call, Choices& choices) {
  const std::int64_t group = drawn(call, "group"), in = channels_of(call) / group;
  std::int64_t out = group * (1 + choices.below(3));
  ConstantForm form{{out, in}, false, false};
  if (call.op == "ConvTranspose") form.shape = {channels_of(call), out / group};
  // A window of one element, and as many channels as the last axis is long: then an axis can be taken for another one.
  const bool alike = group == 1 && call.op == "Conv" && spatial(call) > 0 && choices.percent(25);
  if (alike) form.shape[0] = call.inputs[0].shape.back();
  for (std::size_t i = 0; i < spatial(call); ++i) form.shape.push_back(1 + (alike ? 0 : choices.below(3)));
  return form;
}

ConstantForm matrix(const DrawnCall& call, Choices& choices) {
  const Dims& shape = call.inputs[0].shape;
  const std::int64_t in = shape.empty() ? 1 : call.op == "Gemm" && drawn(call, "transA") ? shape[0] : shape.back();
  std::int64_t out = 1 + choices.below(4);
  if (choices.percent(30)) out = in;
  if (call.op == "Gemm" && drawn(call, "transB")) return {{out, in}, false, false};
  ConstantForm form{{in, out}, false, false};
  if (call.op == "MatMul" && choices.percent(15)) form.shape.insert(form.shape.begin(), 1 + choices.below(2));
  return form;
}

std::int64_t linear_outputs(const DrawnCall& call) {
  if (call.inputs.size() < 2 || call.inputs[1].shape.empty()) return 1;
  const Dims& weight = call.inputs[1].shape;
  if (call.op == "ConvTranspose") return weight.size() > 1 ? weight[1] * drawn(call, "group") : 1;
  if (call.op == "Gemm") return drawn(call, "transB") ? weight[0] : weight.back();
  return weight[0];
}

}  // namespace

std::optional<Value> draw_setting(const DrawnCall& call, std::string_view setting, Choices& choices) {
  for (const SettingRow& row : kSettings)
    if (row.setting == setting &&
        (row.op.empty() || row.op == call.op || (row.op == "Conv" && call.op == "com.microsoft::FusedConv")))
      return row.draw(call, choices);
  if (setting == "axis") return axis(call, choices);
  if (setting == "axes") return axes(call, choices);
  if (setting == "keepdims") return flag(call, choices);
  return std::nullopt;
}

std::vector<std::string_view> settings_of(std::string_view op) {
  std::vector<std::string_view> out;
  for (const SettingRow& row : kSettings)
    if (row.op == op || (row.op == "Conv" && op == "com.microsoft::FusedConv")) out.push_back(row.setting);
  return out;
}

std::int64_t draw_size(std::vector<std::int64_t>& sizes, Choices& choices) {
  if (!sizes.empty() && choices.percent(40)) return sizes[choices.below(static_cast<std::uint32_t>(sizes.size()))];
  static constexpr std::array<std::int64_t, 8> kSizes = {1, 2, 3, 4, 2, 5, 3, 0};
  const std::int64_t drawn = kSizes[choices.percent(3) ? 7 : choices.below(7)];
  sizes.push_back(drawn);
  return drawn;
}

Dims draw_shape(std::string_view op, std::vector<std::int64_t>& sizes, Choices& choices) {
  static constexpr std::array<std::string_view, 9> kSpatial = {
      "AveragePool",           "Conv",          "ConvTranspose",
      "GlobalAveragePool",     "MaxPool",       "com.microsoft::FusedConv",
      "InstanceNormalization", "GlobalMaxPool", "LpPool"};
  const bool window = std::find(kSpatial.begin(), kSpatial.end(), op) != kSpatial.end();
  std::size_t rank = 0;
  if (window)
    rank = 3 + choices.below(2);
  else if (op == "Gemm")
    rank = 2;
  else if (op == "BatchNormalization")
    rank = 2 + choices.below(3);
  else {
    static constexpr std::array<std::size_t, 10> kRanks = {2, 1, 3, 4, 2, 3, 4, 1, 0, 5};
    rank = kRanks[choices.below(10)];
  }
  Dims shape;
  for (std::size_t i = 0; i < rank; ++i) {
    std::int64_t size = draw_size(sizes, choices);
    if (window && i == 1 && choices.percent(50)) size = 2 * std::max<std::int64_t>(1, size / 2);
    if (window && i >= 2) size = 3 + choices.below(4);
    shape.push_back(size);
  }
  return shape;
}

std::optional<ConstantForm> draw_constant(const DrawnCall& call, std::uint32_t slot, Choices& choices) {
  const bool conv = call.op == "Conv" || call.op == "ConvTranspose" || call.op == "com.microsoft::FusedConv";
  if (conv && slot == 1) return conv_weight(call, choices);
  if (conv && slot == 2) return ConstantForm{{linear_outputs(call)}, false, false};
  if ((call.op == "Gemm" || call.op == "MatMul") && slot == 1) return matrix(call, choices);
  if (call.op == "Gemm" && slot == 2) {
    const std::int64_t out = linear_outputs(call), rows = call.inputs[0].shape.empty() ? 1 : call.inputs[0].shape[0];
    const Dims forms[] = {{out}, {1, out}, {1}, {}, {rows, out}, {rows, 1}};
    return ConstantForm{forms[choices.below(6)], false, false};
  }
  if (call.op == "BatchNormalization" && slot >= 1 && slot <= 4)
    return ConstantForm{{channels_of(call)}, slot == 4, false};
  if (call.op == "InstanceNormalization" && slot >= 1) return ConstantForm{{channels_of(call)}, false, false};
  if (call.op == "LayerNormalization" && slot >= 1)
    return ConstantForm{call.inputs[0].shape.empty() ? Dims{1} : Dims{call.inputs[0].shape.back()}, false, false};
  if (call.op == "Dropout" && slot == 2) return ConstantForm{{}, false, true, {static_cast<double>(choices.below(2))}};
  if (call.op == "Concat") return ConstantForm{call.inputs[0].shape, false, false};
  if (call.op == "Expand" && slot == 1) {
    Dims target = draw_broadcast(call.inputs[0].shape, choices);
    for (std::int64_t& dim : target)
      if (dim == 1 && choices.percent(30)) dim = 2;
    ConstantForm form{{static_cast<std::int64_t>(target.size())}, false, true};
    form.values.assign(target.begin(), target.end());
    return form;
  }
  if (call.op == "Tile" && slot == 1) {
    ConstantForm form{{rank_of(call)}, false, true};
    for (std::int64_t i = 0; i < rank_of(call); ++i) form.values.push_back(choices.percent(30) ? 2 : 1);
    return form;
  }
  if (call.op == "Gather" && slot == 1) {
    const std::int64_t rank = rank_of(call);
    const std::int64_t axis = rank > 0 ? (drawn(call, "axis") + rank) % rank : 0;
    const std::int64_t dim =
        rank > 0 ? std::max<std::int64_t>(1, call.inputs[0].shape[static_cast<std::size_t>(axis)]) : 1;
    ConstantForm form{{1 + static_cast<std::int64_t>(choices.below(3))}, false, true};
    if (choices.percent(30)) form.shape.clear();
    const std::int64_t size = form.shape.empty() ? 1 : form.shape[0];
    for (std::int64_t i = 0; i < size; ++i) {
      const auto at = static_cast<std::int64_t>(choices.below(static_cast<std::uint32_t>(dim)));
      form.values.push_back(static_cast<double>(choices.percent(40) ? at - dim : at));
    }
    return form;
  }
  return std::nullopt;
}

Dims draw_broadcast(const Dims& shape, Choices& choices) {
  // By how often they are met: one number, along the last axis, for each channel; and what finds mistakes.
  static constexpr std::array<std::uint8_t, 20> kKinds = {0, 0, 0, 3, 3, 3, 3, 1, 1, 2, 2, 2, 4, 4, 5, 5, 6, 6, 7, 8};
  switch (kKinds[choices.below(kKinds.size())]) {
    case 0:
      return {};
    case 1:
      return {1};
    case 2:
      return shape;
    case 3:
      return shape.empty() ? Dims{} : Dims{shape.back()};
    case 4:  // along axis 1, as a constant for each channel is
      if (shape.size() > 1) {
        Dims out(shape.size() - 1, 1);
        out[0] = shape[1];
        return out;
      }
      return {1};
    case 5: {
      Dims out = shape;
      for (std::int64_t& dim : out)
        if (choices.percent(50)) dim = 1;
      return out;
    }
    case 6: {  // one axis alone
      Dims out(shape.size(), 1);
      if (!out.empty()) {
        const std::size_t at = choices.below(static_cast<std::uint32_t>(out.size()));
        out[at] = shape[at];
      }
      return out;
    }
    case 7: {
      Dims out(shape.size() + 1, 1);
      return out;
    }
    default: {  // it makes the result larger
      Dims out = shape;
      for (std::int64_t& dim : out)
        if (dim == 1) dim = 2;
      return out;
    }
  }
}

}  // namespace rw::trials
