// Small texts that are written as a whole: reports, plans.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "graph/mapped_file.hpp"

namespace rw::runtime {

// To a temporary file beside it, then renamed. graph::Error: why not; it is one of `inputs`.
void write_text(const std::filesystem::path& path, std::string_view text,
                std::span<const std::shared_ptr<const graph::MappedFile>> inputs = {});

}  // namespace rw::runtime
