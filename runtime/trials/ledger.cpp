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

struct AttributeKey {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return fmt::format("{}f", value); }
  std::string operator()(std::string_view value) const { return fmt::format("'{}'", value); }
  std::string operator()(std::span<const std::int64_t> values) const {
    return fmt::format("[{}]", fmt::join(values, ","));
  }
  std::string operator()(std::span<const double> values) const { return fmt::format("[{}f]", fmt::join(values, ",")); }
  std::string operator()(std::span<const std::string_view> values) const {
    return fmt::format("{}", fmt::join(values, ","));
  }
  std::string operator()(const graph::Literal&) const { return "?"; }
  std::string operator()(const graph::Opaque&) const { return "?"; }
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
    if (info.constant) {
      graph::Checksum sum;
      graph::add_elements(*info.constant, sum);
      out += fmt::format("#{:x}", sum.value());
    }
    return out;
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

}  // namespace

Tried Ledger::run(const patterns::View& view, const patterns::Match& match, const patterns::Replacement& replacement,
                  std::span<const Outside> outside, std::span<const double> bounds) {
  constexpr int kDraws = 2;
  std::string why = "its shapes are not known";
  for (unsigned attempt = 0; attempt < 4; ++attempt) {
    try {
      const bool reduces = attempt % 2 == 0;
      std::vector<Outside> shapes = patterns::with_known_shapes({outside.begin(), outside.end()}, attempt / 2);
      if (reduces) shapes = reduced(std::move(shapes));
      const Pair sizes = patterns::pair_of(view, match, replacement, shapes, false);
      const double work = cost(sizes.network), bytes = bytes_of(sizes.network);
      if (!(work <= limits_.work) || !(bytes <= limits_.bytes)) {
        why = "it would take too long";
        continue;
      }
      const Pair pair = patterns::pair_of(view, match, replacement, shapes, true);
      const auto [found, fresh] = known_.emplace(signature(pair.network), Tried{});
      if (!fresh) return found->second;
      ++runs_;
      Tried out{Tried::Form::agrees, true, 0, "", kNone};
      for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
        const Verdict verdict = compare(pair, draw_inputs(pair, bounds, draw));
        if (verdict.form == Verdict::Form::refused) throw NoValue(verdict.why);
        out.bit_exact = out.bit_exact && verdict.bit_exact;
        out.difference = std::max(out.difference, verdict.difference);
        if (verdict.form == Verdict::Form::differs) {
          out.form = Tried::Form::differs;
          out.tensor = verdict.tensor;
        }
      }
      return found->second = out;
    } catch (const NoValue& error) {
      why = error.what();
    }
  }
  return {Tried::Form::not_tried, false, 0, why, kNone};
}

Tried Ledger::judge(const patterns::View& view, const patterns::Match& match, const patterns::Replacement& replacement,
                    std::span<const Outside> outside, std::span<const double> bounds) {
  if (seconds_ >= limits_.seconds)
    return {Tried::Form::not_tried, false, 0, fmt::format("trials have taken {:.0f} s", limits_.seconds), kNone};
  const double before = processor_seconds();
  const Tried out = run(view, match, replacement, outside, bounds);
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
