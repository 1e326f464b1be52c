// Attributes of operators as model.json writes them.
#pragma once

#include <string>
#include <vector>

#include "graph/base/arena.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/network.hpp"

namespace rw::graph {

// Reads an "attributes" object into `attributes`, values in the arena. An integer is int64, a number with point or
// exponent double, a list what its elements are (doubles where some element is one); "inf", "-inf" and "nan" stay
// strings but in a list with doubles, or as {"float": "inf"} and {"floats": ["inf"]}. `captured` gets the names that
// nested graphs read from the network around them. Error: a value of no such kind, a name twice.
void read_attributes(json::Value& object, Arena& arena, std::vector<Attribute>& attributes,
                     std::vector<std::string>& captured);

}  // namespace rw::graph
