#include "runtime/pages/figures.hpp"

#include <fmt/format.h>

#include <cmath>

namespace rw::pages {
namespace {

// A true minus sign is as wide as a plus sign.
std::string with_minus(std::string text) { return text.starts_with('-') ? "\u2212" + text.substr(1) : text; }

double no_negative_zero(double value, double step) { return std::fabs(value) < step / 2 ? 0 : value; }

}  // namespace

std::string decibels(double value) {
  if (std::isinf(value)) return value > 0 ? "no noise" : "no signal";
  return with_minus(fmt::format("{:.1f} dB", no_negative_zero(value, 0.1)));
}

std::string change(double value) {
  if (std::isinf(value)) return value > 0 ? "all noise" : "all signal";
  return with_minus(fmt::format("{:+.1f} dB", no_negative_zero(value, 0.1)));
}

html::Cell decibel_cell(const std::optional<double>& value) {
  if (!value || std::isnan(*value)) return {};
  if (std::isinf(*value)) return {*value > 0 ? "\u221e" : "\u2212\u221e", *value > 0 ? "inf" : "-inf"};
  return {with_minus(fmt::format("{:.1f}", no_negative_zero(*value, 0.1))),
          fmt::format("{}", std::round(*value * 1000) / 1000)};
}

html::Cell number_cell(double value) { return {with_minus(fmt::format("{:.4g}", value)), fmt::format("{}", value)}; }

html::Cell count_cell(std::size_t value) { return {counted(value), std::to_string(value)}; }

std::string counted(std::size_t value) {
  std::string text = std::to_string(value);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

std::string plural(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", counted(count), what, count == 1 ? "" : "s");
}

std::string percent(double part) {
  return part > 0 && part < 0.01 ? fmt::format("{:.2g} %", 100 * part) : fmt::format("{:.0f} %", 100 * part);
}

}  // namespace rw::pages
