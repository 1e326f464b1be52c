// Matrix products. Every output element is a sum over the contracted axis in ascending order.
#include <fmt/format.h>

#include <stdexcept>

#include "runtime/evaluator/call.hpp"

namespace rw::evaluator {
namespace {

// c[m, n] += a[m, k] b[k, n]
void multiply(const float* a, const float* b, float* c, std::size_t m, std::size_t k, std::size_t n) {
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t l = 0; l < k; ++l) {
      const float factor = a[i * k + l];
      for (std::size_t j = 0; j < n; ++j) c[i * n + j] += factor * b[l * n + j];
    }
}

[[noreturn]] void do_not_fit(const Array& a, const Array& b) {
  throw std::invalid_argument(fmt::format("{} and {} do not fit", to_string(a.shape()), to_string(b.shape())));
}

// As numpy.matmul: the last two axes are matrices, the others broadcast; a vector is a row on the left, a column on the
// right, and its axis of size 1 does not appear in the result.
Results matmul(const Call& call) {
  const Array &a = call.input(0), &b = call.input(1);
  if (a.rank() == 0 || b.rank() == 0) do_not_fit(a, b);
  Dims left = a.shape(), right = b.shape();
  if (a.rank() == 1) left.insert(left.begin(), 1);
  if (b.rank() == 1) right.push_back(1);
  const auto m = static_cast<std::size_t>(left.end()[-2]), k = static_cast<std::size_t>(left.back());
  const auto n = static_cast<std::size_t>(right.back());
  if (right.end()[-2] != left.back()) do_not_fit(a, b);

  const Dims left_batch(left.begin(), left.end() - 2), right_batch(right.begin(), right.end() - 2);
  Dims shape = broadcast(left_batch, right_batch);
  const std::vector<std::size_t> from_left = broadcast_offsets(left_batch, shape);
  const std::vector<std::size_t> from_right = broadcast_offsets(right_batch, shape);
  std::vector<float> y(from_left.size() * m * n, 0.0F);
  for (std::size_t i = 0; i < from_left.size(); ++i)
    multiply(a.floats().data() + from_left[i] * m * k, b.floats().data() + from_right[i] * k * n, y.data() + i * m * n,
             m, k, n);
  if (a.rank() > 1) shape.push_back(left.end()[-2]);
  if (b.rank() > 1) shape.push_back(right.back());
  return one(Array(std::move(shape), std::move(y)));
}

Array transposed(const Array& matrix, bool yes) {
  if (matrix.rank() != 2) throw std::invalid_argument(fmt::format("{} is no matrix", to_string(matrix.shape())));
  if (!yes) return matrix;
  const Dims shape = {matrix.dim(1), matrix.dim(0)};
  return take(matrix, shape, offsets(shape, {1, matrix.dim(1)}));
}

// Y = alpha * A B + beta * C
Results gemm(const Call& call) {
  const Array a = transposed(call.input(0), call.integer("transA", 0) != 0);
  const Array b = transposed(call.input(1), call.integer("transB", 0) != 0);
  if (a.dim(1) != b.dim(0)) do_not_fit(a, b);
  const Dims shape = {a.dim(0), b.dim(1)};
  std::vector<float> y(count(shape), 0.0F);
  multiply(a.floats().data(), b.floats().data(), y.data(), static_cast<std::size_t>(a.dim(0)),
           static_cast<std::size_t>(a.dim(1)), static_cast<std::size_t>(b.dim(1)));
  const float alpha = call.number("alpha", 1), beta = call.number("beta", 1);
  for (float& value : y) value = alpha * value;
  if (const Array* c = call.optional(2)) {
    const std::vector<std::size_t> from = broadcast_offsets(c->shape(), shape);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += beta * c->floats()[from[i]];
  }
  return one(Array(shape, std::move(y)));
}

constexpr OperatorRow kMatmulRows[] = {
    {"MatMul", matmul},
    {"Gemm", gemm},
};

}  // namespace

std::span<const OperatorRow> matmul_rows() { return kMatmulRows; }

}  // namespace rw::evaluator
