// Runs a fuzz target where libFuzzer is not there: over files, and folders of them (its corpus), and with
// --random=N over N inputs of random bytes, which suits the targets that make networks from them; --seed=S gives
// others,
// --first=C makes C their first byte. An input that ends the program by abort() is left in the file "found".
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string running;  // the input

void keep_input(int) {
  if (std::FILE* file = std::fopen("found", "wb")) {
    std::fwrite(running.data(), 1, running.size(), file);
    std::fclose(file);
  }
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

void run() { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(running.data()), running.size()); }

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  running.assign(std::istreambuf_iterator<char>(file), {});
  run();
}

std::size_t replay_all(const std::filesystem::path& path) {
  if (std::filesystem::is_regular_file(path)) return replay(path), 1;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    replay(entry.path());
    ++count;
  }
  return count;
}

void run_random(std::uint64_t count, std::uint64_t seed, std::string_view first) {
  std::mt19937_64 random(seed);
  for (std::uint64_t i = 0; i < count; ++i) {
    running = first;
    for (std::uint64_t size = 40 + random() % 160; running.size() < size;) running += static_cast<char>(random());
    run();
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, keep_input);
  std::uint64_t count = 0, random = 0, seed = 1;
  std::string_view first;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--random="))
      random = std::strtoull(argv[i] + 9, nullptr, 10);
    else if (argument.starts_with("--seed="))
      seed = std::strtoull(argv[i] + 7, nullptr, 10);
    else if (argument.starts_with("--first="))
      first = argument.substr(8);
    else
      count += replay_all(argv[i]);
  }
  run_random(random, seed, first);
  std::printf("%llu inputs replayed, %llu random ones run\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(random));
  return count + random > 0 ? 0 : 1;
}
