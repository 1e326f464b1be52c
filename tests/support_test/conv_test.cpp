// Convolutions, worked by hand.
#include "tests/support_test/operator.hpp"

namespace rw::test {

TEST_CASE("Conv slides the kernel without flipping it", "[evaluate][conv]") {
  // 0 1 2 / 3 4 5 / 6 7 8 under 1 2 / 3 4: 0*1 + 1*2 + 3*3 + 4*4 = 27; one to the right adds 1+2+3+4 = 10, one down 30.
  const Array y = run_one("Conv", {counting({1, 1, 3, 3}), float_array({1, 1, 2, 2}, {1, 2, 3, 4})});
  check_equal(y, float_array({1, 1, 2, 2}, {27, 37, 57, 67}));
}

TEST_CASE("Conv pads, strides, dilates and adds its bias", "[evaluate][conv]") {
  const Array x = counting({1, 1, 1, 5});
  const Array ones = float_array({1, 1, 1, 3}, {1, 1, 1});
  SECTION("pads at the beginning and the end along one axis") {
    // 0 [0 1] 3 -> 0+0+1, then 2 apart: 1+2+3, 3+4+0; bias 10
    const Array y = run_one("Conv", {x, ones, float_array({1}, {10})}, {{{"pads", {0, 1, 0, 1}}, {"strides", {1, 2}}}});
    check_equal(y, float_array({1, 1, 1, 3}, {11, 16, 17}));
  }
  SECTION("dilation 2: 0 + 2 + 4") {
    check_equal(run_one("Conv", {x, ones}, {{{"dilations", {1, 2}}}}), float_array({1, 1, 1, 1}, {6}));
  }
  SECTION("SAME_UPPER puts the odd element at the end, SAME_LOWER at the beginning") {
    const Array two = float_array({1, 1, 1, 2}, {1, 10});
    check_equal(run_one("Conv", {x, two}, {{{"auto_pad", "SAME_UPPER"}}}),
                float_array({1, 1, 1, 5}, {10, 21, 32, 43, 4}));
    check_equal(run_one("Conv", {x, two}, {{{"auto_pad", "SAME_LOWER"}}}),
                float_array({1, 1, 1, 5}, {0, 10, 21, 32, 43}));
  }
}

TEST_CASE("Conv works group by group", "[evaluate][conv]") {
  // Channels 0..3 hold 1, 2, 3, 4. Group 0 sees 1 and 2: 1*1 + 2*10 = 21; group 1 sees 3 and 4: 3*2 + 4*1 = 10.
  const Array x = float_array({1, 4, 1, 1}, {1, 2, 3, 4});
  const Array w = float_array({2, 2, 1, 1}, {1, 10, 2, 1});
  check_equal(run_one("Conv", {x, w}, {{{"group", 2}}}), float_array({1, 2, 1, 1}, {21, 10}));
}

TEST_CASE("Conv has one to three spatial axes and a batch", "[evaluate][conv]") {
  // Two samples of one channel: 0 1 2 and 3 4 5; differences of neighbours are 1.
  check_equal(run_one("Conv", {counting({2, 1, 3}), float_array({1, 1, 2}, {-1, 1})}),
              float_array({2, 1, 2}, {1, 1, 1, 1}));
  // The sum of the cube 0..7 is 28.
  check_equal(run_one("Conv", {counting({1, 1, 2, 2, 2}), float_array({1, 1, 2, 2, 2}, std::vector<float>(8, 1))}),
              float_array({1, 1, 1, 1, 1}, {28}));
}

TEST_CASE("Conv refuses what does not fit", "[evaluate][conv]") {
  const Array x = counting({1, 2, 3, 3});
  CHECK_THROWS_AS(run_one("Conv", {x, counting({1, 3, 1, 1})}), std::runtime_error);
  CHECK_THROWS_AS(run_one("Conv", {x, counting({1, 2, 4, 4})}), std::runtime_error);
  CHECK_THROWS_AS(run_one("Conv", {x, counting({2, 2, 1, 1}), counting({3})}), std::runtime_error);
}

TEST_CASE("ConvTranspose lays down the kernel once per input element", "[evaluate][conv]") {
  // 1 2 with kernel 1 10 100 and stride 2: 1 10 100 . . plus . . 2 20 200
  const Array x = float_array({1, 1, 1, 2}, {1, 2});
  const Array w = float_array({1, 1, 1, 3}, {1, 10, 100});
  SECTION("overlapping at stride 2") {
    check_equal(run_one("ConvTranspose", {x, w}, {{{"strides", {1, 2}}}}),
                float_array({1, 1, 1, 5}, {1, 10, 102, 20, 200}));
  }
  SECTION("pads cut off, output_padding appends") {
    check_equal(run_one("ConvTranspose", {x, w, float_array({1}, {1000})},
                        {{{"strides", {1, 2}}, {"pads", {0, 1, 0, 1}}, {"output_padding", {0, 1}}}}),
                float_array({1, 1, 1, 4}, {1010, 1102, 1020, 1200}));
  }
  SECTION("SAME_UPPER: twice the input, what is too much is cut at the end") {
    check_equal(run_one("ConvTranspose", {x, w}, {{{"strides", {1, 2}}, {"auto_pad", "SAME_UPPER"}}}),
                float_array({1, 1, 1, 4}, {1, 10, 102, 20}));
  }
}

TEST_CASE("ConvTranspose keeps its weight as in x out/group", "[evaluate][conv]") {
  const Array x = float_array({1, 4, 1, 1}, {1, 2, 3, 4});
  SECTION("no group: out_o = sum of x_i w[i, o]; 1*1 + 2*3 + 3*5 + 4*7 = 50, 1*2 + 2*4 + 3*6 + 4*8 = 60") {
    check_equal(run_one("ConvTranspose", {x, float_array({4, 2, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8})}),
                float_array({1, 2, 1, 1}, {50, 60}));
  }
  SECTION("two groups of two channels: 1*1 + 2*3 = 7, 1*2 + 2*4 = 10; 3*5 + 4*7 = 43, 3*6 + 4*8 = 50") {
    check_equal(run_one("ConvTranspose", {x, float_array({4, 2, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8})}, {{{"group", 2}}}),
                float_array({1, 4, 1, 1}, {7, 10, 43, 50}));
  }
}

TEST_CASE("FusedConv adds Z and applies its activation", "[evaluate][conv]") {
  const Array x = float_array({1, 1, 1, 2}, {1, -3}), w = float_array({1, 1, 1, 1}, {2});
  const Array none, z = float_array({1, 1, 1, 2}, {1, 1});
  check_equal(run_one("com.microsoft::FusedConv", {x, w, none, z}, {{{"activation", "Relu"}}}),
              float_array({1, 1, 1, 2}, {3, 0}));
  check_equal(
      run_one("com.microsoft::FusedConv", {x, w}, {{{"activation", "LeakyRelu"}, {"activation_params", {0.5}}}}),
      float_array({1, 1, 1, 2}, {2, -3}));
  CHECK_THROWS_AS(run_one("com.microsoft::FusedConv", {x, w}, {{{"activation", "Swirl"}}}), std::runtime_error);
}

}  // namespace rw::test
