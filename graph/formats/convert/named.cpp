#include "graph/formats/convert/named.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/base/error.hpp"

namespace rw::graph {
namespace {

class Namer {
 public:
  Namer(const Model& model, const Rewritten& rewritten, const AttributeWays& ways)
      : network_(model.network), rewritten_(rewritten), ways_(ways) {}

  NamedNetwork run() {
    const auto add = [&](const RewrittenOperator& op) {
      if (!is_constant(op)) add_node(op);
    };
    if (rewritten_.is_sorted())
      rewritten_.for_each_operator(add);
    else
      rewritten_.for_each_sorted(add);
    std::set<TensorId> added;  // of those that the network has got already
    for (const AddedConstant& each : rewritten_.rewriting().graph.added)
      if (const auto id = network_.find(each.name)) added.insert(*id);
    for (TensorId id = 0; id < network_.tensors().size(); ++id)
      if (!added.contains(id)) add_constant(id);
    for (std::size_t i = 0; i < rewritten_.rewriting().copies.size(); ++i)
      result_.constants.push_back(*rewritten_.constant(rewritten_.copy(i)));
    for (const RewrittenConstant& each : rewritten_.added()) result_.constants.push_back(each);
    if (!rewritten_.rewriting().graph.empty() || !rewritten_.removals().empty()) drop_unread();
    return std::move(result_);
  }

 private:
  void drop_unread() {
    const std::vector<bool> read = rewritten_.read();
    std::erase_if(result_.constants, [&](const RewrittenConstant& each) { return !read[each.id]; });
  }

  static bool is_constant(std::string_view type, std::span<const TensorId> outputs, const Rewritten& rewritten) {
    return type == "Constant" && outputs.size() == 1 && outputs[0] != kNone && rewritten.constant(outputs[0]);
  }
  bool is_constant(const RewrittenOperator& op) const { return is_constant(op.type, op.outputs, rewritten_); }

  void add_node(const RewrittenOperator& op) {
    NamedNode node = rewritten_.named(op);
    convert_graphs(op.id, node);
    result_.nodes.push_back(std::move(node));
  }

  void convert_graphs(OperatorId id, NamedNode& node) {
    const auto opaque = [](const Attribute& each) { return std::holds_alternative<Opaque>(each.value); };
    if (std::none_of(node.attributes.begin(), node.attributes.end(), opaque)) return;
    const std::string place = fmt::format("node '{}'", node.name);
    const std::span<Attribute> attributes = result_.texts.make<Attribute>(node.attributes.size());
    std::copy(node.attributes.begin(), node.attributes.end(), attributes.begin());
    for (Attribute& each : attributes) {
      if (!opaque(each)) continue;
      const Opaque value = std::get<Opaque>(each.value);
      if (value.text.empty())
        throw Error("", place,
                    fmt::format("its attribute '{}', {}, has no place in model.json; keep the model's format",
                                each.name, ways_.kind(id, each.name)));
      try {
        each.value = Opaque{.text = result_.texts.store(std::string_view(ways_.text(value))), .type = value.type};
      } catch (const Error& error) {
        const std::string inside = error.place.empty() ? "" : error.place + ": ";
        throw Error("", place, fmt::format("in its attribute '{}': {}{}", each.name, inside, error.message));
      }
    }
    node.attributes = attributes;
  }

  void add_constant(TensorId id) {
    const Tensor& tensor = network_.tensor(id);
    if (tensor.constant) {
      if (tensor.producer != kNone) {  // an operator makes it, or holds it
        const Operator& maker = network_.op(tensor.producer);
        if (!is_constant(network_.type_name(maker.type), maker.outputs, rewritten_)) return;
      }
      result_.constants.push_back(*rewritten_.constant(id));
    }
  }

  const Network& network_;
  const Rewritten& rewritten_;
  const AttributeWays& ways_;
  NamedNetwork result_;
};

}  // namespace

NamedNetwork named(const Model& model, const Rewritten& rewritten, const AttributeWays& ways) {
  return Namer(model, rewritten, ways).run();
}

}  // namespace rw::graph
