// Inputs made from others, for fuzz targets that read text, where libFuzzer is not there.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace rw::fuzz {

// The words of a dictionary of libFuzzer: lines of "word" or name="word", with \\, \" and \xNN; other lines are passed
// over.
std::vector<std::string> read_words(std::string_view dictionary);

class Mutation {
 public:
  static constexpr std::size_t kLongest = 2048;  // bytes of what is made

  // `seeds`: what is changed; not empty. `words`: what is put in.
  Mutation(std::vector<std::string> seeds, std::vector<std::string> words, std::uint64_t seed);

  // One of the seeds after one to six changes: a bit or byte is another, bytes come in, go, or stand twice, a word is
  // put in, a part of another seed takes the rest or the place of some bytes.
  std::string next();

 private:
  std::size_t below(std::size_t count) { return random_() % count; }
  std::string_view part_of(const std::string& text);
  void change(std::string& text);

  std::vector<std::string> seeds_, words_;
  std::mt19937_64 random_;
};

}  // namespace rw::fuzz
