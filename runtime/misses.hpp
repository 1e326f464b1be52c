// What was in the way of rules, region by region. All of it lies in one list, since a large network has as many misses
// as operators; a region knows its first and its last one.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

#include "graph/arena.hpp"
#include "graph/growing.hpp"
#include "runtime/match.hpp"

namespace rw::runtime {

struct RuleMiss {
  std::uint32_t rule = 0;  // index into the program's rules
  Miss miss;
};

class Misses {
  struct Entry {
    RuleMiss value;
    std::uint32_t next = kNone;
  };

 public:
  // Those of one region: indices into the list.
  struct Chain {
    std::uint32_t first = kNone, last = kNone;
    bool empty() const { return first == kNone; }
  };

  class Iterator {
   public:
    using value_type = RuleMiss;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using pointer = const RuleMiss*;
    using reference = const RuleMiss&;

    Iterator() = default;
    Iterator(const Misses* misses, std::uint32_t at) : misses_(misses), at_(at) {}
    reference operator*() const { return misses_->entries_[at_].value; }
    Iterator& operator++() {
      at_ = misses_->entries_[at_].next;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Misses* misses_ = nullptr;
    std::uint32_t at_ = kNone;
  };

  struct Range {
    Iterator first, last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };

  // In the order in which they were added.
  Range of(Chain chain) const { return {{this, chain.first}, {this, kNone}}; }

  void add(Chain& chain, RuleMiss miss) {
    const auto fresh = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({miss, kNone});
    (chain.empty() ? chain.first : entries_[chain.last].next) = fresh;
    chain.last = fresh;
  }

  // A copy of a text that a miss is to have.
  std::string_view keep(std::string_view text) { return words_.store(text); }

 private:
  graph::Growing<Entry> entries_;
  graph::Arena words_;
};

}  // namespace rw::runtime
