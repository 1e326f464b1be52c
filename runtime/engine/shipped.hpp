// The texts that ship with the program, embedded by the build.
#pragma once

#include <string_view>
#include <vector>

namespace rw::runtime {

struct ShippedFile {
  std::string_view name;  // without its ending: "equalization"
  std::string_view text;
};

const std::vector<ShippedFile>& shipped_files();  // every rules/*.dsl
const std::vector<ShippedFile>& manuals();        // docs/language.md and docs/formats.md

}  // namespace rw::runtime
