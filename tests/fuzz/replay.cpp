// Runs a fuzz target where libFuzzer is not there: over files, and folders of them (its corpus), and over inputs made
// up:
//   --random=N    N inputs of random bytes, which suits the targets that make networks from them; --first=C makes C
//                 their first byte, and with --hold=K K inputs, one behind the other, share their first 28 bytes (the
//                 rules of `rewrite`, which take longest to read)
//   --mutated=N   N inputs that are files named before with changes, by the words of --words=FILE
// --seed=S gives others. An input that ends the program by a signal is left in the file "found".
#include <algorithm>
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
#include <vector>

#include "tests/fuzz/mutation.hpp"

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

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every file of the folder, or the file.
std::vector<std::string> read_all(const std::filesystem::path& path) {
  if (std::filesystem::is_regular_file(path)) return {text_of(path)};
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) texts.push_back(text_of(entry.path()));
  return texts;
}

struct Options {
  std::uint64_t random = 0, mutated = 0, seed = 1, hold = 1;
  std::string_view first;
  std::vector<std::string> words;
};

void run_random(const Options& options) {
  constexpr std::size_t kHeld = 28;
  std::mt19937_64 random(options.seed);
  std::string held;
  for (std::uint64_t i = 0; i < options.random; ++i) {
    running = i % options.hold == 0 ? options.first : held;
    for (std::uint64_t size = 40 + random() % 160; running.size() < size;) running += static_cast<char>(random());
    held = running.substr(0, kHeld);
    run();
  }
}

void run_mutated(const Options& options, const std::vector<std::string>& seeds) {
  rw::fuzz::Mutation mutation(seeds, options.words, options.seed);
  for (std::uint64_t i = 0; i < options.mutated; ++i) {
    running = mutation.next();
    run();
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const int each : {SIGABRT, SIGSEGV, SIGILL, SIGFPE, SIGBUS}) std::signal(each, keep_input);
  Options options;
  std::vector<std::string> seeds;
  const auto number = [](std::string_view argument) {
    return std::strtoull(argument.data() + argument.find('=') + 1, nullptr, 10);
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--random=")) {
      options.random = number(argument);
    } else if (argument.starts_with("--mutated=")) {
      options.mutated = number(argument);
    } else if (argument.starts_with("--seed=")) {
      options.seed = number(argument);
    } else if (argument.starts_with("--hold=")) {
      options.hold = std::max<std::uint64_t>(number(argument), 1);
    } else if (argument.starts_with("--first=")) {
      options.first = argument.substr(8);
    } else if (argument.starts_with("--words=")) {
      options.words = rw::fuzz::read_words(text_of(argument.substr(8)));
    } else {
      for (std::string& text : read_all(argv[i])) seeds.push_back(std::move(text));
    }
  }
  for (const std::string& seed : seeds) {
    running = seed;
    run();
  }
  run_random(options);
  if (!seeds.empty()) run_mutated(options, seeds);
  const std::uint64_t changed = seeds.empty() ? 0 : options.mutated;
  std::printf("%zu inputs replayed, %llu random ones and %llu changed ones run\n", seeds.size(),
              static_cast<unsigned long long>(options.random), static_cast<unsigned long long>(changed));
  return seeds.size() + options.random > 0 ? 0 : 1;
}
