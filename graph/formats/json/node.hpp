// New nodes as model.json writes them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "graph/network.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

std::string utf8_text(std::string_view text);  // in quotes. Error: it is no UTF-8

// An "attributes" object; graphs and types in it are JSON already. `node`: for messages. Error: as utf8_text.
std::string attributes_text(std::string_view node, std::span<const Attribute> attributes);

std::string node_text(const NamedNode& node);

}  // namespace rw::graph
