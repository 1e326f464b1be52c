// The numbers of names that stand elsewhere: an open-addressing hash table. Looking names up takes half of the time of
// reading a large model, so that a name costs one probe and eight bytes here.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace rw::graph {

class NameTable {
 public:
  // The number of `name`: an earlier one, or `fresh` where the name is new. name_of(number) is the name of one that is
  // in the table; from the next call on also that of `fresh`.
  template <typename NameOf>
  std::uint32_t intern(std::string_view name, std::uint32_t fresh, NameOf name_of) {
    if ((size_ + 1) * 8 > slots_.size() * 5) grow();
    const std::uint32_t hash = hash_of(name);
    Slot& slot = slots_[place(name, hash, name_of)];
    if (slot.number != kFree) return slot.number;
    slot = {hash, fresh};
    ++size_;
    return fresh;
  }

  // The number of a name that is in the table is this one from now on; name_of(number) is the same name.
  template <typename NameOf>
  void renumber(std::string_view name, std::uint32_t number, NameOf name_of) {
    slots_[place(name, hash_of(name), name_of)].number = number;
  }

  template <typename NameOf>
  std::optional<std::uint32_t> find(std::string_view name, NameOf name_of) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[place(name, hash_of(name), name_of)];
    if (slot.number == kFree) return std::nullopt;
    return slot.number;
  }

  // Brings what intern() of this name will look at into the cache, while its caller still does something else.
  void prefetch(std::string_view name) const {
    if (slots_.empty()) return;
    __builtin_prefetch(&slots_[hash_of(name) & (slots_.size() - 1)]);
    asm volatile("");  // GCC takes a function that only prefetches for one without effect, and drops its calls
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;  // no number
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = kFree;
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

  template <typename NameOf>
  std::size_t place(std::string_view name, std::uint32_t hash, NameOf name_of) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].number != kFree && (slots_[at].hash != hash || name_of(slots_[at].number) != name))
      at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number == kFree) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].number != kFree) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, at most five eighths in use
  std::size_t size_ = 0;
};

}  // namespace rw::graph
