// Mapped files: what is refused, the padding, and files that change while they are read.
#include "graph/base/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <numeric>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/base/sources.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::test;

TEST_CASE("A file is mapped with zeros or the rest of its page behind it, whatever its size") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0, 1, 63, 4095, 4096, 4097, 8192}) {
    INFO(size);
    write_file(folder / "f", std::string(size, 'a'));
    const auto file = MappedFile::open(folder / "f");
    CHECK(file->text() == std::string(size, 'a'));
    int behind = 0;
    for (std::size_t i = 0; i < MappedFile::kPadding; ++i) behind += file->text().data()[size + i];
    CHECK(behind == 0);
    CHECK(file->intact());
  }
}

TEST_CASE("Only regular files are opened, and nothing waits for a pipe") {
  const TemporaryFolder folder;
  const auto open = [&](const char* name) { return error_of([&] { MappedFile::open(folder / name); }, folder.path()); };
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(folder / "folder");
  CHECK(open("missing") == "missing: there is no such file");
  CHECK(open("pipe") == "pipe: is not a regular file");
  CHECK(open("folder") == "folder: is a folder, expected a file");
  CHECK(error_of([] { MappedFile::open("/dev/zero"); }) == "/dev/zero: is not a regular file");
}

TEST_CASE("A file is the same under every name") {
  const TemporaryFolder folder;
  write_file(folder / "f", "abc");
  write_file(folder / "other", "abc");
  std::filesystem::create_hard_link(folder / "f", folder / "hard");
  std::filesystem::create_symlink(folder / "f", folder / "soft");
  const FileIdentity identity = MappedFile::open(folder / "f")->identity();
  CHECK(MappedFile::open(folder / "hard")->identity() == identity);
  CHECK(identity_of(folder / "soft") == identity);
  CHECK_FALSE(identity_of(folder / "other") == identity);
  CHECK_FALSE(identity_of(folder / "missing"));
}

TEST_CASE("Views know their place in the file") {
  const TemporaryFolder folder;
  write_file(folder / "f", "abcdef");
  const auto file = MappedFile::open(folder / "f");
  CHECK(file->offset_of(file->text().substr(4).data()) == 4);
  const int elsewhere = 0;
  CHECK_FALSE(file->offset_of(&elsewhere));
}

TEST_CASE("Views are read piece by piece, from the file where they lie in one") {
  const TemporaryFolder folder;
  std::string text(300'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  write_file(folder / "a", "before");
  write_file(folder / "b", text);
  const std::vector<std::shared_ptr<const MappedFile>> files = {MappedFile::open(folder / "a"),
                                                                MappedFile::open(folder / "b")};
  const auto all = [](const PiecewiseReader& reader, std::size_t size, std::size_t piece) {
    std::vector<std::byte> buffer;
    std::string read;
    for (std::size_t at = 0; at < size; at += piece) {
      const auto bytes = reader.read(at, std::min(piece, size - at), buffer);
      read.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return read;
  };
  const auto in_file = files[1]->bytes().subspan(17, 290'000);
  const PiecewiseReader reader(files, in_file);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{999}, std::size_t{65'536}, in_file.size()})
    CHECK(all(reader, piece == 1 ? 500 : in_file.size(), piece) == text.substr(17, piece == 1 ? 500 : in_file.size()));
  // Of other memory, and short, they are looked at where they lie.
  std::vector<std::byte> buffer;
  const auto elsewhere = std::as_bytes(std::span(text));
  CHECK(PiecewiseReader(files, elsewhere).read(5, 1000, buffer).data() == elsewhere.data() + 5);
  CHECK(PiecewiseReader(files, in_file.first(100)).read(5, 10, buffer).data() == in_file.data() + 5);
  CHECK(buffer.empty());

  std::filesystem::resize_file(folder / "b", 100'000);
  CHECK(error_of([&] { reader.read(200'000, 50'000, buffer); }, folder.path()) == "b: changed while it was read");
}

TEST_CASE("A file that becomes shorter reads as zeros and is no longer intact") {
  const TemporaryFolder folder;
  write_file(folder / "f", std::string(100000, 'a'));
  const auto file = MappedFile::open(folder / "f");
  const auto other = MappedFile::open(folder / "f");
  REQUIRE(file->text()[0] == 'a');
  std::filesystem::resize_file(folder / "f", 0);
  const std::string_view text = file->text();
  CHECK(std::accumulate(text.begin() + 4096, text.end(), 0L) == 0);
  CHECK_FALSE(file->intact());
  CHECK_FALSE(other->intact());
  CHECK(error_of([&] { file->check_intact(); }, folder.path()) == "f: changed while it was read");
}

TEST_CASE("A file whose bytes change keeps its size and is not intact either") {
  const TemporaryFolder folder;
  write_file(folder / "f", "before");
  const auto file = MappedFile::open(folder / "f");
  CHECK(file->intact());
  usleep(20000);  // clocks of file systems tick every few milliseconds
  write_file(folder / "f", "behind");
  CHECK_FALSE(file->intact());
}

TEST_CASE("A bus error outside of mapped files ends the process as ever") {
  const TemporaryFolder folder;
  write_file(folder / "f", "abc");
  const auto file = MappedFile::open(folder / "f");
  const auto status_of = [&](const std::function<void()>& run) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      close(STDERR_FILENO);  // a sanitizer would have much to say
      run();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  };
  CHECK(status_of([] {}) == 0);
  CHECK(status_of([] {
          raise(SIGBUS);
          raise(SIGBUS);  // the first one may only have given the signal back to the system
        }) != 0);
  // A mapping that nobody guards, of a file that was cut off.
  CHECK(status_of([&] {
          const int descriptor = open((folder / "f").c_str(), O_RDWR);
          auto* byte = static_cast<volatile char*>(mmap(nullptr, 3, PROT_READ, MAP_SHARED, descriptor, 0));
          if (ftruncate(descriptor, 0) == 0) static_cast<void>(byte[0]);
        }) != 0);
}

TEST_CASE("Texts of the user come out of a message in one line") {
  CHECK(printable("conv1") == "conv1");
  CHECK(printable("Größe ✓") == "Größe ✓");
  CHECK(printable("a\nb\tc\x1b[31m") == "a\\nb\\tc\\u001b[31m");
  CHECK(printable(std::string_view("\0x", 2)) == "\\u0000x");
  CHECK(printable("\x7f\xc2\x85") == "\\u007f\\u0085");
  CHECK(printable("\xe2\x80\xae") == "\\u202e");  // turns the line around
  CHECK(printable("a\xffz") == "a\\xffz");
  CHECK(printable("\xc0\xaf\xed\xa0\x80") == "\\xc0\\xaf\\xed\\xa0\\x80");  // overlong, and half of a pair
  CHECK(printable("\xf0\x9f") == "\\xf0\\x9f");                             // cut off
  const std::string longer = printable(std::string(5000, 'a') + "z");
  CHECK(longer.size() == 1003);
  CHECK(longer.substr(499, 5) == "a...a");
  CHECK(longer.back() == 'z');
}
