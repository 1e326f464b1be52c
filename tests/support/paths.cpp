#include "tests/support/paths.hpp"

namespace rw::test {

std::string data_path(const std::string& name) { return source_path("tests/data/" + name); }
std::string source_path(const std::string& name) { return RW_SOURCE_DIR "/" + name; }
std::string program_path() { return RW_PROGRAM; }

}  // namespace rw::test
