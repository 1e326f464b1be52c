// Constants as model.json writes them: {"dtype": "float32", "shape": [2, 2], "data": [0.5, -1, 0, 2]}.
#pragma once

#include <string>

#include "graph/base/arena.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/network.hpp"

namespace rw::graph {

// Where the parts that a rewriting changes stand.
struct TensorText {
  json::Range shape, data, whole;
};

// The value, in the arena: floats are rounded to nearest even, "inf", "-inf" and "nan" are floats too, booleans are
// true, false, 1 or 0. Error: anything that does not fit.
Literal read_tensor(json::Value& value, Arena& arena, TensorText* text = nullptr);

// The elements as JSON, "[0.5, -1, 0, 2]": the shortest digits that read_tensor turns into the same value.
std::string write_data(const Literal& value);
// All of it. Error: it cannot be text.
std::string write_tensor(const Literal& value);
// Some programs store a bool as another byte than 0 or 1; JSON has nothing for that.
bool can_be_text(const Literal& value);

std::string write_shape(std::span<const std::int64_t> dims);  // "[2, 2]"

}  // namespace rw::graph
