#include "tests/fuzz/mutation.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace rw::fuzz {
namespace {

constexpr std::size_t kLongestPart = 96;

// The text between the quotes, from behind the first of them on.
std::string unescaped(std::string_view text) {
  std::string word;
  for (std::size_t i = 0; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      word += text[i];
    } else if (text[++i] == 'x' && i + 2 < text.size()) {
      word += static_cast<char>(std::strtoul(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      word += text[i];
    }
  }
  return word;
}

}  // namespace

std::vector<std::string> read_words(std::string_view dictionary) {
  std::vector<std::string> words;
  std::istringstream lines{std::string(dictionary)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t quote = line.find('"');
    if (!line.starts_with('#') && quote != std::string::npos) words.push_back(unescaped(line.substr(quote + 1)));
  }
  return words;
}

Mutation::Mutation(std::vector<std::string> seeds, std::vector<std::string> words, std::uint64_t seed)
    : seeds_(std::move(seeds)), words_(std::move(words)), random_(seed) {
  if (words_.empty()) words_ = {"0", "-1"};
}

std::string Mutation::next() {
  std::string text = seeds_[below(seeds_.size())];
  for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(text);
  if (text.size() > kLongest) text.resize(kLongest);
  return text;
}

std::string_view Mutation::part_of(const std::string& text) {
  const std::size_t begin = below(text.size() + 1);
  return std::string_view(text).substr(begin, below(kLongestPart));
}

void Mutation::change(std::string& text) {
  const std::size_t at = below(text.size() + 1), length = std::min(text.size() - at, 1 + below(16));
  const std::string& other = seeds_[below(seeds_.size())];
  switch (below(9)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      break;
    case 1:
      text.insert(at, 1, static_cast<char>(random_()));
      break;
    case 2:
      text.replace(at, length, 1, static_cast<char>(' ' + below(95)));
      break;
    case 3:
      text.erase(at, length);
      break;
    case 4:
      text.insert(at, std::string(part_of(text)));
      break;
    case 5:
      text.insert(at, words_[below(words_.size())]);
      break;
    case 6:
      text.replace(at, length, words_[below(words_.size())]);
      break;
    case 7:
      text.replace(at, length, part_of(other));
      break;
    default:
      text = text.substr(0, at) + other.substr(below(other.size() + 1));
      break;
  }
}

}  // namespace rw::fuzz
