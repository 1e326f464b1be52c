// Memory that lives as long as the network it belongs to: names, shapes and attribute lists are stored once and viewed
// everywhere. Nothing is freed one by one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace rw::graph {

class Arena {
 public:
  std::string_view store(std::string_view text) {
    const std::span<const char> copy = store(std::span<const char>(text.data(), text.size()));
    return {copy.data(), copy.size()};
  }

  template <typename T>
  std::span<const T> store(std::span<const T> values) {
    const std::span<T> room = make<T>(values.size());
    std::copy(values.begin(), values.end(), room.begin());
    return room;
  }

  template <typename T>
  const T* keep(const T& value) {
    return store(std::span<const T>(&value, 1)).data();
  }

  // Uninitialised room for `count` values, to be filled by the caller.
  template <typename T>
  std::span<T> make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    if (count == 0) return {};
    auto* memory = static_cast<T*>(memory_->take(count * sizeof(T), alignof(T)));
    std::uninitialized_default_construct_n(memory, count);
    return {memory, count};
  }

 private:
  static constexpr std::size_t kBlock = std::size_t{1} << 16U;

  // Blocks of the pool, cut up from front to back here, where the compiler sees it: names, shapes and attributes are
  // small, and the pool is called through its interface. What is large takes room of its own.
  struct Memory {
    std::pmr::monotonic_buffer_resource pool{kBlock};
    void* next = nullptr;
    std::size_t left = 0;

    void* take(std::size_t size, std::size_t alignment) {
      if (!std::align(alignment, size, next, left)) {
        if (size >= kBlock / 4) return pool.allocate(size, alignment);
        next = pool.allocate(kBlock, alignof(std::max_align_t));
        left = kBlock;
      }
      left -= size;
      return std::exchange(next, static_cast<std::byte*>(next) + size);
    }
  };

  std::unique_ptr<Memory> memory_ = std::make_unique<Memory>();
};

}  // namespace rw::graph
