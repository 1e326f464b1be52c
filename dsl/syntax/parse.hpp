// From rule text to its tree.
#pragma once

#include "dsl/syntax/tree.hpp"
#include "dsl/text/diagnostic.hpp"
#include "dsl/text/source.hpp"

namespace rw::dsl {

// Reads one source. What is wrong goes into `diagnostics`, in the order of the places; after an error it goes on at the
// next declaration, and the tree holds what could be read. Text is UTF-8 (a byte order mark is skipped), at most
// tree::kMaxFileSize bytes.
tree::File parse(const Sources& sources, std::uint32_t source, Diagnostics& diagnostics);

}  // namespace rw::dsl
