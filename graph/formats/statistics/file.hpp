// Statistics in a file of their own, for models whose format has no place for them.
#pragma once

#include <filesystem>

#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Adds OUT.stats.json for `out` OUT.onnx where the model has statistics: each entry scaled as `rewriting` says, others
// as they were. Error: a value that is no longer finite.
void write_statistics_beside(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out,
                             Output& output);

// The object of entries as JSON. Error: as above.
void append_scaled_statistics(const Model& model, const Rewriting& rewriting, std::string& out);

}  // namespace rw::graph
