// How far long work has come, in one line of a terminal that is wiped at its end:
//
//   writing [##########----------]  52%  1.6 GB of 3.1 GB  812.4 MB/s
//
// Work of less than a second shows nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace rw::runtime {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // `terminal` is borrowed; null: nothing is shown. `total`: bytes, an estimate.
  Progress(std::FILE* terminal, std::uint64_t total, Clock::time_point start = Clock::now());
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done, Clock::time_point now = Clock::now());

  // Standard error where that is a terminal, else null.
  static std::FILE* terminal();

 private:
  void draw(std::string_view line);

  std::FILE* terminal_;
  std::uint64_t total_;
  Clock::time_point start_, next_;  // when the line is drawn again
  bool drawn_ = false;
};

}  // namespace rw::runtime
