// A list of plain values that grows where it lies: where a long list grows, the system gives its
// pages another address and copies nothing, and no page is touched before it is needed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

namespace rw::graph {

template <typename T>
class Growing {
  static_assert(std::is_trivially_copyable_v<T>, "its bytes are moved");

 public:
  Growing() = default;
  ~Growing() { std::free(data_); }
  Growing(Growing&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        room_(std::exchange(other.room_, 0)) {}
  Growing& operator=(Growing&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    return *this;
  }

  void push_back(T value) {  // by value: it may be one of the list
    if (size_ == room_) grow();
    new (data_ + size_++) T(value);
  }

  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  void grow() {
    const std::size_t room = std::max<std::size_t>(16, room_ * 2);
    void* moved = std::realloc(static_cast<void*>(data_), room * sizeof(T));
    if (!moved) throw std::bad_alloc();
    data_ = static_cast<T*>(moved);
    room_ = room;
  }

  T* data_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace rw::graph
