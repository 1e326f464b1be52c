// Poolings and reductions, worked by hand.
#include "tests/support_test/operator.hpp"

namespace rw::test {

TEST_CASE("MaxPool takes the largest, never the padding", "[evaluate][pool]") {
  // 0 1 2 / 3 4 5 / 6 7 8
  check_equal(run_one("MaxPool", {counting({1, 1, 3, 3})}, {{{"kernel_shape", {2, 2}}}}),
              float_array({1, 1, 2, 2}, {4, 5, 7, 8}));
  check_equal(run_one("MaxPool", {float_array({1, 1, 2}, {-5, -3})}, {{{"kernel_shape", {2}}, {"pads", {1, 1}}}}),
              float_array({1, 1, 3}, {-5, -3, -3}));
}

TEST_CASE("MaxPool says where it found the largest", "[evaluate][pool]") {
  const Array x = float_array({1, 2, 1, 2}, {1, 2, 9, 8});
  const auto results = run_operator("MaxPool", {x}, {{{"kernel_shape", {1, 2}}}, 2});
  check_equal(results.at(0), float_array({1, 2, 1, 1}, {2, 9}));
  check_equal(results.at(1), int_array({1, 2, 1, 1}, {1, 2}));
}

TEST_CASE("ceil_mode gives a last window that is cut off", "[evaluate][pool]") {
  const Array x = counting({1, 1, 5});
  const NetAttributes floor = {{"kernel_shape", {2}}, {"strides", {2}}};
  const NetAttributes ceil = {{"kernel_shape", {2}}, {"strides", {2}}, {"ceil_mode", 1}};
  check_equal(run_one("MaxPool", {x}, {floor}), float_array({1, 1, 2}, {1, 3}));
  check_equal(run_one("MaxPool", {x}, {ceil}), float_array({1, 1, 3}, {1, 3, 4}));
  check_equal(run_one("AveragePool", {x}, {ceil}), float_array({1, 1, 3}, {0.5, 2.5, 4}));
  // Kernel 1, stride 3 on 2 elements: the second window would begin behind them, there is one only.
  const NetAttributes beyond = {{"kernel_shape", {1}}, {"strides", {3}}, {"ceil_mode", 1}};
  check_equal(run_one("MaxPool", {counting({1, 1, 2})}, {beyond}), float_array({1, 1, 1}, {0}));
}

TEST_CASE("AveragePool divides by what it counted", "[evaluate][pool]") {
  const Array x = float_array({1, 1, 2}, {2, 4});
  // windows (pad 2), (2 4), (4 pad)
  check_equal(run_one("AveragePool", {x}, {{{"kernel_shape", {2}}, {"pads", {1, 1}}}}),
              float_array({1, 1, 3}, {2, 3, 4}));
  check_equal(run_one("AveragePool", {x}, {{{"kernel_shape", {2}}, {"pads", {1, 1}}, {"count_include_pad", 1}}}),
              float_array({1, 1, 3}, {1, 3, 2}));
  // Padded to 0 2 4 0, windows of 3 at stride 2: (0 2 4) and (4 0), which ends where the padding ends.
  const NetAttributes both = {
      {"kernel_shape", {3}}, {"strides", {2}}, {"pads", {1, 1}}, {"count_include_pad", 1}, {"ceil_mode", 1}};
  check_equal(run_one("AveragePool", {x}, {both}), float_array({1, 1, 2}, {2, 2}));
}

TEST_CASE("LpPool takes the norm of its window", "[evaluate][pool]") {
  const Array x = float_array({1, 1, 2}, {3, -4});
  check_equal(run_one("LpPool", {x}, {{{"kernel_shape", {2}}}}), float_array({1, 1, 1}, {5}));
  check_equal(run_one("LpPool", {x}, {{{"kernel_shape", {2}}, {"p", 1}}}), float_array({1, 1, 1}, {7}));
}

TEST_CASE("Global poolings leave one element per channel", "[evaluate][pool]") {
  const Array x = float_array({1, 2, 1, 2}, {3, -4, 6, 8});
  check_equal(run_one("GlobalAveragePool", {x}), float_array({1, 2, 1, 1}, {-0.5, 7}));
  check_equal(run_one("GlobalMaxPool", {x}), float_array({1, 2, 1, 1}, {3, 8}));
  check_equal(run_one("GlobalLpPool", {x}), float_array({1, 2, 1, 1}, {5, 10}));
}

TEST_CASE("reductions fold the axes they are given", "[evaluate][reduce]") {
  const Array x = float_array({2, 2}, {1, -2, 3, 4});
  const NetAttributes columns = {{"axes", {0}}};
  check_equal(run_one("ReduceSum", {x, int_array({1}, {0})}), float_array({1, 2}, {4, 2}));
  check_equal(run_one("ReduceMean", {x}, {columns}), float_array({1, 2}, {2, 1}));
  check_equal(run_one("ReduceMax", {x}, {columns}), float_array({1, 2}, {3, 4}));
  check_equal(run_one("ReduceMin", {x}, {columns}), float_array({1, 2}, {1, -2}));
  check_equal(run_one("ReduceL1", {x}, {columns}), float_array({1, 2}, {4, 6}));
  check_close(run_one("ReduceL2", {x}, {columns}), float_array({1, 2}, {3.16227766F, 4.47213595F}));
  check_equal(run_one("ReduceSumSquare", {x}, {columns}), float_array({1, 2}, {10, 20}));
  check_equal(run_one("ReduceProd", {x}, {columns}), float_array({1, 2}, {3, -8}));
}

TEST_CASE("reductions without axes fold all or, when told, nothing", "[evaluate][reduce]") {
  const Array x = float_array({2, 2}, {1, -2, 3, 4});
  check_equal(run_one("ReduceSum", {x}), float_array({1, 1}, {6}));
  check_equal(run_one("ReduceSum", {x}, {{{"keepdims", 0}}}), float_array({}, {6}));
  check_equal(run_one("ReduceSum", {x}, {{{"noop_with_empty_axes", 1}}}), x);
  check_equal(run_one("ReduceSum", {x, int_array({1}, {-1})}, {{{"keepdims", 0}}}), float_array({2}, {-1, 7}));
}

TEST_CASE("ArgMax gives the place of the largest", "[evaluate][reduce]") {
  const Array x = float_array({2, 3}, {1, 5, 5, 7, 2, 3});
  check_equal(run_one("ArgMax", {x}, {{{"axis", 1}}}), int_array({2, 1}, {1, 0}));
  check_equal(run_one("ArgMax", {x}, {{{"axis", 1}, {"select_last_index", 1}, {"keepdims", 0}}}),
              int_array({2}, {2, 0}));
  check_equal(run_one("ArgMax", {x}, {{{"axis", 0}, {"keepdims", 0}}}), int_array({3}, {1, 0, 0}));
}

}  // namespace rw::test
