// The files that a model file names: weights, external data.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "graph/base/mapped_file.hpp"

namespace rw::graph {

// Opens the file that `model` calls `name`. It must lie in the folder of the model file or below.
// Error (no file): an absolute path, one with "..", a link that leads out of the folder. Error (file: its path): it
// cannot be opened or is not a regular file.
std::shared_ptr<const MappedFile> open_beside(const std::filesystem::path& model, std::string_view name);

}  // namespace rw::graph
