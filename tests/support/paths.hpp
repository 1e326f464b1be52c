// Where the tests find things: the only unit that knows folders of this build, so that all others compile to the same
// everywhere (and a compiler cache can tell).
#pragma once

#include <string>

namespace rw::test {

std::string data_path(const std::string& name);    // in tests/data
std::string source_path(const std::string& name);  // in the project
std::string program_path();                        // rewrite-engine

}  // namespace rw::test
