// write_model (model.hpp) for work that takes long enough to be watched.
#pragma once

#include "graph/base/function_ref.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Calls `progress` with the bytes that have been written so far, every 256 KiB or so. Error: one of the files would
// have a name in `taken`, those of files that the caller writes.
Written write_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, bool dry,
                    std::span<const std::filesystem::path> taken, FunctionRef<void(std::uint64_t written)> progress);

}  // namespace rw::graph
