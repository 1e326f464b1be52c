// The rule files that ship with the program, embedded by the build.
#pragma once

#include <string_view>
#include <vector>

namespace rw::runtime {

struct ShippedFile {
  std::string_view name;  // "equalization"
  std::string_view text;
};

const std::vector<ShippedFile>& shipped_files();  // every rules/*.dsl

}  // namespace rw::runtime
