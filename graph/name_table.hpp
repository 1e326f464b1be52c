// Names to numbers: an open-addressing hash table over views. Interning names takes half of the time of reading a large
// model, so that a name costs one probe and eight bytes here.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

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

  static std::uint32_t hash_of(std::string_view name) {
    const std::uint64_t hash = std::hash<std::string_view>{}(name);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
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
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace rw::graph
