// Redrawn five times a second at most.
#include "profile/progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace kiln::profile {
namespace {

constexpr double kQuiet = 2, kRedraw = 0.2, kLines = 10;  // seconds

}  // namespace

double Progress::now() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Progress::Progress() : terminal_(isatty(2) != 0), start_(now()) {}

Progress::~Progress() {
  if (drawn_ && terminal_) std::fprintf(stderr, "\r\033[K");
}

void Progress::show(const std::string& line) {
  const double time = now();
  if (time - start_ < kQuiet || (drawn_ && time - last_ < (terminal_ ? kRedraw : kLines))) return;
  drawn_ = true;
  last_ = time;
  if (terminal_)
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
  else
    std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace kiln::profile
