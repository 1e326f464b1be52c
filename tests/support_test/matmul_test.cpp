// Matrix products, worked by hand.
#include "tests/support_test/operator.hpp"

namespace rw::test {

TEST_CASE("MatMul contracts the last axis with the last but one", "[evaluate][matmul]") {
  const Array a = float_array({2, 2}, {1, 2, 3, 4}), b = float_array({2, 2}, {5, 6, 7, 8});
  check_equal(run_one("MatMul", {a, b}), float_array({2, 2}, {19, 22, 43, 50}));
}

TEST_CASE("MatMul broadcasts its batches", "[evaluate][matmul]") {
  // Batches of rows (0 1), (2 3) against one column (1, 10): 10, 32.
  check_equal(run_one("MatMul", {counting({2, 1, 2}), float_array({2, 1}, {1, 10})}), float_array({2, 1, 1}, {10, 32}));
  // [2, 1] x [1, 3] batches of 1x1 matrices are an outer product.
  check_equal(run_one("MatMul", {float_array({2, 1, 1, 1}, {1, 2}), float_array({1, 3, 1, 1}, {3, 4, 5})}),
              float_array({2, 3, 1, 1}, {3, 4, 5, 6, 8, 10}));
}

TEST_CASE("MatMul with a vector loses that axis", "[evaluate][matmul]") {
  const Array v = float_array({2}, {1, 10}), m = float_array({2, 2}, {1, 2, 3, 4});
  check_equal(run_one("MatMul", {v, m}), float_array({2}, {31, 42}));
  check_equal(run_one("MatMul", {m, v}), float_array({2}, {21, 43}));
  check_equal(run_one("MatMul", {v, v}), float_array({}, {101}));
  CHECK_THROWS_AS(run_one("MatMul", {m, counting({3})}), std::runtime_error);
}

TEST_CASE("Gemm transposes, weighs and adds", "[evaluate][matmul]") {
  const Array a = float_array({1, 2}, {1, 2}), b = float_array({3, 2}, {1, 0, 0, 1, 1, 1});
  // rows of b: 1, 2, 3; doubled, plus 0.5 times C
  check_equal(run_one("Gemm", {a, b, float_array({3}, {10, 20, 30})}, {{{"transB", 1}, {"alpha", 2.0}, {"beta", 0.5}}}),
              float_array({1, 3}, {7, 14, 21}));
  // A transposed: a column (1, 2) times a row (3, 4)
  check_equal(run_one("Gemm", {a, float_array({1, 2}, {3, 4})}, {{{"transA", 1}}}), float_array({2, 2}, {3, 4, 6, 8}));
  CHECK_THROWS_AS(run_one("Gemm", {a, b}), std::runtime_error);
}

}  // namespace rw::test
