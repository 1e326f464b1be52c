#include "runtime/text/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "runtime/text/size_text.hpp"

namespace rw::runtime {
namespace {

constexpr std::chrono::milliseconds kQuiet(1000), kEvery(100);
constexpr std::size_t kWidth = 20;
constexpr std::string_view kWipe = "\r\x1b[K";

}  // namespace

std::FILE* Progress::terminal() {
  const char* kind = std::getenv("TERM");
  const bool can_wipe = kind == nullptr || std::string_view(kind) != "dumb";
  return isatty(STDERR_FILENO) && can_wipe ? stderr : nullptr;
}

const Progress::Work Progress::kWriting = {"writing", size_text};
const Progress::Work Progress::kMeasuring = {"measuring",
                                             [](std::uint64_t samples) { return fmt::format("{} samples", samples); }};
const Progress::Work Progress::kTuning = {"tuning",
                                          [](std::uint64_t variants) { return fmt::format("{} variants", variants); }};

Progress::Progress(std::FILE* terminal, std::uint64_t total, Clock::time_point start, const Work& work)
    : terminal_(terminal),
      total_(std::max<std::uint64_t>(total, 1)),
      work_(work),
      start_(start),
      next_(start + kQuiet) {}

Progress::~Progress() {
  if (!drawn_) return;
  draw(kWipe);
}

void Progress::show(std::uint64_t done, Clock::time_point now) {
  if (!terminal_ || now < next_) return;
  next_ = now + kEvery;
  drawn_ = true;
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  const auto filled = static_cast<std::size_t>(share * kWidth);
  const std::chrono::duration<double> seconds = now - start_;
  const auto speed = static_cast<std::uint64_t>(static_cast<double>(done) / seconds.count());
  draw(fmt::format("{}{} [{:#<{}}{:-<{}}] {:3.0f}%  {} of {}  {}/s", kWipe, work_.verb, "", filled, "", kWidth - filled,
                   100 * share, work_.amount(done), work_.amount(total_), work_.amount(speed)));
}

// A terminal that has gone is no reason to end.
void Progress::draw(std::string_view line) {
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), terminal_));
  static_cast<void>(std::fflush(terminal_));
}

}  // namespace rw::runtime
