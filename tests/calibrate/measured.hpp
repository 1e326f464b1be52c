// Networks that are measured in tests.
#pragma once

#include <map>
#include <string>

#include "tests/support/net.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {

// Two convolutions with a Relu between them, a Flatten and a Gemm; the first dimension of the input is free in the
// file.
struct Small {
  Net net;
  TemporaryFolder folder;
  std::filesystem::path model;

  Small();
  // Saves so many samples as a .npy of float32, and gives its path.
  std::filesystem::path samples(const std::string& name, std::size_t first, std::size_t count) const;
  Array sample(std::size_t index) const { return net.inputs(index).at("x"); }
};

// Runs rewrite-engine in the folder.
Outcome run_in(const TemporaryFolder& folder, const std::vector<std::string>& words);

}  // namespace rw::test
