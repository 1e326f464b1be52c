// A network as it is after a rewriting, by names: what a writer needs that does not copy the file it was read from.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/base/function_ref.hpp"
#include "graph/model.hpp"

namespace rw::graph {

struct FlatNode {
  std::string_view type;  // "domain::Type" as in Network::type_name
  std::string_view name;
  std::vector<std::string_view> inputs, outputs;  // "": absent
  std::span<const Attribute> attributes;
};

struct FlatConstant {
  std::string_view name;
  const Literal* value = nullptr;
  const Edit* edit = nullptr;  // null: as it is
  std::span<const std::int64_t> shape() const {
    return edit ? std::span<const std::int64_t>(edit->shape) : value->shape.dims();
  }
};

// All views live in the model and the rewriting. Constant operators with a value are constants and no nodes.
struct Flat {
  std::vector<FlatNode> nodes;
  std::vector<FlatConstant> constants;  // in the order of the network, copies and added ones behind
  Arena texts;                          // of attributes that are graphs
};

// `body` gives a graph in an attribute as the other format has it. Error: a constant or an attribute of a type that is
// not known here. `format`: for the message.
Flat flatten(const Model& model, const Rewriting& rewriting, std::string_view format,
             FunctionRef<std::string(std::string_view graph, const Model& from)> body);

}  // namespace rw::graph
