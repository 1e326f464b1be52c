// One operator, run by evaluate() in a network of its own.
#pragma once

#include <fmt/format.h>

#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/net.hpp"

namespace rw::test {

struct OperatorOptions {
  NetAttributes attributes = {};
  std::size_t outputs = 1;
  std::int64_t opset = 17;
};

// The inputs become constants; an array without values is an absent input.
inline std::vector<Array> run_operator(const std::string& type, const std::vector<Array>& inputs,
                                       const OperatorOptions& options = {}) {
  Net net(1, options.opset);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto dtype = inputs[i].is_float() ? graph::DType::float32 : graph::DType::int64;
    names.push_back(inputs[i].count() == 0 ? "" : net.constant(fmt::format("in{}", i), inputs[i], dtype));
  }
  const std::vector<std::string> outputs = net.ops(type, "op", options.outputs, names, options.attributes);
  const Arrays values = evaluate(net.network(), {});
  std::vector<Array> results;
  results.reserve(outputs.size());
  for (const std::string& output : outputs) results.push_back(values.at(output));
  return results;
}

inline Array run_one(const std::string& type, const std::vector<Array>& inputs, const OperatorOptions& options = {}) {
  return run_operator(type, inputs, options).front();
}

// 0, 1, 2... in this shape.
inline Array counting(Dims shape) {
  std::vector<float> values(count(shape));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return float_array(std::move(shape), std::move(values));
}

inline void check_close(const Array& got, const Array& wanted, double margin = 1e-6) {
  REQUIRE(got.shape() == wanted.shape());
  for (std::size_t i = 0; i < wanted.count(); ++i) {
    INFO("element " << i);
    CHECK(got.floats()[i] == Approx(wanted.floats()[i]).margin(margin).epsilon(margin));
  }
}

inline void check_equal(const Array& got, const Array& wanted) {
  CHECK(got.shape() == wanted.shape());
  REQUIRE(got.is_float() == wanted.is_float());
  if (wanted.is_float())
    CHECK(got.floats() == wanted.floats());
  else
    CHECK(got.ints() == wanted.ints());
}

}  // namespace rw::test
