// Where the library that computes layers is looked for, and what is said where it is not there.
#include "runtime/executor/load.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "graph/builder.hpp"
#include "runtime/executor/session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

namespace fs = std::filesystem;

const fs::path kName = "librewrite-executor.so";

fs::path this_program() { return fs::read_symlink("/proc/self/exe"); }
fs::path built_library() { return this_program().parent_path().parent_path() / "lib/rewrite-engine" / kName; }

// y = Abs(x), one run.
std::string opened() {
  graph::NetworkBuilder builder;
  const graph::TensorId x = builder.tensor("x"), y = builder.tensor("y");
  builder.add("Abs", "abs", std::vector{x}, std::vector{y}, {});
  builder.input(x);
  builder.output(y);
  const graph::Network network = builder.finish();
  try {
    const auto outputs =
        executor::open(network, {})->run({{x, float_array({2}, {-1, 2})}}, [](const executor::Value&) {});
    return outputs[0].floats() == std::vector<float>{1, 2} ? "it runs" : "wrong values";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// What opened() gives in a copy of this program, run in a folder of its own.
struct Copy {
  Copy() {
    fs::create_directories(folder / "bin");
    fs::create_directories(folder / "here");
    fs::copy_file(this_program(), folder / "bin/program");
  }
  std::string says(std::vector<std::string> environment = {}) const {
    environment.insert(environment.end(), {(folder / "bin/program").string(), "what a copy of this program says"});
    const Outcome outcome = run_program("/usr/bin/env", environment, {.folder = folder / "here"});
    const std::size_t begin = outcome.out.find("said: "), end = outcome.out.find(" :end");
    return begin == std::string::npos || end == std::string::npos ? outcome.out + outcome.err
                                                                  : outcome.out.substr(begin + 6, end - begin - 6);
  }
  TemporaryFolder folder;
};

const std::string kMissing =
    "networks cannot be run: librewrite-executor.so is neither beside the program nor in ../lib/rewrite-engine; it is "
    "built where Debian's package libdnnl-dev is installed, and needs libdnnl2";

}  // namespace

TEST_CASE("what a copy of this program says", "[.]") { std::printf("said: %s :end\n", opened().c_str()); }

TEST_CASE("the library of sessions is looked for beside the program and in ../lib/rewrite-engine alone", "[executor]") {
  const Copy copy;
  CHECK(copy.says() == kMissing);
  fs::copy_file(built_library(), copy.folder / "here" / kName);  // the current folder is no place for it
  CHECK(copy.says() == kMissing);
  fs::create_directories(copy.folder / "lib/rewrite-engine");
  fs::copy_file(built_library(), copy.folder / "lib/rewrite-engine" / kName);
  CHECK(copy.says() == "it runs");
  write_file(copy.folder / "bin" / kName, std::string(100, 'x'));  // the one beside the program comes first
  CHECK(contains(copy.says(), "networks cannot be run: "));
  CHECK(contains(copy.says(), "invalid ELF header"));
  fs::remove(copy.folder / "bin" / kName);
  fs::copy_file(built_library(), copy.folder / "bin" / kName);
  CHECK(copy.says() == "it runs");
  // One that oneDNN is missing for.
  write_file(copy.folder / "libdnnl.so.2", std::string(100, 'x'));
  const std::string says = copy.says({"LD_LIBRARY_PATH=" + copy.folder.path().string()});
  CHECK(contains(says, "libdnnl.so.2"));
  CHECK(contains(says, "Debian's package libdnnl2 holds it"));
}

TEST_CASE("threads are set while a network runs", "[executor]") {
  executor::Kernels& kernels = executor::kernels();
  const unsigned before = kernels.threads(3);
  CHECK(opened() == "it runs");
  CHECK(kernels.threads(before) == 3);
}

}  // namespace rw::test
