#include "runtime/testing/becomes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "graph/base/printable.hpp"
#include "runtime/evaluator/literal.hpp"

namespace rw::runtime {
namespace {

using dsl::WantedLine, dsl::WantedOperand;
using graph::kNone, graph::OperatorId, graph::TensorId;

constexpr double kRounding = 1e-6;  // of numbers that are stored as float32, relative

bool is_near(double a, double b) { return a == b || std::fabs(a - b) <= kRounding * std::fabs(b); }

bool same_list(const auto& a, const auto& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](auto x, auto y) { return is_near(static_cast<double>(x), static_cast<double>(y)); });
}

// A setting as it is wanted against one of the network; numbers of both sorts compare.
template <typename A, typename B>
bool same_value(const A& wanted, const B& is) {
  if constexpr (std::is_arithmetic_v<A> && std::is_arithmetic_v<B>)
    return is_near(static_cast<double>(is), static_cast<double>(wanted));
  else if constexpr (std::is_same_v<A, std::string> && std::is_same_v<B, std::string_view>)
    return wanted == is;
  else if constexpr (requires { is.size(), wanted.size(), is_near(wanted[0], is[0]); } &&
                     !std::is_same_v<A, std::string>)
    return same_list(is, wanted);
  else
    return false;
}

bool same_setting(const dsl::TestAttribute& wanted, const graph::Operator& op) {
  const graph::AttributeValue* is = op.find(wanted.name);
  return is != nullptr && std::visit([](const auto& a, const auto& b) { return same_value(a, b); }, wanted.value, *is);
}

std::string value_text(const graph::AttributeValue& value) {
  return std::visit(
      []<typename T>(const T& held) -> std::string {
        if constexpr (std::is_same_v<T, std::string_view>)
          return fmt::format("\"{}\"", graph::printable(held));
        else if constexpr (std::is_arithmetic_v<T>)
          return fmt::format("{}", held);
        else if constexpr (std::is_same_v<T, std::span<const std::int64_t>> ||
                           std::is_same_v<T, std::span<const double>>)
          return fmt::format("[{}]", fmt::join(held, ", "));
        else
          return "...";
      },
      value);
}

class Finder {
 public:
  Finder(const graph::Network& network, const dsl::RuleTest& test, const std::vector<WantedLine>& wanted)
      : network_(network), wanted_(wanted) {
    for (const dsl::TestInput& input : test.inputs) tensors_.insert(input.name);
    for (const dsl::TestNode& node : test.nodes) tensors_.insert(node.outputs.begin(), node.outputs.end());
    for (std::uint32_t i = 0; i < wanted.size(); ++i)
      for (std::uint32_t slot = 0; slot < wanted[i].outputs.size(); ++slot)
        if (const std::string& name = wanted[i].outputs[slot]; !name.empty() && !tensors_.contains(name))
          made_.emplace(name, std::pair(i, slot));
  }

  std::optional<NotThere> find() {
    for (std::uint32_t i = 0; i < wanted_.size(); ++i) {
      for (std::uint32_t slot = 0; slot < wanted_[i].outputs.size(); ++slot) {
        const std::string& name = wanted_[i].outputs[slot];
        if (!tensors_.contains(name)) continue;
        const auto tensor = network_.find(name);
        if (!tensor) return NotThere{wanted_[i].at, fmt::format("there is no tensor '{}'", name), ""};
        if (makes(i, slot, *tensor)) continue;
        const OperatorId producer = network_.tensor(*tensor).producer;
        return NotThere{wanted_[i].at, fmt::format("'{}' is made by something else", name),
                        producer == kNone ? "no operator makes it" : "it is " + operator_text(network_, producer)};
      }
    }
    return std::nullopt;
  }

 private:
  // Whether output `slot` of the line is this tensor.
  bool makes(std::uint32_t line, std::uint32_t slot, TensorId id) {
    const auto [known, fresh] = seen_.emplace(std::tuple(line, slot, id), false);
    if (!fresh) return known->second;
    const graph::Tensor& tensor = network_.tensor(id);
    if (tensor.producer == kNone || tensor.output_slot != slot) return false;
    const graph::Operator& op = network_.op(tensor.producer);
    const WantedLine& wanted = wanted_[line];
    const bool fits = network_.type_of(tensor.producer) == wanted.op && reads(wanted, op) && gives(wanted, op) &&
                      std::all_of(wanted.attributes.begin(), wanted.attributes.end(),
                                  [&](const auto& each) { return same_setting(each, op); });
    return seen_[{line, slot, id}] = fits;
  }

  // What is not written down is absent.
  bool reads(const WantedLine& wanted, const graph::Operator& op) {
    for (std::size_t i = 0; i < std::max(wanted.operands.size(), op.inputs.size()); ++i) {
      const TensorId is = i < op.inputs.size() ? op.inputs[i] : kNone;
      if (i >= wanted.operands.size() ? is != kNone : !same(wanted.operands[i], is)) return false;
    }
    return true;
  }

  bool gives(const WantedLine& wanted, const graph::Operator& op) const {
    for (std::size_t i = 0; i < wanted.outputs.size(); ++i)
      if (tensors_.contains(wanted.outputs[i]) && (i >= op.outputs.size() || op.outputs[i] == kNone ||
                                                   network_.tensor(op.outputs[i]).name != wanted.outputs[i]))
        return false;
    return true;
  }

  bool same(const WantedOperand& wanted, TensorId id) {
    using Form = WantedOperand::Form;
    if (id == kNone || wanted.form == Form::absent) return id == kNone && wanted.form == Form::absent;
    const graph::Tensor& tensor = network_.tensor(id);
    switch (wanted.form) {
      case Form::made:
        return makes(wanted.line, 0, id);
      case Form::tensor:
        if (const auto made = made_.find(wanted.name); made != made_.end())
          return makes(made->second.first, made->second.second, id);
        return tensor.name == wanted.name;
      case Form::constant:
        return tensor.constant != nullptr;
      default:
        return tensor.constant != nullptr && same_constant(wanted, *tensor.constant);
    }
  }

  static bool same_constant(const WantedOperand& wanted, const graph::Literal& literal) {
    const std::vector<float> values = evaluator::read_literal(literal).to_floats();
    if (wanted.form == WantedOperand::Form::list) return same_list(values, wanted.list);
    return !values.empty() && std::all_of(values.begin(), values.end(), [&](float value) {
      return is_near(static_cast<double>(value), wanted.number);
    });
  }

  const graph::Network& network_;
  const std::vector<WantedLine>& wanted_;
  std::set<std::string> tensors_;                                            // of the test
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> made_;      // of the lines alone: line and output
  std::map<std::tuple<std::uint32_t, std::uint32_t, TensorId>, bool> seen_;  // line, output, tensor
};

}  // namespace

std::optional<NotThere> missing_line(const graph::Network& network, const dsl::RuleTest& test,
                                     const std::vector<WantedLine>& wanted) {
  return Finder(network, test, wanted).find();
}

std::string operator_text(const graph::Network& network, OperatorId id) {
  const graph::Operator& op = network.op(id);
  std::vector<std::string> inputs;
  for (const TensorId input : op.inputs)
    inputs.push_back(input == kNone ? "none" : graph::printable(network.tensor(input).name));
  std::string out = fmt::format("{}({})", graph::printable(network.type_of(id)), fmt::join(inputs, ", "));
  for (const graph::Attribute& each : op.attributes)
    out += fmt::format(" {} {}", graph::printable(each.name), value_text(each.value));
  return out;
}

}  // namespace rw::runtime
