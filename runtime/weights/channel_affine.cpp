#include "runtime/weights/channel_affine.hpp"

#include <array>
#include <cmath>

#include "graph/values/elements.hpp"

namespace rw::runtime {

std::optional<std::vector<double>> values_along(const Site& site, std::uint32_t slot, std::size_t channels,
                                                int from_end) {
  if (!site.is_constant(slot) || !graph::floating(site.tensor(slot).dtype)) return std::nullopt;
  const graph::Literal& literal = *site.tensor(slot).constant;
  const int rank = literal.shape.rank(), axis = rank - from_end;
  for (int i = 0; i < rank; ++i)
    if (i != axis && literal.shape[i] != 1) return std::nullopt;
  const std::size_t count = graph::count(literal);
  if (count != 1 && count != channels) return std::nullopt;
  std::vector<double> values(channels);
  for (std::size_t i = 0; i < channels; ++i) values[i] = graph::element(literal, count == 1 ? 0 : i);
  return values;
}

namespace {

// Its channels lie on axis 1.
std::optional<ChannelAffine> batch_normalization(const Site& site, std::size_t channels, int from_end) {
  std::string why;
  if (site.output_shape().rank() - from_end != 1) return std::nullopt;
  if (!site.form().affine || !site.form().affine(site, why)) return std::nullopt;
  std::vector<std::vector<double>> constants;  // scale, bias, mean, variance
  for (std::uint32_t slot = 1; slot <= 4; ++slot) {
    auto values = values_along(site, slot, channels, 1);
    if (!values || graph::count(*site.tensor(slot).constant) != channels) return std::nullopt;
    constants.push_back(std::move(*values));
  }
  const double epsilon = site.number("epsilon", 1e-5);
  ChannelAffine result;
  for (std::size_t i = 0; i < channels; ++i) {
    result.factor.push_back(constants[0][i] / std::sqrt(constants[3][i] + epsilon));
    result.offset.push_back(constants[1][i] - result.factor[i] * constants[2][i]);
  }
  return result;
}

// The operand that is the constant of an operator with two.
std::optional<std::uint32_t> constant_slot(const Site& site) {
  if (site.input_count() != 2 || site.is_constant(0) == site.is_constant(1)) return std::nullopt;
  return site.is_constant(0) ? 0 : 1;
}

std::optional<ChannelAffine> multiply(const Site& site, std::size_t channels, int from_end) {
  const auto slot = constant_slot(site);
  auto factor = slot ? values_along(site, *slot, channels, from_end) : std::nullopt;
  if (!factor) return std::nullopt;
  return ChannelAffine{std::move(*factor), std::vector<double>(channels, 0)};
}

std::optional<ChannelAffine> divide(const Site& site, std::size_t channels, int from_end) {
  if (constant_slot(site) != 1) return std::nullopt;
  auto result = multiply(site, channels, from_end);
  if (result)
    for (double& each : result->factor) each = 1 / each;
  return result;
}

std::optional<ChannelAffine> add(const Site& site, std::size_t channels, int from_end) {
  const auto slot = constant_slot(site);
  auto offset = slot ? values_along(site, *slot, channels, from_end) : std::nullopt;
  if (!offset) return std::nullopt;
  return ChannelAffine{std::vector<double>(channels, 1), std::move(*offset)};
}

std::optional<ChannelAffine> subtract(const Site& site, std::size_t channels, int from_end) {
  auto result = add(site, channels, from_end);
  if (!result) return std::nullopt;
  for (double& each : constant_slot(site) == 0 ? result->factor : result->offset) each = -each;
  return result;
}

struct AffineRow {
  std::string_view op;
  std::optional<ChannelAffine> (*read)(const Site&, std::size_t channels, int from_end);
};
constexpr std::array kRows = {AffineRow{"BatchNormalization", batch_normalization}, AffineRow{"Mul", multiply},
                              AffineRow{"Div", divide}, AffineRow{"Add", add}, AffineRow{"Sub", subtract}};

}  // namespace

std::optional<ChannelAffine> channel_affine(const Site& site, std::size_t channels, int from_end) {
  for (const AffineRow& row : kRows)
    if (row.op == site.network().type_of(site.id())) return row.read(site, channels, from_end);
  return std::nullopt;
}

}  // namespace rw::runtime
