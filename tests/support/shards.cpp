#include "tests/support/shards.hpp"

#include <cstring>
#include <stdexcept>

#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

struct Entry {
  std::string name, head;  // head: the text up to its offsets
  std::size_t begin = 0, end = 0;
};

struct Whole {
  std::vector<Entry> entries;
  std::string data;
};

// Eight bytes with the length of the header, the header {"name": {..., "data_offsets": [begin, end]}, ...}, the data.
Whole take_apart(const std::filesystem::path& file) {
  const std::string whole = read_file(file);
  std::uint64_t length = 0;
  std::memcpy(&length, whole.data(), 8);
  const std::string header = whole.substr(8, length);
  Whole result{.entries = {}, .data = whole.substr(8 + length)};
  for (std::size_t at = 1; (at = header.find('"', at)) != std::string::npos;) {
    const std::size_t stop = header.find('}', at);
    const std::string text = header.substr(at, stop - at);
    if (text.starts_with("\"__metadata__\"")) {
      at = stop + 1;
      continue;
    }
    const std::size_t offsets = text.find('[', text.find("\"data_offsets\"")) + 1;
    result.entries.push_back({text.substr(1, text.find('"', 1) - 1), text.substr(0, offsets),
                              std::stoul(text.substr(offsets)), std::stoul(text.substr(text.find(',', offsets) + 1))});
    at = stop + 1;
  }
  return result;
}

}  // namespace

std::vector<StoredEntry> stored_entries(const std::filesystem::path& file) {
  std::vector<StoredEntry> entries;
  for (const Entry& each : take_apart(file).entries) entries.push_back({each.name, each.end - each.begin});
  return entries;
}

void split_weights(const std::filesystem::path& from, const std::filesystem::path& a, const std::filesystem::path& b) {
  const Whole whole = take_apart(from);
  std::string heads[2] = {"{", "{"}, bodies[2];
  for (std::size_t i = 0; i < whole.entries.size(); ++i) {
    const Entry& entry = whole.entries[i];
    std::string &head = heads[i % 2], &body = bodies[i % 2];
    const std::size_t begin = body.size();
    body += whole.data.substr(entry.begin, entry.end - entry.begin);
    head +=
        (head.size() > 1 ? "," : "") + entry.head + std::to_string(begin) + "," + std::to_string(body.size()) + "]}";
  }
  for (int i = 0; i < 2; ++i) {
    heads[i] += "}";
    heads[i].resize((heads[i].size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = heads[i].size();
    write_file(i == 0 ? a : b, std::string(reinterpret_cast<const char*>(&size), 8) + heads[i] + bodies[i]);
  }
}

void shard(const std::filesystem::path& folder, const std::string& stem) {
  const std::string parts[2] = {stem + ".1.safetensors", stem + ".2.safetensors"};
  split_weights(folder / (stem + ".safetensors"), folder / parts[0], folder / parts[1]);
  std::string map;
  std::size_t bytes = 0;
  for (const std::string& part : parts)
    for (const StoredEntry& each : stored_entries(folder / part)) {
      map += (map.empty() ? "" : ", ") + ("\"" + each.name + "\": \"" + part + "\"");
      bytes += each.bytes;
    }
  write_file(folder / (stem + ".safetensors.index.json"),
             "{\"metadata\": {\"total_size\": " + std::to_string(bytes) + "}, \"weight_map\": {" + map + "}}\n");
  std::string text = read_file(folder / (stem + ".json"));
  const std::string name = "\"" + stem + ".safetensors\"";
  const std::size_t at = text.find(name);
  if (at == std::string::npos) throw std::runtime_error("the model has no weight file " + name);
  write_file(folder / (stem + ".json"), text.replace(at, name.size(), "\"" + stem + ".safetensors.index.json\""));
}

}  // namespace rw::test
