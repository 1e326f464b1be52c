// How far long work has come, in one line of a terminal that is wiped at its end:
//
//   writing [##########----------]  52%  1.6 GB of 3.1 GB  812.4 MB/s
//
// Work of less than a second shows nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace rw::runtime {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // What is done, and of what there is so much.
  struct Work {
    std::string_view verb;
    std::string (*amount)(std::uint64_t);
  };
  static const Work kWriting;    // bytes
  static const Work kMeasuring;  // samples
  static const Work kTuning;     // variants

  // `terminal` is borrowed; null: nothing is shown. `total`: an estimate.
  Progress(std::FILE* terminal, std::uint64_t total, Clock::time_point start = Clock::now(),
           const Work& work = kWriting);
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
  const Work& work_;
  Clock::time_point start_, next_;  // when the line is drawn again
  bool drawn_ = false;
};

}  // namespace rw::runtime
