#include "runtime/trials/ledger.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

#include "graph/base/checksum.hpp"
#include "graph/values/elements.hpp"
#include "graph/values/scale.hpp"

namespace rw::trials {
namespace {

using patterns::kNone;
using patterns::NoValue;
using patterns::Outside;
using patterns::Pair;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string elements_key(const graph::Literal& literal) {
  graph::Checksum sum;
  graph::add_elements(literal, sum);
  return fmt::format("#{:x}", sum.value());
}

// Different values have different keys. Texts say how long they are, since they may hold anything.
struct AttributeKey {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}f", value); }
  std::string operator()(std::string_view value) const { return fmt::format("{}'{}'", value.size(), value); }
  std::string operator()(std::span<const std::int64_t> values) const {
    return fmt::format("[{}]", fmt::join(values, ","));
  }
  std::string operator()(std::span<const double> values) const { return fmt::format("[{}f]", fmt::join(values, ",")); }
  std::string operator()(std::span<const std::string_view> values) const {
    std::string out;
    for (const std::string_view each : values) out += (*this)(each);
    return out;
  }
  std::string operator()(const graph::Literal& value) const {
    return fmt::format("{}{}{}", graph::name(value.dtype), to_string(value.shape), elements_key(value));
  }
  std::string operator()(const graph::Opaque& value) const { return (*this)(value.text); }
};

// All that a trial depends on: operators, attributes, shapes, types, and what the constants hold.
std::string signature(const graph::Network& network) {
  std::string text;
  std::map<graph::TensorId, std::size_t> number;  // tensors in the order in which they are met
  const auto tensor = [&](graph::TensorId id) {
    if (id == kNone) return std::string("-");
    const auto [found, fresh] = number.emplace(id, number.size());
    if (!fresh) return std::to_string(found->second);
    const graph::Tensor& info = network.tensor(id);
    std::string out = fmt::format("{}:{}{}", found->second, graph::name(info.dtype), to_string(info.shape));
    return info.constant ? out + elements_key(*info.constant) : out;
  };
  for (const graph::Operator& op : network.operators()) {
    text += network.type_name(op.type);
    for (const graph::Attribute& each : op.attributes)
      text += fmt::format(" {}={}", each.name, std::visit(AttributeKey{}, each.value));
    text += "(";
    for (const graph::TensorId input : op.inputs) text += tensor(input) + ",";
    text += ")";
    for (const graph::TensorId output : op.outputs) text += tensor(output) + ",";
    text += "\n";
  }
  for (const graph::TensorId output : network.outputs()) text += tensor(output) + ";";
  return text;
}

double bytes_of(const graph::Network& network) {
  double out = 0;
  for (const graph::Tensor& tensor : network.tensors()) {
    const auto count = tensor.shape.known() ? tensor.shape.count() : std::nullopt;
    out += count ? 4.0 * static_cast<double>(*count) : std::numeric_limits<double>::infinity();
  }
  return out;
}

// Spatial sizes are reduced, so that a trial costs little: of axes behind the second one.
std::vector<Outside> reduced(std::vector<Outside> outside) {
  constexpr std::int64_t kMost = 9;
  for (Outside& each : outside) {
    for (std::size_t i = 2; i < each.shape.size(); ++i) each.shape[i] = std::min(each.shape[i], kMost);
    if (each.shape.size() > 2) each.shape[0] = std::min<std::int64_t>(each.shape[0], 2);
  }
  return outside;
}

Tried not_tried(std::string why) { return {Tried::Form::not_tried, false, 0, std::move(why), kNone}; }

Tried run(const Pair& pair, std::span<const double> bounds) {
  constexpr std::uint64_t kDraws = 2;
  Tried out{Tried::Form::agrees, true, 0, "", kNone};
  for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
    const Verdict verdict = compare(pair, draw_inputs(pair, bounds, draw));
    if (verdict.form == Verdict::Form::refused) return not_tried(verdict.why);
    out.bit_exact = out.bit_exact && verdict.bit_exact;
    out.difference = std::max(out.difference, verdict.difference);
    if (verdict.form == Verdict::Form::differs) {
      out.form = Tried::Form::differs;
      out.tensor = verdict.tensor;
    }
  }
  return out;
}

}  // namespace

Tried Ledger::with_shapes(const patterns::View& view, const patterns::Match& match,
                          const patterns::Replacement& replacement, std::span<const Outside> shapes,
                          std::span<const double> bounds) {
  const Pair sizes = patterns::pair_of(view, match, replacement, shapes, false);
  const double work = cost(sizes.network), bytes = bytes_of(sizes.network);
  if (!(work <= limits_.work) || !(bytes <= limits_.bytes)) return not_tried("it would take too long");
  const Pair pair = patterns::pair_of(view, match, replacement, shapes, true);
  const auto [found, fresh] = known_.emplace(signature(pair.network), Tried{});
  if (fresh) found->second = run(pair, bounds);
  return found->second;
}

// With small shapes, else as they are; and with other guesses at those that are not known.
Tried Ledger::run_once(const patterns::View& view, const patterns::Match& match,
                       const patterns::Replacement& replacement, std::span<const Outside> outside,
                       std::span<const double> bounds) {
  constexpr unsigned kAttempts = 4;
  Tried out = not_tried("its shapes are not known");
  for (unsigned attempt = 0; attempt < kAttempts && out.form == Tried::Form::not_tried; ++attempt) {
    try {
      std::vector<Outside> shapes = patterns::with_known_shapes({outside.begin(), outside.end()}, attempt / 2);
      if (attempt % 2 == 0) shapes = reduced(std::move(shapes));
      out = with_shapes(view, match, replacement, shapes, bounds);
    } catch (const NoValue& error) {
      out = not_tried(error.what());
    }
  }
  return out;
}

Tried Ledger::judge(const patterns::View& view, const patterns::Match& match, const patterns::Replacement& replacement,
                    std::span<const Outside> outside, std::span<const double> bounds) {
  if (seconds_ >= limits_.seconds) return not_tried(fmt::format("trials have taken {:.0f} s", limits_.seconds));
  const double before = processor_seconds();
  Tried out = run_once(view, match, replacement, outside, bounds);
  seconds_ += processor_seconds() - before;
  return out;
}

std::vector<double> bounds_of(const dsl::Pattern& pattern, std::span<const double> params) {
  std::vector<double> out = {0};
  const auto add = [&](double value) {
    if (std::isfinite(value) && std::fabs(value) < 1e6 && std::find(out.begin(), out.end(), value) == out.end())
      out.push_back(value);
  };
  for (const dsl::PatternExpr& each : pattern.exprs)
    if (each.op == dsl::PatternOp::number) add(each.number);
  for (const dsl::Call& call : pattern.calls)
    for (const dsl::Operand& operand : call.operands)
      if (operand.form == dsl::Operand::Form::number) {
        add(operand.number);
        add(-operand.number);
      }
  for (const double each : params) add(each);
  return out;
}

}  // namespace rw::trials
