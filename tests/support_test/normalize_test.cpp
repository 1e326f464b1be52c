// Normalizations, worked by hand; epsilon is chosen so that the roots are whole.
#include "tests/support_test/operator.hpp"

namespace rw::test {

TEST_CASE("BatchNormalization uses the stored statistics", "[evaluate][normalize]") {
  const Array x = float_array({1, 2, 1, 2}, {1, 3, 10, 20});
  const Array scale = float_array({2}, {2, 3}), bias = float_array({2}, {1, -1});
  const Array mean = float_array({2}, {1, 10}), variance = float_array({2}, {3, 24});
  // epsilon 1: divided by 2 and by 5. (1-1)*2/2+1, (3-1)*2/2+1; (10-10)*3/5-1, (20-10)*3/5-1
  check_close(run_one("BatchNormalization", {x, scale, bias, mean, variance}, {{{"epsilon", 1.0}}}),
              float_array({1, 2, 1, 2}, {1, 3, -1, 5}));
}

TEST_CASE("LayerNormalization centres each row", "[evaluate][normalize]") {
  // (1 3): mean 2, variance 1, with epsilon 3 divided by 2: -1/2, 1/2; (0 0) stays 0
  const Array x = float_array({2, 2}, {1, 3, 0, 0}), scale = float_array({2}, {2, 4}),
              bias = float_array({2}, {10, 20});
  const auto results = run_operator("LayerNormalization", {x, scale, bias}, {{{"epsilon", 3.0}}, 3});
  check_close(results.at(0), float_array({2, 2}, {9, 22, 10, 20}));
  check_close(results.at(1), float_array({2, 1}, {2, 0}));
  check_close(results.at(2), float_array({2, 1}, {0.5, 0.577350269F}));
  // From axis 0 on everything is one row: mean 1, variance (0 + 4 + 1 + 1) / 4 = 1.5, with epsilon 2.5 divided by 2.
  check_close(run_one("LayerNormalization", {x, float_array({1}, {2})}, {{{"epsilon", 2.5}, {"axis", 0}}}),
              float_array({2, 2}, {0, 2, -1, -1}));
}

TEST_CASE("RMSNormalization does not centre", "[evaluate][normalize]") {
  // mean of squares (9 + 25) / 2 = 17, with epsilon -1 divided by 4
  check_close(run_one("RMSNormalization", {float_array({1, 2}, {3, -5}), float_array({2}, {4, 8})},
                      {{{"epsilon", -1.0}}, 1, 23}),
              float_array({1, 2}, {3, -10}));
}

TEST_CASE("InstanceNormalization centres each channel", "[evaluate][normalize]") {
  // (1 3): -1/2, 1/2 as above; (0 8): mean 4, variance 16, with epsilon 3 divided by sqrt(19)
  const Array x = float_array({1, 2, 2}, {1, 3, 0, 8});
  check_close(run_one("InstanceNormalization", {x, float_array({2}, {2, 4.35889894F}), float_array({2}, {0, 1})},
                      {{{"epsilon", 3.0}}}),
              float_array({1, 2, 2}, {-1, 1, -3, 5}));
}

TEST_CASE("GroupNormalization has a scale for each group, later for each channel", "[evaluate][normalize]") {
  // Two groups of two channels with one element each: (1 3) -> -1/2, 1/2 and (5 5) -> 0.
  const Array x = float_array({1, 4, 1}, {1, 3, 5, 5});
  const NetAttributes attributes = {{"epsilon", 3.0}, {"num_groups", 2}};
  check_close(
      run_one("GroupNormalization", {x, float_array({2}, {2, 4}), float_array({2}, {0, 7})}, {attributes, 1, 18}),
      float_array({1, 4, 1}, {-1, 1, 7, 7}));
  check_close(run_one("GroupNormalization", {x, float_array({4}, {2, 4, 6, 8}), float_array({4}, {0, 1, 2, 3})},
                      {attributes, 1, 21}),
              float_array({1, 4, 1}, {-1, 3, 2, 3}));
}

TEST_CASE("Softmax sums to one along its axis", "[evaluate][normalize]") {
  // exp of 0, log 2, log 4, log 8 is 1, 2, 4, 8
  const Array x = float_array({1, 2, 2}, {0, 0.693147181F, 1.386294361F, 2.079441542F});
  const float third = 1.0F / 3, fifth = 1.0F / 5, fifteenth = 1.0F / 15;
  check_close(run_one("Softmax", {x}), float_array({1, 2, 2}, {third, 2 * third, third, 2 * third}));
  check_close(run_one("Softmax", {x}, {{{"axis", 1}}}), float_array({1, 2, 2}, {fifth, fifth, 4 * fifth, 4 * fifth}));
  // Before operator set 13 everything from the axis on is one row: out of 15.
  check_close(run_one("Softmax", {x}, {{{"axis", 1}}, 1, 12}),
              float_array({1, 2, 2}, {fifteenth, 2 * fifteenth, 4 * fifteenth, 8 * fifteenth}));
  // log(1/3) = -1.098612289, log(2/3) = -0.405465108
  check_close(run_one("LogSoftmax", {x}),
              float_array({1, 2, 2}, {-1.098612289F, -0.405465108F, -1.098612289F, -0.405465108F}));
}

TEST_CASE("Softmax does not overflow", "[evaluate][normalize]") {
  check_close(run_one("Softmax", {float_array({2}, {1000, 1000})}), float_array({2}, {0.5, 0.5}));
}

}  // namespace rw::test
