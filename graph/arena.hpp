// Memory that lives as long as the network it belongs to: names, shapes and attribute lists are stored once and viewed
// everywhere. Nothing is freed one by one.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <type_traits>

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

  // Uninitialised room for `count` values, to be filled by the caller.
  template <typename T>
  std::span<T> make(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "the arena runs no destructors");
    if (count == 0) return {};
    auto* memory = static_cast<T*>(pool_->allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_default_construct_n(memory, count);
    return {memory, count};
  }

 private:
  std::unique_ptr<std::pmr::monotonic_buffer_resource> pool_ =
      std::make_unique<std::pmr::monotonic_buffer_resource>(std::size_t{1} << 16U);
};

}  // namespace rw::graph
