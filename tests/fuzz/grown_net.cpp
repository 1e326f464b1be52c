#include "tests/fuzz/grown_net.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "tests/support/shell.hpp"

namespace rw::fuzz {
namespace {

using graph::DType;
using test::Array;
using test::Dims;

constexpr std::size_t kMostElements = 1024;
constexpr double kLargest = 1e4, kSmallest = 1e-12;
constexpr std::size_t kMostOperators = 40;

// Values from which scaling by a few powers of two neither over- nor underflows.
bool tame(const Array& array) {
  if (array.count() == 0 || array.count() > kMostElements) return false;
  if (!array.is_float()) return true;
  return std::all_of(array.floats().begin(), array.floats().end(), [](float value) {
    const double size = std::fabs(value);
    return size <= kLargest && (size == 0 || size >= kSmallest);
  });
}

}  // namespace

GrownNet::GrownNet(Draw& draw)
    : draw_(draw), opset_(draw.pick<std::int64_t>({17, 9, 12, 13, 18, 21})), net_(draw.byte(), opset_) {
  input();
  if (draw_.chance(64)) input();
}

void GrownNet::input() {
  const std::string made = name("x");
  Dims shape = {draw_.between(1, 2), draw_.between(1, 4)};
  const std::int64_t rank = draw_.pick<std::int64_t>({4, 4, 3, 2, 5, 4, 1});
  while (static_cast<std::int64_t>(shape.size()) < rank) shape.push_back(draw_.between(1, 4));
  shape.resize(static_cast<std::size_t>(rank));
  const DType dtype = draw_.pick({DType::float32, DType::float32, DType::float32, DType::float16, DType::float64});
  net_.input(made, shape, dtype);
  if (draw_.chance(48)) {  // what the file says of it knows some dimensions only
    const std::uint8_t unknown = draw_.byte();
    for (std::size_t i = 0; i < shape.size(); ++i)
      if ((unknown >> i) & 1U) shape[i] = -1;
    declared_[made] = shape;
  }
  wires_.push_back({made, dtype});
}

std::string GrownNet::name(const std::string& kind) { return kind + std::to_string(count_++); }

// Recent ones mostly, so that the network becomes deep.
Wire GrownNet::pick() {
  const std::uint8_t byte = draw_.byte();
  if (byte >= 80) return wires_[wires_.size() - 1 - byte % std::min<std::size_t>(wires_.size(), 2)];
  return wires_[byte % wires_.size()];
}

std::optional<Wire> GrownNet::pick_float(int least_rank, int most_rank) {
  Wire wire = pick();
  for (std::size_t i = 0; i <= wires_.size(); ++i) {
    const auto rank = static_cast<int>(shape(wire).size());
    if (graph::floating(wire.dtype) && rank >= least_rank && rank <= most_rank) return wire;
    if (i < wires_.size()) wire = wires_[wires_.size() - 1 - i];
  }
  return std::nullopt;
}

std::optional<Wire> GrownNet::like(const Wire& wire) {
  std::vector<Wire> fitting;
  for (const Wire& each : wires_)
    if (each.dtype == wire.dtype && shape(each) == shape(wire)) fitting.push_back(each);
  if (fitting.empty()) return std::nullopt;
  return fitting[fitting.size() - 1 - draw_.byte() % fitting.size()];
}

// A constant, or operators behind one that give it.
std::string GrownNet::through(const std::string& made, Array value, DType dtype) {
  const auto stored = [&](Array array, DType as) { return net_.constant(made + ".stored", std::move(array), as); };
  const Dims shape = value.shape();
  switch (draw_.between(0, 5)) {
    case 0:
      return net_.op("Identity", made, {stored(std::move(value), dtype)});
    case 1: {
      Dims perm(shape.size());
      for (std::size_t i = 0; i < perm.size(); ++i) perm[i] = static_cast<std::int64_t>(perm.size() - 1 - i);
      return net_.op("Transpose", made, {stored(value.reshaped({shape.rbegin(), shape.rend()}), dtype)},
                     {{"perm", perm}});
    }
    case 2: {
      const Array flat = value.reshaped({static_cast<std::int64_t>(value.count())});
      return net_.op("Reshape", made, {stored(flat, dtype), net_.ints(made + ".shape", shape)});
    }
    case 3:
      return net_.op("Cast", made, {stored(std::move(value), DType::float16)}, {{"to", graph::row(dtype).onnx}});
    case 4:
      return net_.op("Constant", made, {}, {{"value", test::Constant{std::move(value), dtype}}});
    default:
      break;
  }
  std::vector<std::int64_t> whole;
  for (const float each : value.floats()) whole.push_back(std::clamp<std::int64_t>(std::lround(each * 16), -128, 127));
  return net_.op("DequantizeLinear", made,
                 {net_.constant(made + ".stored", Array(shape, whole), DType::int8),
                  net_.constant(made + ".scale", test::float_array({}, {0.0625F}), dtype)});
}

std::string GrownNet::floats(Dims shape, DType dtype, double low, double high, std::optional<std::size_t> axis) {
  const std::uint8_t form = draw_.byte();
  if (form < 40)
    for (const Kept& each : constants_)
      if (each.shape == shape && each.dtype == dtype && each.low == low) return each.name;
  std::vector<float> values(test::count(shape));
  const Dims strides = test::strides_of(shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double value = net_.random().uniform(low, high);
    if (axis && *axis < shape.size()) {
      const auto at = static_cast<std::int64_t>(i) / strides[*axis] % shape[*axis];
      value *= std::exp2(static_cast<double>((at * 5 + form) % 7 - 3));
      if (form % 16 == 3 && at == 0) value = 0;  // a dead channel
    }
    values[i] = static_cast<float>(value);
  }
  const std::string made = name("w");
  Array value(shape, std::move(values));
  constants_.push_back({made, std::move(shape), dtype, low});
  if (form >= 232) return through(made, std::move(value), dtype);
  return net_.constant(made, std::move(value), dtype);
}

static bool are_bytes(const Dims& values) {
  return std::all_of(values.begin(), values.end(), [](std::int64_t each) { return each >= 0 && each < 256; });
}

std::string GrownNet::ints(Dims values, std::optional<Dims> shape) {
  const Dims as = shape.value_or(Dims{static_cast<std::int64_t>(values.size())});
  if (!shape && are_bytes(values) && !values.empty() && count_ % 8 == 5) return bytes(std::move(values));
  return net_.constant(name("i"), test::int_array(as, std::move(values)), DType::int64);
}

std::string GrownNet::bytes(Dims values) {
  if (!are_bytes(values)) return ints(std::move(values));
  const auto size = static_cast<std::int64_t>(values.size());
  const std::string stored = net_.constant(name("u"), test::int_array({size}, std::move(values)), DType::uint8);
  return net_.op("Cast", name("i"), {stored}, {{"to", graph::row(DType::int64).onnx}});
}

Dims GrownNet::spread(const Dims& shape) {
  Dims result = shape;
  const std::uint8_t ones = draw_.byte(), missing = draw_.byte();
  for (std::size_t i = 0; i < result.size(); ++i)
    if ((ones >> i) & 1U) result[i] = 1;
  if (missing >= 128) {
    const std::size_t gone = missing % (result.size() + 1);
    result.erase(result.begin(), result.begin() + static_cast<std::ptrdiff_t>(gone));
  }
  return result;
}

bool GrownNet::add(const std::string& type, std::vector<std::string> inputs, test::NetAttributes attributes,
                   std::vector<DType> outputs) {
  const std::string made = name("t");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs.size(); ++i) names.push_back(outputs.size() == 1 ? made : name(made + "_"));
  try {
    net_.node({type, made, std::move(inputs), names, std::move(attributes)});
  } catch (const std::runtime_error&) {
    return false;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (tame(net_.value(names[i]))) wires_.push_back({names[i], outputs[i]});
  return true;
}

void GrownNet::grow() {
  static const int total = [] {
    int sum = 0;
    for (const Move& each : moves()) sum += each.weight;
    return sum;
  }();
  while (!draw_.empty() && net_.nodes().size() < kMostOperators) {
    int at = draw_.byte() * 2 % total;
    if (total > 256) at = (at + draw_.byte()) % total;
    for (const Move& each : moves()) {
      at -= each.weight;
      if (at >= 0) continue;
      each.make(*this);
      break;
    }
  }
  finish();
}

std::filesystem::path GrownNet::save(const std::filesystem::path& folder, const std::string& stem,
                                     std::optional<std::uint64_t> nested) const {
  std::filesystem::path path = nested ? net_.save_nested(folder, stem, *nested) : net_.save(folder, stem);
  if (declared_.empty()) return path;
  std::string text = test::read_file(path);
  for (const auto& [name, shape] : declared_) {
    const std::string whole = "\"shape\": " + test::to_string(net_.shape(name));
    const std::size_t at = text.find(whole, text.find("{\"name\": \"" + name + "\", \"dtype\""));
    text.replace(at, whole.size(), "\"shape\": " + test::to_string(shape));
  }
  test::write_file(path, text);
  return path;
}

// Whatever nobody reads becomes an output, mostly behind something that can take a scale back.
void GrownNet::finish() {
  std::set<std::string> read;
  for (const test::NetNode& node : net_.nodes()) read.insert(node.inputs.begin(), node.inputs.end());
  const std::vector<Wire> wires = wires_;
  bool any = false;
  for (std::size_t i = wires.size(); i-- > 0;) {
    const Wire& wire = wires[i];
    const Dims dims = shape(wire);
    if (read.contains(wire.name) || (any && net_.random().chance(0.3))) continue;
    any = true;
    if (!graph::floating(wire.dtype) || dims.empty() || net_.random().chance(0.15)) {
      net_.output(wire.name);
    } else if (dims.size() > 2 && net_.random().chance(0.6)) {
      Dims weight(dims.size(), 1);
      weight[0] = 2;
      weight[1] = dims[1];
      if (add("Conv", {wire.name, floats(weight, wire.dtype)}, {}, {wire.dtype})) net_.output(wires_.back().name);
    } else if (dims.size() > 1 && net_.random().chance(0.5)) {
      if (add("MatMul", {wire.name, floats({dims.back(), 2}, wire.dtype)}, {}, {wire.dtype}))
        net_.output(wires_.back().name);
    } else {
      Dims factor(dims.size(), 1);
      const std::size_t axis = dims.size() > 1 ? 1 : 0;
      factor[axis] = dims[axis];
      if (add("Mul", {wire.name, floats(factor, wire.dtype)}, {}, {wire.dtype})) net_.output(wires_.back().name);
    }
  }
  if (net_.outputs().empty()) net_.output(wires_.back().name);
}

}  // namespace rw::fuzz
