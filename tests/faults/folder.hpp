// What lies in a folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rw::test {

using Words = std::vector<std::string>;
using Content = std::map<std::string, std::string>;  // bytes by name; "": no regular file

Content content_of(const std::filesystem::path& folder);
Words names_of(const std::filesystem::path& folder);

}  // namespace rw::test
