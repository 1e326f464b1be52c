#include "dsl/text/spelling.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rw::dsl {

namespace {

constexpr std::size_t kLongestWord = 40;
constexpr std::size_t kMostCandidates = 2'000;
using DistanceRow = std::array<std::size_t, kLongestWord + 1>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment distance (Damerau 1964, with each pair of letters swapped at most once).
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<DistanceRow, 3> rows{};  // of i - 2, i - 1 and i, each in the place of i modulo 3
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    DistanceRow& row = rows[i % 3];
    const DistanceRow& above = rows[(i + 2) % 3];
    const DistanceRow& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::uint64_t letters(std::string_view word) {
  std::uint64_t found = 0;
  for (const char c : word) found |= std::uint64_t{1} << (static_cast<unsigned char>(lower(c)) % 64);
  return found;
}

bool begins_with(std::string_view candidate, std::string_view word) {
  return candidate.size() >= word.size() && candidate != word &&
         std::equal(word.begin(), word.end(), candidate.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

// The shortest candidate that begins with a word which was left off early; of several the first in the alphabet.
std::string_view completed(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kShortest = 3;
  std::string_view found;
  if (word.size() < kShortest) return found;
  for (std::size_t i = 0; i < std::min(candidates.size(), kMostCandidates); ++i) {
    const std::string_view candidate = candidates[i];
    if (!begins_with(candidate, word)) continue;
    const bool better =
        found.empty() || candidate.size() < found.size() || (candidate.size() == found.size() && candidate < found);
    if (better) found = candidate;
  }
  return found;
}

// One change brings in at most one letter that was not there.
bool may_be_within(std::size_t most, std::uint64_t a, std::uint64_t b) {
  return static_cast<std::size_t>(std::max(std::popcount(a & ~b), std::popcount(b & ~a))) <= most;
}

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() > kLongestWord) return {};
  if (const std::string_view whole = completed(word, candidates); !whole.empty()) return whole;
  std::size_t best = std::max<std::size_t>(word.size() / 3, 1);
  std::string_view found;
  const std::uint64_t wanted = letters(word);
  const std::size_t considered = std::min(candidates.size(), kMostCandidates);
  for (std::size_t i = 0; i < considered; ++i) {
    const std::string_view candidate = candidates[i];
    const std::size_t longer = std::max(candidate.size(), word.size());
    const std::size_t shorter = std::min(candidate.size(), word.size());
    if (longer > kLongestWord || longer - shorter > best || candidate == word) continue;
    if (!may_be_within(best, wanted, letters(candidate))) continue;
    const std::size_t d = distance(word, candidate);
    if (d > best || d >= word.size()) continue;  // a word that would be changed letter by letter was not meant
    if (d == best && !found.empty() && found <= candidate) continue;
    best = d;
    found = candidate;
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view found = nearest(word, candidates);
  return found.empty() ? std::string() : fmt::format("did you mean '{}'?", found);
}

std::string meant_or_all(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kShortest = 3, kMost = 20, kShown = 12;
  if (std::string hint = did_you_mean(word, candidates); !hint.empty()) return hint;
  for (const std::string_view candidate : candidates)
    if (candidate.size() >= kShortest && word.starts_with(candidate))
      return fmt::format("did you mean '{}'?", candidate);
  if (candidates.empty()) return "there are none";
  const std::size_t shown = candidates.size() <= kMost ? candidates.size() : kShown;
  std::string all;
  for (std::size_t i = 0; i < shown; ++i) all += fmt::format("{}{}", i == 0 ? "there are: " : ", ", candidates[i]);
  return shown == candidates.size() ? all : fmt::format("{} and {} more", all, candidates.size() - shown);
}

}  // namespace rw::dsl
