// Operators that take each element for itself, with broadcasting where there are several inputs.
#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "runtime/evaluator/call.hpp"
#include "runtime/evaluator/literal.hpp"

namespace rw::evaluator {
namespace {

template <typename F>
Results map(const Call& call, F f) {
  std::vector<float> y = call.input(0).floats();
  for (float& value : y) value = f(value);
  return one(Array(call.input(0).shape(), std::move(y)));
}

// The same for floats and integers: f has to take both.
template <typename F>
Results map_any(const Call& call, F f) {
  return call.input(0).visit([&]<typename T>(Values<T> x) {
    std::vector<T> y = x;
    for (auto& value : y) value = f(value);
    return one(Array(call.input(0).shape(), std::move(y)));
  });
}

template <typename T, typename F>
auto zip_values(const Array& a, const Array& b, const Dims& shape, Values<T> x, Values<T> y, F f) {
  std::vector<decltype(f(x[0], y[0]))> z(count(shape));
  if (a.shape() == b.shape()) {
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = f(x[i], y[i]);
    return z;
  }
  each_broadcast(a.shape(), b.shape(), shape,
                 [&](std::size_t i, std::size_t from_a, std::size_t from_b) { z[i] = f(x[from_a], y[from_b]); });
  return z;
}

// f(x, y) for two floats or two integers; may give a float or an integer.
template <typename F>
Array zip(const Array& a, const Array& b, F f) {
  const Dims shape = broadcast(a.shape(), b.shape());
  if (a.is_float() != b.is_float()) throw std::invalid_argument("floats and integers are mixed");
  if (a.is_float()) return Array(shape, zip_values(a, b, shape, a.floats(), b.floats(), f));
  return Array(shape, zip_values(a, b, shape, a.ints(), b.ints(), f));
}

template <typename F>
Results binary(const Call& call, F f) {
  return one(zip(call.input(0), call.input(1), f));
}

template <typename F>
Results fold(const Call& call, F f) {
  Array so_far = call.input(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) so_far = zip(so_far, call.input(i), f);
  return one(std::move(so_far));
}

// Integers wrap around, floats do as they do.
template <typename T, typename F>
T wrapping(T a, T b, F f) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(f(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
  else
    return f(a, b);
}

constexpr auto kAdd = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x + y; }); };
constexpr auto kSubtract = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x - y; }); };
constexpr auto kMultiply = [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x * y; }); };
constexpr auto kLarger = [](auto a, auto b) { return a < b ? b : a; };
constexpr auto kSmaller = [](auto a, auto b) { return b < a ? b : a; };
constexpr auto kDivide = [](auto a, auto b) {
  if constexpr (std::is_integral_v<decltype(a)>) {
    if (b == 0) throw std::invalid_argument("integer division by zero");
    return b == -1 ? wrapping(std::int64_t{0}, a, [](auto x, auto y) { return x - y; }) : a / b;
  } else {
    return a / b;
  }
};

template <typename F>
Results compare(const Call& call, F f) {
  return binary(call, [f](auto a, auto b) { return std::int64_t{f(a, b)}; });
}

Results mean(const Call& call) {
  const Array sum = std::move(fold(call, kAdd).front());
  std::vector<float> y = sum.floats();
  for (float& value : y) value /= static_cast<float>(call.inputs.size());
  return one(Array(sum.shape(), std::move(y)));
}

Results power(const Call& call) {
  const Array exponent(call.input(1).shape(), call.input(1).to_floats());  // may be of another type than the base
  if (!call.input(0).is_float()) throw std::invalid_argument("powers of integers are not known");
  return one(zip(call.input(0), exponent, [](auto a, auto b) { return static_cast<decltype(a)>(std::pow(a, b)); }));
}

Results clip(const Call& call) {
  const std::optional<float> low = call.number_or_input("min", 1), high = call.number_or_input("max", 2);
  return map(call, [&](float x) {
    if (low && x < *low) x = *low;
    return high && *high < x ? *high : x;
  });
}

Results where(const Call& call) {
  const Array &condition = call.input(0), &a = call.input(1), &b = call.input(2);
  const Dims shape = broadcast(broadcast(condition.shape(), a.shape()), b.shape());
  const std::vector<std::size_t> which = broadcast_offsets(condition.shape(), shape);
  const Array from_a = take(a, shape, broadcast_offsets(a.shape(), shape));
  const Array from_b = take(b, shape, broadcast_offsets(b.shape(), shape));
  return one(from_a.visit([&]<typename T>(Values<T> from_first) {
    std::vector<T> y = from_first;
    if (from_a.is_float() != from_b.is_float()) throw std::invalid_argument("floats and integers are mixed");
    from_b.visit([&]<typename U>(Values<U> other) {
      if constexpr (std::is_same_v<T, U>)
        for (std::size_t i = 0; i < y.size(); ++i)
          if (condition.ints()[which[i]] == 0) y[i] = other[i];
    });
    return Array(shape, std::move(y));
  }));
}

// Towards zero; what does not fit is the nearest that does, and NaN is 0.
std::int64_t truncate(float value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63F) return INT64_MAX;
  return value <= -0x1p63F ? INT64_MIN : static_cast<std::int64_t>(value);
}

// A float to a narrower one is rounded to it; an integer to a narrower one is cut to size.
Results cast(const Call& call) {
  const Array& x = call.input(0);
  const auto dtype = graph::dtype_of_onnx(static_cast<int>(call.integer("to", 0)));
  if (!dtype) throw std::invalid_argument(fmt::format("no type has the number {}", call.integer("to", 0)));
  const auto through = [&](const Array& array) {
    const std::vector<std::byte> bytes = encode(array, *dtype);
    return one(read_literal({*dtype, graph::Shape(x.shape()), bytes}));
  };
  if (graph::floating(*dtype)) return through(x);
  std::vector<std::int64_t> values(x.count());
  x.visit([&]<typename T>(Values<T> from) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (*dtype == graph::DType::boolean)
        values[i] = from[i] != T{0};
      else if constexpr (std::is_same_v<T, float>)
        values[i] = truncate(from[i]);
      else
        values[i] = from[i];
    }
  });
  return through(Array(x.shape(), std::move(values)));
}

// The integers from `low` to `high` that the result of a QuantizeLinear is one of.
struct IntegerRange {
  graph::DType dtype;
  float low, high;
};

constexpr IntegerRange kQuantized[] = {{graph::DType::uint8, 0, 255},
                                       {graph::DType::int8, -128, 127},
                                       {graph::DType::uint16, 0, 65535},
                                       {graph::DType::int16, -32768, 32767}};

// The type of the zero point, else output_dtype, else uint8.
const IntegerRange& quantized_range(const Call& call) {
  auto dtype = graph::DType::uint8;
  if (call.integer("output_dtype", 0) != 0)
    dtype = graph::dtype_of_onnx(static_cast<int>(call.integer("output_dtype", 0))).value_or(graph::DType::undefined);
  if (call.optional(2) != nullptr && call.types.size() > 2) dtype = call.types[2];
  for (const IntegerRange& range : kQuantized)
    if (range.dtype == dtype) return range;
  throw std::invalid_argument(fmt::format("quantized values of type '{}' are not known", graph::name(dtype)));
}

// For every element of x, which of the scales along an axis it has.
std::vector<std::size_t> scales_of(const Call& call, const Array& x, const Array& scale) {
  if (call.integer("block_size", 0) != 0) throw std::invalid_argument("block_size is not known");
  Dims along(x.rank(), 1);
  if (scale.count() > 1) along[axis_of(call.integer("axis", 1), x.rank())] = static_cast<std::int64_t>(scale.count());
  return broadcast_offsets(along, x.shape());
}

// x / scale + zero point, rounded to even and cut to the range of the type.
Results quantize(const Call& call) {
  const Array &x = call.input(0), &scale = call.input(1);
  const Array* zero_point = call.optional(2);
  const IntegerRange& range = quantized_range(call);
  const auto at = scales_of(call, x, scale);
  std::vector<std::int64_t> values(x.count());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float zero = zero_point != nullptr ? static_cast<float>(zero_point->ints().at(at[i])) : 0.0F;
    const float value = std::nearbyint(x.floats()[i] / scale.floats()[at[i]]) + zero;
    values[i] = static_cast<std::int64_t>(std::fmin(std::fmax(value, range.low), range.high));
  }
  return one(Array(x.shape(), std::move(values)));
}

// (x - zero point) * scale, along an axis where there are several of them.
Results dequantize(const Call& call) {
  const Array &x = call.input(0), &scale = call.input(1);
  const auto at = scales_of(call, x, scale);
  std::vector<float> values(x.count());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Array* zero_point = call.optional(2);
    const std::int64_t zero = zero_point ? zero_point->ints().at(at[i]) : 0;
    values[i] = static_cast<float>(x.ints()[i] - zero) * scale.floats()[at[i]];
  }
  return one(Array(x.shape(), std::move(values)));
}

// Every third element goes while it trains: some draw of many.
Array thinned(const Array& x, float ratio) {
  std::vector<float> y = x.to_floats();
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = i % 3 == 0 ? 0.0F : y[i] / (1.0F - ratio);
  return {x.shape(), std::move(y)};
}

Results dropout(const Call& call) {
  const Array& x = call.input(0);
  const Array* trains = call.optional(2);
  const float ratio = call.number_or_input("ratio", 1).value_or(0.5F);
  if (trains && trains->count() == 1 && trains->to_floats()[0] != 0 && ratio > 0 && ratio < 1)
    return call.outputs < 2 ? one(thinned(x, ratio)) : throw std::invalid_argument("only inference is known");
  Results results = one(x);
  if (call.outputs < 2) return results;
  if (call.older_than(10))
    results.emplace_back(x.shape(), std::vector<float>(x.count(), 1));
  else
    results.emplace_back(x.shape(), std::vector<std::int64_t>(x.count(), 1));
  return results;
}

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
float limited(float x, float low, float high) { return x < low ? low : (high < x ? high : x); }

Results gelu(const Call& call) {
  if (call.text("approximate", "none") == "tanh")
    return map(call, [](float x) {
      return 0.5F * x * (1.0F + std::tanh(0.7978845608F * (x + 0.044715F * x * x * x)));  // sqrt(2 / pi)
    });
  return map(call, [](float x) { return 0.5F * x * (1.0F + std::erf(x * 0.7071067812F)); });  // sqrt(1 / 2)
}

#define RW_FLOAT(expression) [](const Call& call) { return map(call, [](float x) -> float { return expression; }); }

constexpr OperatorRow kElementwiseRows[] = {
    {"Identity", [](const Call& call) { return one(call.input(0)); }},
    {"Dropout", dropout},
    {"Relu", [](const Call& call) { return map_any(call, [](auto x) { return x < 0 ? decltype(x){0} : x; }); }},
    {"Neg", [](const Call& call) { return map_any(call, [](auto x) { return kSubtract(decltype(x){0}, x); }); }},
    {"Abs", [](const Call& call) { return map_any(call, [](auto x) { return x < 0 ? -x : x; }); }},
    {"LeakyRelu",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 0.01F)](float x) { return x < 0 ? alpha * x : x; });
     }},
    {"PRelu", [](const Call& call) { return binary(call, [](auto x, auto slope) { return x < 0 ? slope * x : x; }); }},
    {"ThresholdedRelu",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 1)](float x) { return x > alpha ? x : 0.0F; });
     }},
    {"Elu",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 1)](float x) { return x < 0 ? alpha * std::expm1(x) : x; });
     }},
    {"Celu",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 1)](float x) {
         return std::fmax(x, 0.0F) + std::fmin(0.0F, alpha * std::expm1(x / alpha));
       });
     }},
    {"Selu", RW_FLOAT(1.0507009873F * (x < 0 ? 1.6732632423F * std::expm1(x) : x))},
    {"com.microsoft::QuickGelu",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 1.702F)](float x) { return x * sigmoid(alpha * x); });
     }},
    {"Swish",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 1)](float x) { return x * sigmoid(alpha * x); });
     }},
    {"Mod",
     [](const Call& call) {
       return binary(call, [](auto a, auto b) { return static_cast<decltype(a)>(std::fmod(a, b)); });
     }},
    {"HardSigmoid",
     [](const Call& call) {
       return map(call, [alpha = call.number("alpha", 0.2F), beta = call.number("beta", 0.5F)](float x) {
         return limited(alpha * x + beta, 0, 1);
       });
     }},
    {"HardSwish", RW_FLOAT(x* limited(x / 6.0F + 0.5F, 0, 1))},
    {"Sigmoid", RW_FLOAT(sigmoid(x))},
    {"Tanh", RW_FLOAT(std::tanh(x))},
    {"Softplus", RW_FLOAT(std::log1p(std::exp(-std::fabs(x))) + std::fmax(x, 0.0F))},
    {"Softsign", RW_FLOAT(x / (1.0F + std::fabs(x)))},
    {"Mish", RW_FLOAT(x* std::tanh(std::log1p(std::exp(-std::fabs(x))) + std::fmax(x, 0.0F)))},
    {"Exp", RW_FLOAT(std::exp(x))},
    {"Log", RW_FLOAT(std::log(x))},
    {"Sqrt", RW_FLOAT(std::sqrt(x))},
    {"Reciprocal", RW_FLOAT(1.0F / x)},
    {"Erf", RW_FLOAT(std::erf(x))},
    {"Sin", RW_FLOAT(std::sin(x))},
    {"Cos", RW_FLOAT(std::cos(x))},
    {"Floor", RW_FLOAT(std::floor(x))},
    {"Ceil", RW_FLOAT(std::ceil(x))},
    {"Round", RW_FLOAT(std::nearbyint(x))},
    {"Sign", RW_FLOAT(static_cast<float>((x > 0) - (x < 0)))},
    {"Gelu", gelu},
    {"com.microsoft::Gelu", gelu},
    {"Clip", clip},
    {"Cast", cast},
    {"QuantizeLinear", quantize},
    {"DequantizeLinear", dequantize},
    {"Add", [](const Call& call) { return binary(call, kAdd); }},
    {"Sub", [](const Call& call) { return binary(call, kSubtract); }},
    {"Mul", [](const Call& call) { return binary(call, kMultiply); }},
    {"Div", [](const Call& call) { return binary(call, kDivide); }},
    {"Pow", power},
    {"Sum", [](const Call& call) { return fold(call, kAdd); }},
    {"Max", [](const Call& call) { return fold(call, kLarger); }},
    {"Min", [](const Call& call) { return fold(call, kSmaller); }},
    {"Mean", mean},
    {"Equal", [](const Call& call) { return compare(call, [](auto a, auto b) { return a == b; }); }},
    {"Less", [](const Call& call) { return compare(call, [](auto a, auto b) { return a < b; }); }},
    {"Greater", [](const Call& call) { return compare(call, [](auto a, auto b) { return a > b; }); }},
    {"LessOrEqual", [](const Call& call) { return compare(call, [](auto a, auto b) { return a <= b; }); }},
    {"GreaterOrEqual", [](const Call& call) { return compare(call, [](auto a, auto b) { return a >= b; }); }},
    {"And", [](const Call& call) { return compare(call, [](auto a, auto b) { return a != 0 && b != 0; }); }},
    {"Or", [](const Call& call) { return compare(call, [](auto a, auto b) { return a != 0 || b != 0; }); }},
    {"Not", [](const Call& call) { return map_any(call, [](auto x) -> decltype(x) { return x == 0 ? 1 : 0; }); }},
    {"Where", where},
};

#undef RW_FLOAT

}  // namespace

std::span<const OperatorRow> elementwise_rows() { return kElementwiseRows; }

}  // namespace rw::evaluator
