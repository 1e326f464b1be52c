// Names to numbers: an open-addressing hash table over views. Interning names takes half of the time of reading a large
// model, so that a name costs one probe and eight bytes here.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/growing.hpp"

namespace rw::graph {

class NameTable {
 public:
  // The number of `name`: an earlier one, or `fresh` where the name is new. The view must outlive the table, so that
  // `keep` may replace it by a stored copy before it is put in.
  template <typename Keep>
  std::uint32_t intern(std::string_view name, std::uint32_t fresh, Keep keep) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    const std::uint32_t hash = hash_of(name);
    Slot& slot = slots_[place(name, hash)];
    if (slot.entry != 0) return entries_[slot.entry - 1].value;
    entries_.push_back({keep(name), fresh});
    slot = {hash, static_cast<std::uint32_t>(entries_.size())};
    ++size_;
    return fresh;
  }

  std::optional<std::uint32_t> find(std::string_view name) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[place(name, hash_of(name))];
    if (slot.entry == 0) return std::nullopt;
    return entries_[slot.entry - 1].value;
  }

  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = 0;  // index + 1 into entries_; 0: free
  };
  struct Entry {
    std::string_view name;
    std::uint32_t value;
  };

  // Multiplies and folds eight bytes at a time, as wyhash does. Names are not chosen to collide: should they be, the
  // table is slow and still right.
  static std::uint32_t hash_of(std::string_view name) {
    const char *at = name.data(), *const end = at + name.size();
    std::uint64_t hash = 0x9E3779B97F4A7C15U ^ name.size(), last = 0;
    for (; end - at > 8; at += 8) hash = fold(hash ^ word(at), 0xA0761D6478BD642FU);
    if (name.size() >= 8)
      last = word(end - 8);
    else
      for (; at != end; ++at) last = last << 8U | static_cast<unsigned char>(*at);
    hash = fold(hash ^ last, 0xE7037ED1A0B428DBU);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
  }
  static std::uint64_t word(const char* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  // Both halves of the product, laid over each other.
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }

  std::size_t place(std::string_view name, std::uint32_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].entry != 0 && (slots_[at].hash != hash || entries_[slots_[at].entry - 1].name != name))
      at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.entry == 0) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].entry != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, at most half full
  Growing<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace rw::graph
