#include "runtime/executor/load.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace rw::executor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "librewrite-executor.so";

// Threads of GCC's OpenMP that wait for the next layer turn in a loop, by default for so long that they take the
// processor from whoever else has work: on a busy machine networks ran four times as long. So short a turn spans the
// gap between two layers. It is read when the library is loaded; what the user has set stands.
constexpr const char* kSpins = "10000";

void wait_politely() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", kSpins, 0);
}

Kernels& load(const fs::path& path) {
  wait_politely();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const std::string why = dlerror();
    throw std::runtime_error(
        fmt::format("networks cannot be run: {}{}", why,
                    why.find("libdnnl") != std::string::npos ? "; Debian's package libdnnl2 holds it" : ""));
  }
  const auto kernels_of = reinterpret_cast<KernelsOf>(dlsym(library, "rw_executor_kernels"));
  Kernels* found = kernels_of == nullptr ? nullptr : kernels_of(kKernelsVersion);
  if (found == nullptr)
    throw std::runtime_error(
        fmt::format("networks cannot be run: {} is of another version of the program", path.string()));
  return *found;
}

Kernels& find() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error)
    for (const fs::path& path : {folder / kLibrary, folder.parent_path() / "lib/rewrite-engine" / kLibrary})
      if (fs::exists(path, error)) return load(path);
  throw std::runtime_error(
      fmt::format("networks cannot be run: {} is neither beside the program nor in ../lib/rewrite-engine; it is built "
                  "where Debian's package libdnnl-dev is installed, and needs libdnnl2",
                  kLibrary));
}

}  // namespace

Kernels& kernels() {
  static Kernels& found = find();  // looked for again where it was not found
  return found;
}

}  // namespace rw::executor
