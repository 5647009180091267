// Redrawn ten times a second at most.
#include "milestone/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace kiln::milestone {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWidth = 20;
constexpr double kRedraw = 0.1;  // seconds

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The share of the run that was over before this moment's step began, or is now.
double share(const Moment& moment, std::int64_t batch) {
  const double epoch = static_cast<double>(batch) / static_cast<double>(std::max<std::int64_t>(moment.batches, 1));
  return (static_cast<double>(moment.epoch - 1) + epoch) /
         static_cast<double>(std::max<std::int64_t>(moment.epochs, 1));
}

std::string duration(double seconds) {
  char text[32];
  if (seconds < 100)
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  else
    std::snprintf(text, sizeof text, "%.0f min %02d s", std::floor(seconds / 60), static_cast<int>(seconds) % 60);
  return text;
}

}  // namespace

std::string draw_progress(const Moment& moment, double done, double seconds) {
  const int filled = static_cast<int>(share(moment, moment.batch) * kWidth);
  char text[160];
  std::snprintf(text, sizeof text, "epoch %lld of %lld  [%s%s]  loss %.4g  %s", static_cast<long long>(moment.epoch),
                static_cast<long long>(moment.epochs), std::string(static_cast<std::size_t>(filled), '#').c_str(),
                std::string(static_cast<std::size_t>(kWidth - filled), '-').c_str(), moment.loss,
                duration(seconds).c_str());
  std::string line = text;
  if (done > 0 && seconds > 2) line += ", about " + duration(seconds / done * (1 - done)) + " left";
  return line;
}

Progress progress_line() {
  if (isatty(2) == 0) return [](const Moment&) {};
  // A resumed run begins in the middle: its rate is that of what it did itself.
  return [start = Clock::now(), last = Clock::time_point(), before = -1.0](const Moment& moment) mutable {
    if (before < 0) before = share(moment, moment.batch - 1);
    if (seconds_since(last) < kRedraw) return;
    last = Clock::now();
    const double done = (share(moment, moment.batch) - before) / std::max(1 - before, 1e-9);
    std::fprintf(stderr, "\r\033[K%s", draw_progress(moment, done, seconds_since(start)).c_str());
  };
}

void end_progress_line() {
  if (isatty(2) != 0) std::fprintf(stderr, "\r\033[K");
}

}  // namespace kiln::milestone
