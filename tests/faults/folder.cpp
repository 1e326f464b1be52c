#include "tests/faults/folder.hpp"

#include "tests/support/shell.hpp"

namespace rw::test {

Content content_of(const std::filesystem::path& folder) {
  Content content;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    content[each.path().filename()] = each.is_regular_file() ? read_file(each.path()) : "";
  return content;
}

Words names_of(const std::filesystem::path& folder) {
  Words names;
  for (const auto& [name, bytes] : content_of(folder)) names.push_back(name);
  return names;
}

}  // namespace rw::test
