// Reads arrays that NumPy saved.
#pragma once

#include <filesystem>

#include "tests/support/judge.hpp"

namespace rw::test {

// float32 or int64, little-endian, in C order, format 1 or 2. Throws std::runtime_error that names the file.
Array read_npy(const std::filesystem::path& path);

}  // namespace rw::test
