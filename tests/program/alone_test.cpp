// The program where the library that runs networks is missing, as in a build without oneDNN.
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace fs = std::filesystem;

TEST_CASE("Without the library that runs networks all the rest works, and its package is named") {
  // The library is looked for in bin and in lib/rewrite-engine beside it, and nowhere else.
  const TemporaryFolder folder;
  fs::create_directory(folder / "bin");
  fs::copy_file(program_path(), folder / "bin/program");
  write_file(folder / "librewrite-executor.so", "of somebody else");
  const std::string model = data_path("digits_mbv2_imb.onnx"), samples = data_path("digits_x.npy");
  const auto run = [&](const std::vector<std::string>& words) {
    return run_program(folder / "bin/program", words, {.folder = folder.path()});
  };
  const std::vector<std::vector<std::string>> works = {
      {model, "equalization", "-o", "rewritten.onnx"},
      {"explain", model, "equalization"},
      {"check", "equalization"},
      {"test", "equalization"},
      {"calibrate", model, "--probe", "probe.onnx"},
  };
  for (const auto& words : works) {
    const Outcome outcome = run(words);
    INFO(words[0] << ": " << outcome.err);
    CHECK(outcome.status == 0);
  }
  const std::vector<std::vector<std::string>> needs_it = {
      {"calibrate", model, "--random", "2", "-o", "out.json"},
      {"compare", model, model},
      {"score", model},
      {model, "equalization", "--data", samples, "-o", "out.onnx"},
      {model, "equalization", "--verify", samples, "-o", "out.onnx"},
      {model, "equalization", "--score", "-o", "out.onnx"},
      {"explain", model, "equalization", "--data", samples},
  };
  for (const bool broken : {false, true}) {
    if (broken) write_file(folder / "bin/librewrite-executor.so", "no library");
    for (const auto& words : needs_it) {
      const Outcome outcome = run(words);
      INFO(words[0] << ": " << outcome.out << outcome.err);
      CHECK(outcome.status == 1);
      CHECK(outcome.out.empty());
      CHECK(contains(outcome.err, "networks cannot be run: "));
      CHECK(contains(outcome.err, broken ? "librewrite-executor.so" : "Debian's package libdnnl-dev"));
      CHECK_FALSE(fs::exists(folder / "out.json"));
      CHECK_FALSE(fs::exists(folder / "out.onnx"));
    }
  }
}
