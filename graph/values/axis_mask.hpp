// A set of axes of a tensor or of a view. It is iterated in ascending order.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace rw::graph {

inline constexpr int kMaxRank = 32;  // axes are numbers below it

class AxisMask {
 public:
  constexpr AxisMask() = default;  // no axis
  static constexpr AxisMask single(std::size_t axis) { return AxisMask(std::uint32_t{1} << axis); }
  static constexpr AxisMask of(std::initializer_list<int> axes) {
    AxisMask mask;
    for (const int axis : axes) mask.add(axis);
    return mask;
  }
  static constexpr AxisMask range(int first, int last) { return first_axes(last).without(first_axes(first)); }
  static constexpr AxisMask first_axes(int count) {  // 0 to count - 1
    return AxisMask(static_cast<std::uint32_t>((std::uint64_t{1} << static_cast<unsigned>(count)) - 1));
  }
  static constexpr AxisMask all() { return first_axes(kMaxRank); }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr int count() const { return std::popcount(bits_); }
  constexpr bool contains(std::size_t axis) const { return axis < kMaxRank && ((bits_ >> axis) & 1U) != 0; }
  constexpr bool contains(AxisMask axes) const { return axes.without(*this).empty(); }
  // The axis of a set of one; nothing where there are none or several.
  constexpr std::optional<int> only() const {
    return std::has_single_bit(bits_) ? std::optional(std::countr_zero(bits_)) : std::nullopt;
  }

  constexpr void add(std::size_t axis) { *this |= single(axis); }
  constexpr AxisMask with(std::size_t axis) const { return *this | single(axis); }
  constexpr AxisMask without(std::size_t axis) const { return without(single(axis)); }
  constexpr AxisMask without(AxisMask axes) const { return AxisMask(bits_ & ~axes.bits_); }
  // Every axis moved by `places`; axes that would be negative are gone.
  constexpr AxisMask moved(int places) const {
    return AxisMask(places < 0 ? bits_ >> static_cast<unsigned>(-places) : bits_ << static_cast<unsigned>(places));
  }

  friend constexpr AxisMask operator|(AxisMask a, AxisMask b) { return AxisMask(a.bits_ | b.bits_); }
  friend constexpr AxisMask operator&(AxisMask a, AxisMask b) { return AxisMask(a.bits_ & b.bits_); }
  constexpr AxisMask& operator|=(AxisMask other) { return *this = *this | other; }
  friend constexpr bool operator==(AxisMask, AxisMask) = default;

  class Iterator {
   public:
    explicit constexpr Iterator(std::uint32_t rest) : rest_(rest) {}
    constexpr int operator*() const { return std::countr_zero(rest_); }
    constexpr Iterator& operator++() {
      rest_ &= rest_ - 1;  // without the lowest bit
      return *this;
    }
    friend constexpr bool operator==(Iterator, Iterator) = default;

   private:
    std::uint32_t rest_;
  };
  constexpr Iterator begin() const { return Iterator(bits_); }
  constexpr Iterator end() const { return Iterator(0); }

 private:
  explicit constexpr AxisMask(std::uint32_t bits) : bits_(bits) {}

  std::uint32_t bits_ = 0;  // bit i is axis i
};

}  // namespace rw::graph
