// Graphs in attributes, the bodies of If, Loop and Scan, and types: taken over as they are where a model goes to the
// other format. In model.json a body is an object with the "name", "inputs", "outputs", "tensors", "nodes" and "shapes"
// of a network; what it reads from around it it reads by name.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace rw::graph {

// `graph` is a GraphProto; the model's folder is where external data of its tensors lies. Error: what model.json has no
// place for, such as constants of text.
std::string json_body(std::string_view graph, const std::filesystem::path& model);

// `graph` is JSON. `domains` gets those of the operators in it. Error: a network nested in it, anything that is no
// graph.
std::string onnx_body(std::string_view graph, std::set<std::string, std::less<>>& domains);

// A type, from a TypeProto or to one. Error: one that model.json has no place for, anything that is no type.
std::string json_type(std::string_view type);
std::string onnx_type(std::string_view type);

}  // namespace rw::graph
