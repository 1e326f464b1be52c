#include "runtime/executor/group.hpp"

#include <algorithm>
#include <cmath>

namespace rw::executor {
namespace {

using graph::kNone;
using graph::Network;
using graph::Operator;
using graph::OperatorId;
using graph::TensorId;

constexpr std::string_view kHeads[] = {"Conv", "ConvTranspose", "Gemm", "MatMul"};
constexpr std::size_t kMost = 12;  // members; oneDNN takes 32 post-ops

class Grouping {
 public:
  Grouping(const Network& network, const Schedule& schedule, Constants& constants)
      : network_(network), schedule_(schedule), constants_(constants), position_(network.operators().size(), kNone) {
    for (std::uint32_t i = 0; i < schedule.order.size(); ++i) position_[schedule.order[i]] = i;
  }

  std::vector<Group> groups() {
    std::vector<Group> groups;
    std::vector<bool> taken(network_.operators().size(), false);
    for (const OperatorId head : schedule_.order) {
      if (taken[head]) continue;
      Group group{{{{head}, 0, std::nullopt}}};
      if (may_head(head))
        while (group.members.size() < kMost) {
          auto next = behind(head, group.members.back().last());
          if (!next) break;
          for (const OperatorId id : next->operators) taken[id] = true;
          group.members.push_back(std::move(*next));
        }
      groups.push_back(std::move(group));
    }
    return groups;
  }

 private:
  std::string_view type(OperatorId id) const { return network_.type_of(id); }

  bool may_head(OperatorId id) const {
    return network_.op(id).outputs.size() == 1 &&
           (std::find(std::begin(kHeads), std::end(kHeads), type(id)) != std::end(kHeads) || is_elementwise(type(id)));
  }

  // The readers of a tensor that nobody else sees; none where somebody does.
  std::vector<graph::Use> readers(TensorId id) const {
    std::vector<graph::Use> uses;
    if (schedule_.watched[id] || schedule_.given[id]) return uses;
    for (const graph::Use& use : network_.consumers(id))
      if (position_[use.op] != kNone) uses.push_back(use);
    if (uses.size() != schedule_.readers[id]) uses.clear();  // it is an output
    return uses;
  }

  bool is_there_before(TensorId id, OperatorId head) const {
    if (id == kNone || schedule_.fixed[id] || schedule_.given[id]) return true;
    const OperatorId producer = network_.tensor(id).producer;
    return producer == kNone || position_[producer] < position_[head];
  }

  // The next step behind the operator that gives a group's result so far.
  std::optional<Member> behind(OperatorId head, OperatorId last) const {
    const TensorId tensor = network_.op(last).outputs[0];
    if (tensor == kNone) return std::nullopt;
    const auto uses = readers(tensor);
    if (uses.size() == 2) return written_out(tensor, uses);
    if (uses.size() != 1) return std::nullopt;
    const Operator& op = network_.op(uses[0].op);
    if (!is_elementwise(network_.type_name(op.type)) || op.outputs.size() != 1) return std::nullopt;
    for (std::size_t slot = 0; slot < op.inputs.size(); ++slot)
      if (slot != uses[0].slot && !is_there_before(op.inputs[slot], head)) return std::nullopt;
    return Member{{uses[0].op}, uses[0].slot, std::nullopt};
  }

  // The only reader of what an operator gives.
  std::optional<OperatorId> only_reader(OperatorId id) const {
    if (network_.op(id).outputs.size() != 1) return std::nullopt;
    const auto uses = readers(network_.op(id).outputs[0]);
    return uses.size() == 1 ? std::optional(uses[0].op) : std::nullopt;
  }

  // The number that an operator with two inputs takes beside the other one, on the right or, where it may, on the left.
  std::optional<float> number_beside(OperatorId id, bool swaps) const {
    const Operator& op = network_.op(id);
    if (op.inputs.size() != 2) return std::nullopt;
    if (auto right = constants_.number(op.inputs[1])) return right;
    return swaps ? constants_.number(op.inputs[0]) : std::nullopt;
  }

  // Whether it multiplies by 1 / x.
  bool divides_by(OperatorId id, float x) const {
    const auto divisor = type(id) == "Div" ? number_beside(id, false) : std::nullopt;
    if (divisor) return std::fabs(*divisor - x) < 1e-6F * x;
    const auto factor = type(id) == "Mul" ? number_beside(id, true) : std::nullopt;
    return factor && std::fabs(*factor * x - 1) < 1e-6F;
  }

  bool is_clip_to_six(OperatorId id) const {
    const Operator& op = network_.op(id);
    if (type(id) != "Clip") return false;
    if (op.inputs.size() < 3) {
      const auto bound = [&](std::string_view name) {
        const auto* value = op.find(name);
        const auto* number = value != nullptr ? std::get_if<double>(value) : nullptr;
        return number != nullptr ? *number : -1.0;
      };
      return op.inputs.size() == 1 && bound("min") == 0 && bound("max") == 6;
    }
    return constants_.number(op.inputs[1]) == 0.0F && constants_.number(op.inputs[2]) == 6.0F;
  }

  // x * gate(x), where `uses` are the gate and the product.
  std::optional<Member> written_out(TensorId x, const std::vector<graph::Use>& uses) const {
    for (const std::size_t first : {0U, 1U}) {
      const OperatorId gate = uses[first].op, product = uses[1 - first].op;
      if (gate == product || type(product) != "Mul" || network_.op(product).outputs.size() != 1) continue;
      std::vector<OperatorId> members = {gate};
      auto activation = gate_of(members);
      if (!activation || only_reader(members.back()) != product) continue;
      const Operator& op = network_.op(product);
      const TensorId gated = network_.op(members.back()).outputs[0];
      if (!(op.inputs[0] == x && op.inputs[1] == gated) && !(op.inputs[1] == x && op.inputs[0] == gated)) continue;
      members.push_back(product);
      if (activation->divisor != 1) {
        const auto last = only_reader(product);
        if (!last || !divides_by(*last, activation->divisor)) continue;
        members.push_back(*last);
      }
      return Member{std::move(members), 0, PostOp{activation->step, 1, 0, {}}};
    }
    return std::nullopt;
  }

  // x * gate(x) / divisor is the step.
  struct Gate {
    Step step;
    float divisor = 1;
  };

  // The gate that begins with this operator, which takes more of them in: sigmoid(x); clip(x / 6 + 1/2, 0, 1), written
  // out as clip(x + 3, 0, 6) / 6, or divided later; 1 + erf(x / sqrt(2)), which is halved later.
  std::optional<Gate> gate_of(std::vector<OperatorId>& members) const {
    const OperatorId gate = members[0];
    if (type(gate) == "Sigmoid") return Gate{Step::swish};
    if (divides_by(gate, std::sqrt(2.0F))) {
      const auto erf = only_reader(gate);
      const auto sum = erf && type(*erf) == "Erf" ? only_reader(*erf) : std::nullopt;
      if (!sum || type(*sum) != "Add" || number_beside(*sum, true) != 1.0F) return std::nullopt;
      members.insert(members.end(), {*erf, *sum});
      return Gate{Step::gelu_erf, 2};
    }
    if (type(gate) == "HardSigmoid") {
      const evaluator::Call call = call_of(network_, network_.op(gate));
      const bool sixth = std::fabs(call.number("alpha", 0.2F) - 1.0F / 6) < 1e-6F && call.number("beta", 0.5F) == 0.5F;
      return sixth ? std::optional(Gate{Step::hardswish}) : std::nullopt;
    }
    if (type(gate) != "Add" || number_beside(gate, true) != 3.0F) return std::nullopt;
    const auto clip = only_reader(gate);
    if (!clip || !is_clip_to_six(*clip)) return std::nullopt;
    members.push_back(*clip);
    const auto sixth = only_reader(*clip);
    if (!sixth || !divides_by(*sixth, 6)) return Gate{Step::hardswish, 6};
    members.push_back(*sixth);
    return Gate{Step::hardswish};
  }

  const Network& network_;
  const Schedule& schedule_;
  Constants& constants_;
  std::vector<std::uint32_t> position_;  // in the schedule's order; kNone: it does not run
};

}  // namespace

std::vector<Group> groups_of(const Network& network, const Schedule& schedule, Constants& constants) {
  return Grouping(network, schedule, constants).groups();
}

}  // namespace rw::executor
