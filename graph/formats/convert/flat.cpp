#include "graph/formats/convert/flat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "graph/base/error.hpp"
#include "graph/node_changes.hpp"

namespace rw::graph {
namespace {

using Names = std::vector<std::string_view>;
using BodyRef = FunctionRef<std::string(std::string_view, const Model&)>;

class Flattener {
 public:
  Flattener(const Model& model, const Rewriting& rewriting, std::string_view format, BodyRef body)
      : model_(model),
        network_(model.network),
        rewriting_(rewriting),
        format_(format),
        body_(body),
        changes_(node_changes(rewriting)),
        insertions_(insertions(rewriting)) {
    for (const ConstantEdit& each : rewriting.constants) edits_[each.tensor] = &each.edit;
  }

  Flat run() {
    for (OperatorId id = 0; id < network_.operators().size(); ++id) add_node(id);
    std::set<TensorId> added;  // those that the network has got already stand behind with the others
    for (const AddedConstant& each : rewriting_.graph.added)
      if (const auto id = network_.find(each.name)) added.insert(*id);
    for (TensorId id = 0; id < network_.tensors().size(); ++id)
      if (!added.contains(id)) add_constant(id);
    for (const ConstantCopy& each : rewriting_.copies)
      flat_.constants.push_back({each.name, &*network_.tensor(each.tensor).constant, &each.edit});
    for (const AddedConstant& each : rewriting_.graph.added) {
      const auto id = network_.find(each.name);
      const auto edit = id ? edits_.find(*id) : edits_.end();
      flat_.constants.push_back({each.name, &each.value, edit == edits_.end() ? nullptr : edit->second});
    }
    if (!rewriting_.graph.empty()) drop_unread();
    return std::move(flat_);
  }

 private:
  // What only operators read that are gone.
  void drop_unread() {
    std::set<std::string_view> read;
    for (const FlatNode& node : flat_.nodes) read.insert(node.inputs.begin(), node.inputs.end());
    for (const TensorId id : network_.outputs()) read.insert(network_.tensor(id).name);
    std::erase_if(flat_.constants, [&](const FlatConstant& each) { return !read.contains(each.name); });
  }

  Names names(std::span<const TensorId> tensors) const {
    Names result;
    for (const TensorId id : tensors) result.push_back(id == kNone ? std::string_view() : network_.tensor(id).name);
    return result;
  }

  bool is_constant(const Operator& op) const {
    return network_.type_name(op.type) == "Constant" && op.outputs.size() == 1 && op.outputs[0] != kNone &&
           network_.tensor(op.outputs[0]).constant;
  }

  // The network may be edited already: then a change says what is so.
  void add_node(OperatorId id) {
    const auto [first, last] = insertions_.equal_range(id);
    for (auto each = first; each != last; ++each) {
      const InsertedOperator& node = *each->second;
      flat_.nodes.push_back({node.type,
                             node.name,
                             {node.inputs.begin(), node.inputs.end()},
                             {node.outputs.begin(), node.outputs.end()},
                             {}});
    }
    const Operator& op = network_.op(id);
    const auto found = changes_.find(id);
    const NodeChange* change = found == changes_.end() ? nullptr : &found->second;
    if (network_.removed(id) || (change && change->removed) || is_constant(op)) return;
    FlatNode node{network_.type_of(id), op.name,
                  names(op.inputs.first(op.inputs.size() - std::min<std::size_t>(op.captured, op.inputs.size()))),
                  names(op.outputs), op.attributes};
    convert_graphs(node);
    if (change) {
      if (change->type) {
        node.type = *change->type;
        node.attributes = {};
      }
      node.inputs = change->inputs_of(std::move(node.inputs));
      node.outputs = change->outputs_of(std::move(node.outputs));
    }
    flat_.nodes.push_back(std::move(node));
  }

  void convert_graphs(FlatNode& node) {
    const auto opaque = [](const Attribute& each) { return std::holds_alternative<Opaque>(each.value); };
    if (std::none_of(node.attributes.begin(), node.attributes.end(), opaque)) return;
    const std::string place = fmt::format("node '{}'", node.name);
    const std::span<Attribute> attributes = flat_.texts.make<Attribute>(node.attributes.size());
    std::copy(node.attributes.begin(), node.attributes.end(), attributes.begin());
    for (Attribute& each : attributes) {
      if (!opaque(each)) continue;
      const std::string_view graph = std::get<Opaque>(each.value).text;
      if (graph.empty())
        throw Error("", place,
                    fmt::format("the type of its attribute '{}' cannot be converted to {}: keep the model's format",
                                each.name, format_));
      try {
        each.value = Opaque{flat_.texts.store(std::string_view(body_(graph, model_)))};
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
      if (tensor.producer != kNone && !is_constant(network_.op(tensor.producer))) return;  // an operator makes it
      const auto edit = edits_.find(id);
      flat_.constants.push_back({tensor.name, &*tensor.constant, edit == edits_.end() ? nullptr : edit->second});
    } else if (tensor.is_input &&
               std::find(network_.inputs().begin(), network_.inputs().end(), id) == network_.inputs().end()) {
      throw Error("", fmt::format("tensor '{}'", tensor.name),
                  fmt::format("a constant of its element type cannot be converted to {}", format_));
    }
  }

  const Model& model_;
  const Network& network_;
  const Rewriting& rewriting_;
  const std::string_view format_;
  const BodyRef body_;
  const std::map<OperatorId, NodeChange> changes_;
  const std::multimap<OperatorId, const InsertedOperator*> insertions_;
  std::unordered_map<TensorId, const Edit*> edits_;
  Flat flat_;
};

}  // namespace

Flat flatten(const Model& model, const Rewriting& rewriting, std::string_view format, BodyRef body) {
  return Flattener(model, rewriting, format, body).run();
}

}  // namespace rw::graph
