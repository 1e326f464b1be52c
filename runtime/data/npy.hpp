// The header of a .npy file. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <string_view>

#include "runtime/data/values.hpp"

namespace rw::data {

inline constexpr std::size_t kNpyStart = 12;  // bytes that say how long the header is

// Where the elements begin, from the first bytes of the file (kNpyStart of them, or all that there are). graph::Error:
// it is no .npy, of a version that is not known, or has a header of more than a megabyte.
std::size_t npy_elements_at(std::string_view start);

// Type, order and shape into `array`, from all bytes in front of the elements. graph::Error: it is cut off, it is not
// the three keys of a .npy, an element type that has no numbers (objects, texts, records, complex), a shape that no
// array has.
void read_npy_header(std::string_view head, StoredArray& array);

}  // namespace rw::data
