// Weight files taken apart, by a reading of the format of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rw::test {

struct StoredEntry {
  std::string name;
  std::size_t bytes = 0;
};

// What a safetensors file holds, in its order. Names are without escapes.
std::vector<StoredEntry> stored_entries(const std::filesystem::path& file);

// Splits a file of weights into two, every other tensor each.
void split_weights(const std::filesystem::path& from, const std::filesystem::path& a, const std::filesystem::path& b);

// Lets folder/STEM.json name folder/STEM.safetensors.index.json instead of its one weight file, which is split into
// two.
void shard(const std::filesystem::path& folder, const std::string& stem);

}  // namespace rw::test
