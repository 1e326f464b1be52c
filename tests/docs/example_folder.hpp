// The example files of docs/formats.md in a folder of their own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/shell.hpp"

namespace rw::test {

class ExampleFolder {
 public:
  ExampleFolder();

  // Carries out a command as the manual has it; its exit status must be 0.
  void run(std::string_view command) const;
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
};

}  // namespace rw::test
