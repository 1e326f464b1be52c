// What ONNX messages say by name: ValueInfoProto, operators and their domains.
#pragma once

#include <string>
#include <string_view>

#include "graph/base/arena.hpp"
#include "graph/formats/onnx/wire.hpp"
#include "graph/formats/reading/declared.hpp"

namespace rw::graph::onnx {

// A ValueInfoProto; of other types than tensors only the name is known. Error (place "tensor 'x'"): more dimensions
// than kMaxRank.
Declared read_declared(const Field& message, Arena& arena);

// "ai.onnx" is another name of the domain of ONNX itself.
std::string_view domain_of(std::string_view text);
std::string full_type(std::string_view domain, std::string_view type);  // "domain::Type"

// The error told at the place of something that has a name; the byte, where it had one, is kept.
Error placed(const Error& error, std::string place);

}  // namespace rw::graph::onnx
