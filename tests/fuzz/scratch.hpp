// Files for readers that want a path: a folder in memory, one a process, whose files are overwritten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rw::fuzz {

// Writes `bytes` to a file of this name in the folder and gives its path.
std::string scratch_file(std::string_view name, std::string_view bytes);

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace rw::fuzz
