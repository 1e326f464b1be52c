// Every file name that a model says for external data, wherever it says it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "graph/formats/onnx/wire.hpp"

namespace rw::graph::onnx {

// The locations in a ModelProto; with `initializers` false, those of the initializers of the main graph are left out.
// Error: the message is not well-formed, or graphs are nested too deep.
std::set<std::string> external_locations(std::string_view model, bool initializers);

// The location of one TensorProto; empty: it has none.
std::string_view external_location(const Field& tensor);

// New names by old ones.
using Renames = std::map<std::string, std::string, std::less<>>;

// A message with other locations, without its tag and length. Has no value where it says none of these.
std::optional<std::string> renamed_tensor(const Field& tensor, const Renames& renames);
std::optional<std::string> renamed_sparse(const Field& sparse, const Renames& renames);
std::optional<std::string> renamed_node(const Field& node, const Renames& renames);
std::optional<std::string> renamed_function(const Field& function, const Renames& renames);

}  // namespace rw::graph::onnx
