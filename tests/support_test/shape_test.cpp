// Operators that move, choose or repeat elements; arrays are small enough to follow every element.
#include "tests/support_test/operator.hpp"

namespace rw::test {
namespace {

Array ints(std::vector<std::int64_t> values) {
  const auto length = static_cast<std::int64_t>(values.size());
  return int_array({length}, std::move(values));
}

}  // namespace

TEST_CASE("Reshape keeps with 0 and infers with -1", "[evaluate][shape]") {
  const Array x = counting({2, 3, 4});
  CHECK(run_one("Reshape", {x, ints({0, -1})}).shape() == Dims{2, 12});
  CHECK(run_one("Reshape", {x, ints({-1, 6})}).shape() == Dims{4, 6});
  CHECK(run_one("Reshape", {x, ints({4, 6})}).floats() == x.floats());
  CHECK_THROWS_AS(run_one("Reshape", {x, ints({5, -1})}), std::runtime_error);
}

TEST_CASE("Flatten, Squeeze and Unsqueeze change the shape alone", "[evaluate][shape]") {
  const Array x = counting({2, 1, 3, 1});
  CHECK(run_one("Flatten", {x}).shape() == Dims{2, 3});
  CHECK(run_one("Flatten", {x}, {{{"axis", 0}}}).shape() == Dims{1, 6});
  CHECK(run_one("Flatten", {x}, {{{"axis", 4}}}).shape() == Dims{6, 1});
  CHECK(run_one("Flatten", {x}, {{{"axis", -2}}}).shape() == Dims{2, 3});
  CHECK(run_one("Squeeze", {x}).shape() == Dims{2, 3});
  CHECK(run_one("Squeeze", {x, ints({-1})}).shape() == Dims{2, 1, 3});
  CHECK(run_one("Squeeze", {x}, {{{"axes", {1}}}, 1, 11}).shape() == Dims{2, 3, 1});
  CHECK(run_one("Unsqueeze", {counting({2, 3}), ints({0, 3})}).shape() == Dims{1, 2, 3, 1});
  CHECK(run_one("Unsqueeze", {counting({2, 3}), ints({-1})}).shape() == Dims{2, 3, 1});
}

TEST_CASE("Transpose permutes axes, reversed where it is not said", "[evaluate][shape]") {
  // 0 1 2 / 3 4 5
  check_equal(run_one("Transpose", {counting({2, 3})}), float_array({3, 2}, {0, 3, 1, 4, 2, 5}));
  // [1, 2, 3] to [2, 3, 1]: the elements stay in order, since only an axis of size 1 moves.
  check_equal(run_one("Transpose", {counting({1, 2, 3})}, {{{"perm", {1, 2, 0}}}}), counting({2, 3, 1}));
  // [2, 1, 3] to [3, 2, 1]
  check_equal(run_one("Transpose", {counting({2, 1, 3})}, {{{"perm", {2, 0, 1}}}}),
              float_array({3, 2, 1}, {0, 3, 1, 4, 2, 5}));
}

TEST_CASE("DepthToSpace lays channels out as blocks, in two orders", "[evaluate][shape]") {
  // Eight channels of one element, block 2. DCR: channel = (row, column, c), so that output channel 0 has 0 2 / 4 6.
  // CRD: channel = (c, row, column), so that output channel 0 has 0 1 / 2 3.
  const Array x = counting({1, 8, 1, 1});
  check_equal(run_one("DepthToSpace", {x}, {{{"blocksize", 2}}}), float_array({1, 2, 2, 2}, {0, 2, 4, 6, 1, 3, 5, 7}));
  check_equal(run_one("DepthToSpace", {x}, {{{"blocksize", 2}, {"mode", "CRD"}}}), counting({1, 2, 2, 2}));
  // SpaceToDepth takes the first one back.
  check_equal(run_one("SpaceToDepth", {float_array({1, 2, 2, 2}, {0, 2, 4, 6, 1, 3, 5, 7})}, {{{"blocksize", 2}}}), x);
}

TEST_CASE("Concat lays side by side", "[evaluate][shape]") {
  const Array a = float_array({2, 1}, {1, 2}), b = float_array({2, 2}, {3, 4, 5, 6});
  check_equal(run_one("Concat", {a, b}, {{{"axis", 1}}}), float_array({2, 3}, {1, 3, 4, 2, 5, 6}));
  check_equal(run_one("Concat", {a, a}, {{{"axis", -2}}}), float_array({4, 1}, {1, 2, 1, 2}));
  check_equal(run_one("Concat", {ints({1}), ints({2, 3})}, {{{"axis", 0}}}), ints({1, 2, 3}));
  CHECK_THROWS_AS(run_one("Concat", {a, b}, {{{"axis", 0}}}), std::runtime_error);
}

TEST_CASE("Split takes apart, evenly or as told", "[evaluate][shape]") {
  const Array x = float_array({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto told = run_operator("Split", {x, ints({1, 2})}, {{{"axis", 1}}, 2});
  check_equal(told.at(0), float_array({2, 1}, {1, 4}));
  check_equal(told.at(1), float_array({2, 2}, {2, 3, 5, 6}));
  const auto uneven = run_operator("Split", {x}, {{{"axis", 1}, {"num_outputs", 2}}, 2, 18});
  check_equal(uneven.at(0), float_array({2, 2}, {1, 2, 4, 5}));
  check_equal(uneven.at(1), float_array({2, 1}, {3, 6}));
  const auto attribute = run_operator("Split", {x}, {{{"axis", 0}, {"split", {1, 1}}}, 2, 11});
  check_equal(attribute.at(1), float_array({1, 3}, {4, 5, 6}));
  CHECK_THROWS_AS(run_operator("Split", {x, ints({1, 1})}, {{{"axis", 1}}, 2}), std::runtime_error);
}

TEST_CASE("Slice counts from both ends, in both directions", "[evaluate][shape]") {
  const Array x = counting({6});
  const auto slice = [&](std::int64_t start, std::int64_t end, std::int64_t step) {
    return run_one("Slice", {x, ints({start}), ints({end}), ints({0}), ints({step})});
  };
  check_equal(slice(1, 4, 1), float_array({3}, {1, 2, 3}));
  check_equal(slice(-2, INT64_MAX, 1), float_array({2}, {4, 5}));
  check_equal(slice(0, 6, 4), float_array({2}, {0, 4}));
  check_equal(slice(-1, INT64_MIN, -2), float_array({3}, {5, 3, 1}));
  check_equal(slice(4, 1, -1), float_array({3}, {4, 3, 2}));
  CHECK(slice(4, 1, 1).shape() == Dims{0});
  CHECK_THROWS_AS(slice(0, 1, 0), std::runtime_error);
  // Along the second of two axes, by attributes as in operator set 1.
  check_equal(run_one("Slice", {counting({2, 3})}, {{{"axes", {1}}, {"starts", {1}}, {"ends", {3}}}, 1, 9}),
              float_array({2, 2}, {1, 2, 4, 5}));
}

TEST_CASE("Gather chooses along its axis", "[evaluate][shape]") {
  const Array x = float_array({2, 3}, {1, 2, 3, 4, 5, 6});
  check_equal(run_one("Gather", {x, ints({2, 0, -1})}, {{{"axis", 1}}}), float_array({2, 3}, {3, 1, 3, 6, 4, 6}));
  check_equal(run_one("Gather", {x, int_array({}, {1})}), float_array({3}, {4, 5, 6}));
  check_equal(run_one("Gather", {x, int_array({1, 2}, {1, 0})}), float_array({1, 2, 3}, {4, 5, 6, 1, 2, 3}));
  CHECK_THROWS_AS(run_one("Gather", {x, ints({3})}, {{{"axis", 1}}}), std::runtime_error);
}

TEST_CASE("Expand and Tile repeat", "[evaluate][shape]") {
  const Array x = float_array({2, 1}, {1, 2});
  check_equal(run_one("Expand", {x, ints({2})}), float_array({2, 2}, {1, 1, 2, 2}));
  check_equal(run_one("Expand", {x, ints({2, 1, 1})}), float_array({2, 2, 1}, {1, 2, 1, 2}));
  check_equal(run_one("Tile", {float_array({1, 2}, {1, 2}), ints({2, 2})}),
              float_array({2, 4}, {1, 2, 1, 2, 1, 2, 1, 2}));
}

TEST_CASE("Pad fills with a constant, a mirror image or the edge", "[evaluate][shape]") {
  const Array x = float_array({1, 3}, {1, 2, 3}), pads = ints({0, 2, 0, 1});
  check_equal(run_one("Pad", {x, pads, float_array({}, {9})}), float_array({1, 6}, {9, 9, 1, 2, 3, 9}));
  check_equal(run_one("Pad", {x, pads}, {{{"mode", "reflect"}}}), float_array({1, 6}, {3, 2, 1, 2, 3, 2}));
  check_equal(run_one("Pad", {x, pads}, {{{"mode", "edge"}}}), float_array({1, 6}, {1, 1, 1, 2, 3, 3}));
  check_equal(run_one("Pad", {x}, {{{"pads", {1, 0, 0, -1}}, {"value", 5.0}}, 1, 10}),
              float_array({2, 2}, {5, 5, 1, 2}));
  const Array none;
  check_equal(run_one("Pad", {x, ints({1, 0}), none, ints({-1})}, {{}, 1, 18}), float_array({1, 4}, {0, 1, 2, 3}));
}

TEST_CASE("Resize to the nearest, and linearly", "[evaluate][shape]") {
  const Array x = float_array({1, 1, 1, 2}, {0, 8}), none, twice = float_array({4}, {1, 1, 1, 2});
  check_equal(run_one("Resize", {x, none, twice}), float_array({1, 1, 1, 4}, {0, 0, 8, 8}));
  check_equal(run_one("Resize", {x, none, none, ints({1, 1, 2, 2})}), float_array({1, 1, 2, 2}, {0, 8, 0, 8}));
  const auto linear = [&](const char* mode) {
    return run_one("Resize", {x, none, twice}, {{{"mode", "linear"}, {"coordinate_transformation_mode", mode}}});
  };
  // Half pixels: -1/4, 1/4, 3/4, 5/4, and nothing beyond the ends. Asymmetric: 0, 1/2, 1, 3/2. Corners: thirds.
  check_equal(linear("half_pixel"), float_array({1, 1, 1, 4}, {0, 2, 6, 8}));
  check_equal(linear("asymmetric"), float_array({1, 1, 1, 4}, {0, 4, 8, 8}));
  check_close(linear("align_corners"), float_array({1, 1, 1, 4}, {0, 2.66666667F, 5.33333333F, 8}));
  // Three to two: half pixels at 1/4 and 7/4; nearest rounds to 0 and 2.
  check_equal(run_one("Resize", {counting({3}), none, none, ints({2})}), float_array({2}, {0, 2}));
  check_equal(run_one("Upsample", {x, twice}, {{}, 1, 9}), float_array({1, 1, 1, 4}, {0, 0, 8, 8}));
}

TEST_CASE("Shape, Size and constants", "[evaluate][shape]") {
  const Array x = counting({2, 3, 4});
  check_equal(run_one("Shape", {x}), ints({2, 3, 4}));
  check_equal(run_one("Shape", {x}, {{{"start", 1}, {"end", -1}}}), ints({3}));
  check_equal(run_one("Size", {x}), int_array({}, {24}));
  check_equal(run_one("Constant", {}, {{{"value", Constant{float_array({2}, {1, 2})}}}}), float_array({2}, {1, 2}));
  check_equal(run_one("Constant", {}, {{{"value_ints", {4, 5}}}}), ints({4, 5}));
  check_equal(run_one("Constant", {}, {{{"value_float", 0.5}}}), float_array({}, {0.5}));
  check_equal(run_one("ConstantOfShape", {ints({2})}), float_array({2}, {0, 0}));
  check_equal(
      run_one("ConstantOfShape", {ints({1, 2})}, {{{"value", Constant{int_array({1}, {7}), graph::DType::int64}}}}),
      int_array({1, 2}, {7, 7}));
}

TEST_CASE("Trilu keeps a triangle", "[evaluate][choose]") {
  const Array x = counting({2, 3});
  CHECK(run_one("Trilu", {x}).floats() == std::vector<float>{0, 1, 2, 0, 4, 5});
  CHECK(run_one("Trilu", {x, ints({1})}).floats() == std::vector<float>{0, 1, 2, 0, 0, 5});
  CHECK(run_one("Trilu", {x}, {{{"upper", 0}}}).floats() == std::vector<float>{0, 0, 0, 3, 4, 0});
}

TEST_CASE("CumSum adds up along an axis, in both directions", "[evaluate][choose]") {
  const Array x = counting({2, 3});
  CHECK(run_one("CumSum", {x, ints({1})}).floats() == std::vector<float>{0, 1, 3, 3, 7, 12});
  CHECK(run_one("CumSum", {x, ints({0})}).floats() == std::vector<float>{0, 1, 2, 3, 5, 7});
  CHECK(run_one("CumSum", {x, ints({-1})}, {{{"exclusive", 1}, {"reverse", 1}}}).floats() ==
        std::vector<float>{3, 2, 0, 9, 5, 0});
}

TEST_CASE("ReverseSequence turns the first elements of each batch around", "[evaluate][choose]") {
  CHECK(
      run_one("ReverseSequence", {counting({2, 4}), ints({3, 2})}, {{{"time_axis", 1}, {"batch_axis", 0}}}).floats() ==
      std::vector<float>{2, 1, 0, 3, 5, 4, 6, 7});
}

TEST_CASE("GatherElements and TopK choose along an axis", "[evaluate][choose]") {
  CHECK(run_one("GatherElements", {counting({2, 3}), int_array({2, 2}, {2, 0, -1, 1})}, {{{"axis", 1}}}).floats() ==
        std::vector<float>{2, 0, 5, 4});
  const auto top = run_operator("TopK", {float_array({2, 3}, {1, 3, 2, 6, 6, 5}), ints({2})}, {{}, 2});
  CHECK(top[0].floats() == std::vector<float>{3, 2, 6, 6});
  CHECK(top[1].ints() == std::vector<std::int64_t>{1, 2, 0, 1});
  CHECK(run_one("TopK", {float_array({3, 1}, {1, 3, 2}), ints({1})}, {{{"axis", 0}, {"largest", 0}}, 2}).floats() ==
        std::vector<float>{1});
}

TEST_CASE("MaxUnpool lays elements where MaxPool found them", "[evaluate][choose]") {
  CHECK(run_one("MaxUnpool", {float_array({1, 1, 1, 2}, {7, 8}), int_array({1, 1, 1, 2}, {3, 1}), ints({1, 1, 2, 2})},
                {{{"kernel_shape", {2, 1}}}})
            .floats() == std::vector<float>{0, 8, 0, 7});
}

TEST_CASE("GridSample and RoiAlign read between the pixels", "[evaluate][sample]") {
  const Array x = counting({1, 1, 2, 2});
  const Array grid = float_array({1, 1, 3, 2}, {0, 0, -1, -1, 1, 1});
  CHECK(run_one("GridSample", {x, grid}, {{{"align_corners", 1}}}).floats() == std::vector<float>{1.5F, 0, 3});
  CHECK(run_one("GridSample", {x, grid}).floats() == std::vector<float>{1.5F, 0, 0.75F});  // a quarter of the corner
  const Array wide = counting({1, 1, 4, 4});
  // The region of the four pixels in the middle: its mean is that of 5, 6, 9 and 10.
  CHECK(run_one("RoiAlign", {wide, float_array({1, 4}, {1, 1, 3, 3}), ints({0})}, {{{"sampling_ratio", 2}}}).floats() ==
        std::vector<float>{7.5F});
}

TEST_CASE("indices and sizes that lie outside are refused", "[evaluate][shape]") {
  const auto refused = [](const std::string& type, const std::vector<Array>& inputs,
                          const OperatorOptions& options = {}) {
    INFO(type);
    CHECK_THROWS_AS(run_operator(type, inputs, options), std::runtime_error);
  };
  const Array x = counting({2, 4});
  for (const std::int64_t length : {5, -1, 1 << 20})
    refused("ReverseSequence", {x, ints({2, length})}, {{{"time_axis", 1}, {"batch_axis", 0}}});
  for (const std::int64_t index : {4, -5, 1 << 30})
    refused("GatherElements", {x, int_array({1, 1}, {index})}, {{{"axis", 1}}});
  refused("GatherElements", {x, int_array({1, 1, 1}, {0})}, {{{"axis", 1}}});
  for (const std::int64_t k : {5, -1}) refused("TopK", {x, ints({k})}, {{{"axis", 1}}, 2});
  refused("MaxUnpool", {counting({1, 1, 2, 2}), int_array({1, 1, 1, 1}, {0}), ints({1, 1, 4, 4})});
  refused("MaxUnpool", {counting({1, 1, 1, 1}), int_array({1, 1, 1, 1}, {16}), ints({1, 1, 4, 4})});
  const Array picture = counting({1, 1, 4, 4});
  for (const std::int64_t image : {1, -1})
    refused("RoiAlign", {picture, float_array({1, 4}, {0, 0, 2, 2}), ints({image})});
  refused("RoiAlign", {picture, float_array({1, 3}, {0, 0, 2}), ints({0})});
  refused("GridSample", {picture, counting({2, 1, 1, 2})});
  refused("GridSample", {picture, counting({1, 1, 1, 1})});
  refused("DequantizeLinear", {int_array({3}, {1, 2, 3}), counting({3}), ints({1})}, {{{"axis", 0}}});
  refused("Resize", {picture, float_array({4}, {1, 1, 1e30F, 1})});
  refused("Resize", {picture, float_array({4}, {1, 1, -1, 1})});
}

}  // namespace rw::test
