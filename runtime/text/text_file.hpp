// Small texts that are written as a whole: reports, plans.
#pragma once

#include <filesystem>
#include <string_view>

namespace rw::runtime {

// To a temporary file beside it, then renamed. graph::Error: why not.
void write_text(const std::filesystem::path& path, std::string_view text);

}  // namespace rw::runtime
