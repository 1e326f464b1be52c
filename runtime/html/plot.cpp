#include "runtime/html/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace rw::html {
namespace {

constexpr int kHeight = 100;  // of a plot, in its own units; a step is as wide as one

struct Band {
  std::vector<double> low, high;
};

double largest(const Band& band) {
  double most = 0;
  for (const auto& list : {band.low, band.high})
    for (const double each : list) most = std::max(most, std::fabs(each));
  return most;
}

// Channels together, as many steps as there may be.
Band sampled(const std::vector<double>& low, const std::vector<double>& high) {
  Band band;
  const std::size_t count = high.size(), steps = std::min(count, kMostSteps);
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t first = step * count / steps, last = (step + 1) * count / steps;
    double least = low.empty() ? 0 : low[first], most = high[first];
    for (std::size_t i = first; i < last; ++i) {
      if (!low.empty()) least = std::min(least, low[i]);
      most = std::max(most, high[i]);
    }
    band.low.push_back(least);
    band.high.push_back(most);
  }
  return band;
}

// From the largest magnitude down to 0, or to its opposite where something is below 0.
struct Axis {
  double most = 1;
  bool both = false;
  int y(double value) const {
    const double part = std::clamp(value / most, -1.0, 1.0);
    return static_cast<int>(std::lround(both ? (1 - part) / 2 * kHeight : (1 - std::max(part, 0.0)) * kHeight));
  }
};

void append(int number, std::string& text) {
  std::array<char, 12> digits{};
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

std::string steps(const std::vector<double>& values, const Axis& axis) {
  std::string path;
  path.reserve(values.size() * 5);
  int last = -1;
  int run = 0;
  const auto flush = [&] {
    if (run > 0) append(run, path += 'h');
    run = 0;
  };
  for (const double value : values) {
    const int y = axis.y(value);
    if (y != last) {
      flush();
      append(y, path += path.empty() ? "M0 " : "V");
      last = y;
    }
    ++run;
  }
  flush();
  return path;
}

// Filled from low to high.
std::string area(const Band& band, const Axis& axis) {
  std::string path = steps(band.high, axis);
  int last = -1;
  for (std::size_t i = band.low.size(); i-- > 0;) {
    const int y = axis.y(band.low[i]);
    if (y == last) continue;
    if (i + 1 < band.low.size()) append(static_cast<int>(i + 1), path += 'H');
    append(y, path += 'V');
    last = y;
  }
  return path + "H0z";
}

// With three digits, as short as a script reads it: "123e-5", "1.2", "40".
void append_figure(double value, std::string& text) {
  const double magnitude = std::fabs(value);
  if (!(magnitude > 0) || std::isinf(magnitude)) {
    text += '0';
    return;
  }
  int power = static_cast<int>(std::floor(std::log10(magnitude))) - 2;
  int digits = static_cast<int>(std::lround(magnitude * std::pow(10.0, -power)));
  for (; digits % 10 == 0; digits /= 10) ++power;
  if (value < 0) text += '-';
  if (power > 0 && power <= 2)
    for (; power > 0; --power) digits *= 10;
  const std::size_t first = text.size();
  append(digits, text);
  const auto before_point = static_cast<int>(text.size() - first) + power;
  if (power < 0 && before_point > 0) {
    text.insert(first + static_cast<std::size_t>(before_point), 1, '.');
  } else if (power != 0) {
    append(power, text += 'e');
  }
}

std::string listed(const std::vector<double>& values) {
  std::string text;
  text.reserve(values.size() * 5);
  for (const double each : values) {
    if (!text.empty()) text += ' ';
    append_figure(each, text);
  }
  return text;
}

std::string bound_marks(const std::vector<bool>& bound, std::size_t steps) {
  std::vector<bool> marked(steps, false);
  for (std::size_t i = 0; i < bound.size(); ++i)
    if (bound[i]) marked[i * steps / bound.size()] = true;
  std::string path;
  for (std::size_t i = 0; i < steps; ++i)
    if (marked[i]) path += fmt::format("M{} 0h1v7h-1z", i);
  return path;
}

}  // namespace

void add_plot(Markup& page, const ChannelPlot& plot) {
  const Band before = sampled(plot.low, plot.high), after = sampled(plot.low_after, plot.high_after);
  const std::size_t count = before.high.size();
  if (count == 0) return;
  const auto negative = [](const Band& band) {
    return std::any_of(band.low.begin(), band.low.end(), [](double each) { return each < 0; });
  };
  const bool both = negative(before) || negative(after);
  const double most_before = largest(before), most_after = largest(after);
  const Axis from{most_before > 0 ? most_before : 1, both}, to{most_after > 0 ? most_after : 1, both};
  const bool whole = plot.high.size() == count;
  const std::string bounds = bound_marks(plot.bound, count);
  page.open("figure", {{"class", "plot"},
                       {"data-lo", whole && !plot.low.empty() ? listed(plot.low) : "", As::figures},
                       {"data-hi", whole ? listed(plot.high) : "", As::figures},
                       {"data-lo2", whole && !plot.low_after.empty() ? listed(plot.low_after) : "", As::figures},
                       {"data-hi2", whole ? listed(plot.high_after) : "", As::figures},
                       {"data-s", whole ? listed(plot.scale) : "", As::figures}});
  page.open("figcaption");
  page.element("b", {{"title", plot.title}}, plot.title);
  page.text(" ").element("span", {{"class", "faint"}}, plot.unit);
  page.close();
  page.open("svg", {{"viewBox", fmt::format("0 0 {} {}", count, kHeight)},
                    {"preserveAspectRatio", "none"},
                    {"role", "img"},
                    {"aria-label", fmt::format("{}, {} channels: largest magnitude {:.3g} before, {:.3g} after",
                                               plot.title, plot.high.size(), most_before, most_after)}});
  if (both) page.leaf("path", {{"class", "zero"}, {"d", fmt::format("M0 {}H{}", kHeight / 2, count)}});
  page.leaf("path", {{"class", "was"}, {"d", area(before, from), As::figures}});
  page.leaf("path", {{"class", "is-fill"}, {"d", area(after, to), As::figures}});
  page.leaf("path", {{"class", "is"}, {"d", steps(after.high, to), As::figures}});
  if (both) page.leaf("path", {{"class", "is"}, {"d", steps(after.low, to), As::figures}});
  if (!bounds.empty()) page.leaf("path", {{"class", "bound"}, {"d", bounds, As::figures}});
  page.close();
  page.open("p", {{"class", "axis"}});
  page.element("span", whole ? fmt::format("{} channels", count)
                             : fmt::format("{} channels, drawn in {} steps", plot.high.size(), count));
  page.element("span", {{"class", "readout"}}, fmt::format("largest {:.3g} \u2192 {:.3g}", most_before, most_after));
  page.close().close().line();
}

Markup bars(double before, double after) {
  Markup svg;
  svg.open("svg",
           {{"viewBox", "0 0 200 14"}, {"preserveAspectRatio", "none"}, {"aria-hidden", "true"}, {"class", "bar"}});
  const auto bar = [&](double length, const char* kind, const char* y) {
    if (length < 0) return;
    svg.leaf("rect", {{"class", kind},
                      {"x", "0"},
                      {"y", y},
                      {"width", fmt::format("{:.1f}", 200 * std::clamp(length, 0.0, 1.0))},
                      {"height", "6"}});
  };
  bar(before, "was", "1");
  bar(after, "is", "7");
  svg.close();
  return svg;
}

}  // namespace rw::html
