// What was in the way of rules, region by region. All of it lies in one list, since a large network has as many misses
// as operators; a region knows its first and its last one.
#pragma once

#include <cstdint>
#include <string_view>

#include "graph/base/arena.hpp"
#include "graph/base/growing.hpp"
#include "runtime/matching/match.hpp"

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
  // The first and the last one of a region, in the list.
  struct Ends {
    std::uint32_t first = kNone, last = kNone;
    bool empty() const { return first == kNone; }
  };

  class Iterator {
   public:
    Iterator(const Misses& misses, std::uint32_t at) : misses_(&misses), at_(at) {}
    const RuleMiss& operator*() const { return misses_->entries_[at_].value; }
    Iterator& operator++() {
      at_ = misses_->entries_[at_].next;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Misses* misses_;
    std::uint32_t at_;
  };

  struct Range {
    Iterator first, last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };

  // In the order in which they were added.
  Range of(Ends ends) const { return {{*this, ends.first}, {*this, kNone}}; }

  void add(Ends& ends, RuleMiss miss) {
    const auto fresh = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({miss, kNone});
    (ends.empty() ? ends.first : entries_[ends.last].next) = fresh;
    ends.last = fresh;
  }

  // A copy of a text that a miss is to have.
  std::string_view keep(std::string_view text) { return words_.store(text); }

 private:
  graph::Growing<Entry> entries_;
  graph::Arena words_;
};

}  // namespace rw::runtime
