// "did you mean": the word that a misspelled one was meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rw::dsl {

// A candidate that begins with the word ('ConvTrans': 'ConvTranspose'), the shortest; else the one that takes the
// fewest insertions, deletions, changes and swaps of neighbours to reach (a third of the word's length at most, upper
// and lower case taken as one); of several the first in the alphabet. Empty: none is near, or the word is longer than
// any name that is worth a guess.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// The same, or a candidate with which the word begins ('passthrough': "did you mean 'pass'?"), or what there is:
// "there are: scale, remove"; of very many the first ones.
std::string meant_or_all(std::string_view word, const std::vector<std::string_view>& candidates);

// "did you mean 'conv'?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace rw::dsl
