#include "runtime/text/progress.hpp"

#include <memory>
#include <string>

#include "tests/support/catch.hpp"

using rw::runtime::Progress;
using namespace std::chrono_literals;

namespace {

std::string text_of(std::FILE* file) {
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

TEST_CASE("Progress is drawn after a second, ten times a second at most, and wiped at the end") {
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  const auto start = Progress::Clock::now();
  {
    Progress progress(file.get(), 3'000'000'000, start);
    progress.show(500'000'000, start + 900ms);
    progress.show(1'500'000'000, start + 1500ms);
    progress.show(1'600'000'000, start + 1550ms);
    progress.show(3'100'000'000, start + 2000ms);
  }
  CHECK(text_of(file.get()) ==
        "\r\x1b[Kwriting [##########----------]  50%  1.5 GB of 3.0 GB  1.0 GB/s"
        "\r\x1b[Kwriting [####################] 100%  3.1 GB of 3.0 GB  1.6 GB/s"
        "\r\x1b[K");
}

TEST_CASE("Progress of samples is told in samples") {
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  const auto start = Progress::Clock::now();
  {
    Progress progress(file.get(), 128, start, Progress::kMeasuring);
    progress.show(64, start + 2s);
  }
  CHECK(text_of(file.get()) ==
        "\r\x1b[Kmeasuring [##########----------]  50%  64 samples of 128 samples  32 samples/s\r\x1b[K");
}

TEST_CASE("Short work and pipes show nothing") {
  const std::unique_ptr<std::FILE, Close> file(std::tmpfile());
  const auto start = Progress::Clock::now();
  { Progress(file.get(), 10, start).show(5, start + 999ms); }
  CHECK(text_of(file.get()).empty());
  Progress(nullptr, 10, start).show(5, start + 5s);
}
