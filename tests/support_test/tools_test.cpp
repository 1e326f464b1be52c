// Comparing arrays, reading .npy files, running programs.
#include <chrono>
#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

std::string npy(const std::string& header, const std::string& values) {
  return "\x93NUMPY\x01" + std::string(1, '\0') + static_cast<char>(header.size()) + std::string(1, '\0') + header +
         values;
}

}  // namespace

TEST_CASE("difference is relative to the largest magnitude", "[compare]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Array a = float_array({3}, {0, 4, -8});
  CHECK(difference(a, a) == 0);
  CHECK(difference(a, float_array({3}, {2, 4, -8})) == 0.25);
  CHECK(difference(a, float_array({3}, {0, 4, -16})) == 0.5);
  CHECK(difference(float_array({1}, {0}), float_array({1}, {0})) == 0);
  CHECK(difference(a, float_array({3, 1}, {0, 4, -8})) == kInfinity);
  CHECK(difference(a, int_array({3}, {0, 4, -8})) == kInfinity);
  CHECK(difference(a, float_array({3}, {NAN, 4, -8})) == kInfinity);
  CHECK(difference(a, float_array({3}, {INFINITY, 4, -8})) == kInfinity);
}

TEST_CASE("identical goes by bits", "[compare]") {
  const Array zero = float_array({1}, {0});
  CHECK(identical(zero, float_array({1}, {0})));
  CHECK_FALSE(identical(zero, float_array({1}, {-0.0F})));
  CHECK_FALSE(identical(zero, float_array({}, {0})));
  CHECK_FALSE(identical(zero, int_array({1}, {0})));
  CHECK(identical(int_array({1}, {3}), int_array({1}, {3})));
}

TEST_CASE("arrays that NumPy saved are read", "[npy]") {
  const TemporaryFolder folder;
  write_file(folder / "f.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n",
                                   std::string("\0\0\x80\x3f\0\0\0\xc0", 8)));
  CHECK(read_npy(folder / "f.npy").floats() == std::vector<float>{1, -2});
  CHECK(read_npy(folder / "f.npy").shape() == Dims{1, 2});
  write_file(folder / "i.npy",
             npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n", std::string("\x2a\0\0\0\0\0\0\0", 8)));
  CHECK(read_npy(folder / "i.npy").ints() == Dims{42});
  write_file(folder / "bad.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }\n", "1234"));
  CHECK_THROWS_AS(read_npy(folder / "bad.npy"), std::runtime_error);
  write_file(folder / "short.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", "1234"));
  CHECK_THROWS_AS(read_npy(folder / "short.npy"), std::runtime_error);
}

TEST_CASE("programs run with their arguments, and all they write is kept", "[shell]") {
  const TemporaryFolder folder;
  const Outcome outcome = run_program("/bin/sh", {"-c", "pwd; cat; echo \"$0\" >&2; exit 3", "a b"},
                                      {.folder = folder.path(), .input = "in\n"});
  CHECK(outcome.status == 3);
  CHECK(outcome.signal == 0);
  CHECK(outcome.out == std::filesystem::canonical(folder.path()).string() + "\nin\n");
  CHECK(outcome.err == "a b\n");
}

TEST_CASE("large outputs and inputs that nobody reads do not block", "[shell]") {
  const std::string much(1 << 20, 'x');
  CHECK(run_program("/bin/sh", {"-c", "cat; head -c 1000000 /dev/zero >&2"}, {.input = much}).out == much);
  CHECK(run_program("/bin/sh", {"-c", "exit 0"}, {.input = much}).status == 0);
}

TEST_CASE("a program that does not end is ended", "[shell]") {
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = run_program("/bin/sleep", {"60"}, {.timeout = std::chrono::milliseconds(50)});
  CHECK(outcome.timed_out);
  CHECK(outcome.signal == 9);
  CHECK(outcome.status == -1);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
  CHECK_THROWS_AS(run_program("/nowhere/program", {}), std::system_error);
}

TEST_CASE("temporary folders are gone afterwards", "[shell]") {
  std::filesystem::path path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    write_file(folder / "file", "content");
    CHECK(read_file(folder / "file") == "content");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace rw::test
