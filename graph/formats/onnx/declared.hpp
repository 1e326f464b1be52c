// What ONNX messages say by name: ValueInfoProto, operators and their domains.
#pragma once

#include <string>
#include <string_view>

#include "graph/base/arena.hpp"
#include "graph/formats/onnx/wire.hpp"
#include "graph/formats/reading/declared.hpp"

namespace rw::graph::onnx {

// A ValueInfoProto. Error (place "tensor 'x'"): more dimensions than kMaxRank, types nested deeper than
// ValueType::kMostDeep.
Declared read_declared(const Field& message, Arena& arena);

// A TypeProto, read and written.
ValueType read_type(const Field& message, Arena& arena);
std::string type_message(const ValueType& type);

// All of them that a GraphProto has. `constant` is left to whoever knows the initializers.
Declarations read_declarations(const Field& graph, Arena& arena);

// A ValueInfoProto, not yet a field. Nothing is said of a type without an element type.
std::string value_info(const Declared& said);

// "ai.onnx" is another name of the domain of ONNX itself.
std::string_view domain_of(std::string_view text);
std::string full_type(std::string_view domain, std::string_view type);  // "domain::Type"
std::string_view domain_of_type(std::string_view full_type);            // of "domain::Type"; "": of ONNX itself

// The error told at the place of something that has a name; the byte, where it had one, is kept.
Error placed(const Error& error, std::string place);

}  // namespace rw::graph::onnx
