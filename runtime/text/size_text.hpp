// Numbers of bytes for people: "730.9 KB".
#pragma once

#include <cstdint>
#include <string>

namespace rw::runtime {

std::string size_text(std::uint64_t bytes);

}  // namespace rw::runtime
