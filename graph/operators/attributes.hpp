// The attributes of operators with their defaults, as rows of forms.cpp name them. Internal to graph/.
#pragma once

#include <array>

#include "graph/operators/form.hpp"

namespace rw::graph::attributes_of {

inline constexpr auto kInteger = AttributeForm::integer;
inline constexpr auto kNumber = AttributeForm::number;
inline constexpr auto kText = AttributeForm::text;
inline constexpr auto kList = AttributeForm::list;

template <std::size_t N>
using Table = std::array<AttributeRow, N>;

inline constexpr Table<6> kConv = {{{"auto_pad", kText, 0, "NOTSET"},
                                    {"dilations", kList},
                                    {"group", kInteger, 1},
                                    {"kernel_shape", kList},
                                    {"pads", kList},
                                    {"strides", kList}}};
inline constexpr Table<8> kConvTranspose = {{{"auto_pad", kText, 0, "NOTSET"},
                                             {"dilations", kList},
                                             {"group", kInteger, 1},
                                             {"kernel_shape", kList},
                                             {"output_padding", kList},
                                             {"output_shape", kList},
                                             {"pads", kList},
                                             {"strides", kList}}};
inline constexpr Table<8> kFusedConv = {{{"auto_pad", kText, 0, "NOTSET"},
                                         {"dilations", kList},
                                         {"group", kInteger, 1},
                                         {"kernel_shape", kList},
                                         {"pads", kList},
                                         {"strides", kList},
                                         {"activation", kText, 0, ""},
                                         {"activation_params", kList}}};
inline constexpr Table<4> kGemm = {
    {{"alpha", kNumber, 1}, {"beta", kNumber, 1}, {"transA", kInteger, 0}, {"transB", kInteger, 0}}};
inline constexpr Table<4> kBatchNorm = {
    {{"epsilon", kNumber, 1e-5}, {"momentum", kNumber, 0.9}, {"training_mode", kInteger, 0}, {"spatial", kInteger, 1}}};
inline constexpr Table<8> kPool = {{{"auto_pad", kText, 0, "NOTSET"},
                                    {"ceil_mode", kInteger, 0},
                                    {"count_include_pad", kInteger, 0},
                                    {"dilations", kList},
                                    {"kernel_shape", kList},
                                    {"pads", kList},
                                    {"storage_order", kInteger, 0},
                                    {"strides", kList}}};
inline constexpr Table<7> kLpPool = {{{"auto_pad", kText, 0, "NOTSET"},
                                      {"ceil_mode", kInteger, 0},
                                      {"dilations", kList},
                                      {"kernel_shape", kList},
                                      {"p", kInteger, 2},
                                      {"pads", kList},
                                      {"strides", kList}}};
inline constexpr Table<1> kGlobalLp = {{{"p", kInteger, 2}}};
inline constexpr Table<3> kReduce = {
    {{"axes", kList}, {"keepdims", kInteger, 1}, {"noop_with_empty_axes", kInteger, 0}}};
inline constexpr Table<3> kPad = {{{"mode", kText, 0, "constant"}, {"pads", kList}, {"value", kNumber, 0}}};
inline constexpr Table<4> kRoiAlign = {{{"mode", kText, 0, "avg"},
                                        {"output_height", kInteger, 1},
                                        {"output_width", kInteger, 1},
                                        {"spatial_scale", kNumber, 1}}};
inline constexpr Table<3> kTopK = {{{"axis", kInteger, -1}, {"largest", kInteger, 1}, {"sorted", kInteger, 1}}};
inline constexpr Table<1> kTrilu = {{{"upper", kInteger, 1}}};
inline constexpr Table<2> kCumSum = {{{"exclusive", kInteger, 0}, {"reverse", kInteger, 0}}};
inline constexpr Table<2> kReverse = {{{"batch_axis", kInteger, 1}, {"time_axis", kInteger, 0}}};
inline constexpr Table<1> kAxisFirst = {{{"axis", kInteger, 0}}};
inline constexpr Table<1> kAxisSecond = {{{"axis", kInteger, 1}}};
inline constexpr Table<1> kAxisLast = {{{"axis", kInteger, -1}}};
inline constexpr Table<2> kShape = {{{"end", kInteger, 4294967296.0}, {"start", kInteger, 0}}};
inline constexpr Table<1> kAxes = {{{"axes", kList}}};
inline constexpr Table<3> kSplit = {{{"axis", kInteger, 0}, {"split", kList}, {"num_outputs", kInteger, 0}}};
inline constexpr Table<3> kSlice = {{{"axes", kList}, {"ends", kList}, {"starts", kList}}};
inline constexpr Table<1> kPerm = {{{"perm", kList}}};
inline constexpr Table<2> kReshape = {{{"allowzero", kInteger, 0}, {"shape", kList}}};
inline constexpr Table<2> kDepthToSpace = {{{"blocksize", kInteger, 0}, {"mode", kText, 0, "DCR"}}};
inline constexpr Table<1> kSpaceToDepth = {{{"blocksize", kInteger, 0}}};
inline constexpr Table<9> kResize = {{{"antialias", kInteger, 0},
                                      {"axes", kList},
                                      {"coordinate_transformation_mode", kText, 0, "half_pixel"},
                                      {"cubic_coeff_a", kNumber, -0.75},
                                      {"exclude_outside", kInteger, 0},
                                      {"extrapolation_value", kNumber, 0},
                                      {"keep_aspect_ratio_policy", kText, 0, "stretch"},
                                      {"mode", kText, 0, "nearest"},
                                      {"nearest_mode", kText, 0, "round_prefer_floor"}}};
inline constexpr Table<2> kUpsample = {{{"mode", kText, 0, "nearest"}, {"scales", kList}}};
inline constexpr Table<1> kLeaky = {{{"alpha", kNumber, 0.01}}};
inline constexpr Table<1> kElu = {{{"alpha", kNumber, 1}}};
inline constexpr Table<2> kClip = {
    {{"max", kNumber, 3.4028234663852886e38, {}, 2}, {"min", kNumber, -3.4028234663852886e38, {}, 1}}};
inline constexpr Table<2> kDropout = {{{"ratio", kNumber, 0.5, {}, 1}, {"seed", kInteger, 0}}};
inline constexpr Table<2> kHardSigmoid = {{{"alpha", kNumber, 0.2}, {"beta", kNumber, 0.5}}};
inline constexpr Table<1> kGelu = {{{"approximate", kText, 0, "none"}}};
inline constexpr Table<2> kCast = {{{"saturate", kInteger, 1}, {"to", kInteger, 1}}};
inline constexpr Table<3> kLayerNorm = {
    {{"axis", kInteger, -1}, {"epsilon", kNumber, 1e-5}, {"stash_type", kInteger, 1}}};
inline constexpr Table<1> kEpsilon = {{{"epsilon", kNumber, 1e-5}}};
inline constexpr Table<3> kGroupNorm = {
    {{"epsilon", kNumber, 1e-5}, {"num_groups", kInteger, 1}, {"stash_type", kInteger, 1}}};
inline constexpr Table<3> kGridSample = {
    {{"align_corners", kInteger, 0}, {"mode", kText, 0, "linear"}, {"padding_mode", kText, 0, "zeros"}}};

}  // namespace rw::graph::attributes_of
