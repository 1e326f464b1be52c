// Finds the library that computes layers.
#pragma once

#include "runtime/executor/kernels.hpp"

namespace rw::executor {

// Loaded at the first call: librewrite-executor.so beside the program or in ../lib/rewrite-engine from there, and
// nowhere else. std::runtime_error: it is not there or does not load, with the package that holds what is missing.
Kernels& kernels();

}  // namespace rw::executor
