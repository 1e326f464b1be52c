// A sequence of choices, drawn or played again: what is drawn from it is made smaller by making the sequence smaller.
#pragma once

#include <cstdint>
#include <vector>

namespace rw::trials {

class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0xD1B54A32D192ED03U) {}
  // Plays it; what is asked for beyond it is the simplest choice.
  explicit Choices(std::vector<std::uint32_t> played) : made_(std::move(played)), plays_(true) {}

  // 0 to size - 1; 0 is the simplest choice. size > 0.
  std::uint32_t below(std::uint32_t size) {
    if (plays_) {
      const std::uint32_t own = at_ < made_.size() ? made_[at_] : 0;
      ++at_;
      return own % size;
    }
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    made_.push_back(static_cast<std::uint32_t>((state_ >> 20U) % size));
    return made_.back();
  }
  // True in so many of a hundred cases; false is simpler.
  bool percent(std::uint32_t share) { return below(100) >= 100 - share; }

  const std::vector<std::uint32_t>& made() const { return made_; }
  std::size_t used() const { return plays_ ? at_ : made_.size(); }

 private:
  std::vector<std::uint32_t> made_;
  bool plays_ = false;
  std::size_t at_ = 0;
  std::uint64_t state_ = 1;
};

}  // namespace rw::trials
