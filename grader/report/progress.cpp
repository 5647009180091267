// Drawing progress. Every public call takes the lock once and leaves the bar as the last line.
#include "grader/report/progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "grader/report/text.hpp"
#include "grader/report/words.hpp"

namespace kiln::grader {
namespace {

constexpr int kBarColumns = 24;

std::string bar(int done, int total, bool unicode) {
  const int filled = total > 0 ? std::clamp(kBarColumns * done / total, 0, kBarColumns) : kBarColumns;
  std::string text = unicode ? "" : "[";
  for (int i = 0; i < kBarColumns; ++i) text += unicode ? (i < filled ? "█" : "░") : (i < filled ? "#" : ".");
  return unicode ? text : text + "]";
}

}  // namespace

ProgressMode progress_mode(const Terminal& terminal, bool asked) {
  if (terminal.live) return ProgressMode::live;
  return terminal.tty || asked ? ProgressMode::lines : ProgressMode::off;
}

Progress::Clock Progress::steady_clock() {
  return [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
}

Progress::Progress(std::ostream& out, Terminal terminal, ProgressMode mode, int total, Clock clock)
    : out_(out), terminal_(terminal), mode_(mode), total_(total), clock_(std::move(clock)), started_(clock_()) {}

Progress::~Progress() { close(); }

void Progress::start(std::string_view name) {
  const std::lock_guard lock(mutex_);
  running_.push_back(terminal_.safe(name));
  draw();
}

void Progress::finish(std::string_view name, Verdict verdict, std::string_view note) {
  const std::lock_guard lock(mutex_);
  const std::string shown = terminal_.safe(name);
  if (const auto at = std::ranges::find(running_, shown); at != running_.end()) running_.erase(at);
  ++done_;
  if (mode_ == ProgressMode::lines && !closed_) {
    out_ << fmt::format("[{}/{}] {}: {}{}{} ({})\n", done_, total_, shown,
                        terminal_.paint(style_of(verdict), to_string(verdict)), note.empty() ? "" : " ",
                        terminal_.safe(note), format_duration(clock_() - started_))
         << std::flush;
  }
  draw();
}

void Progress::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (mode_ == ProgressMode::off) return;
  clear();
  out_ << terminal_.safe_lines(text) << '\n' << std::flush;
  draw();
}

void Progress::tick() {
  const std::lock_guard lock(mutex_);
  draw();
}

void Progress::close() {
  const std::lock_guard lock(mutex_);
  clear();
  closed_ = true;
}

void Progress::clear() {
  if (!drawn_) return;
  out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

void Progress::draw() {
  if (mode_ != ProgressMode::live || closed_) return;
  // One write a redraw: clear and draw in two would flicker.
  out_ << "\r\x1b[K" + bar_line() << std::flush;
  drawn_ = true;
}

std::string Progress::bar_line() const {
  const double elapsed = clock_() - started_;
  const int left = std::max(total_ - done_, 0);
  std::string text = fmt::format(" {}/{} done, {} running, {} left, {} elapsed", done_, total_, running_.size(),
                                 std::max(left - static_cast<int>(running_.size()), 0), format_duration(elapsed));
  // Throughput so far, whatever the number of jobs at a time; nothing can be said before the first is done.
  if (done_ > 0 && left > 0) text += fmt::format(", about {} to go", format_duration(elapsed / done_ * left));
  for (std::size_t i = 0; i < running_.size(); ++i) text += (i == 0 ? "  " : ", ") + running_[i];
  // The last column stays free: some terminals wrap as soon as it is written.
  const int room = (terminal_.width > 0 ? terminal_.width : 80) - 1;
  const std::string drawn = bar(done_, total_, terminal_.unicode);
  return terminal_.paint(Style::accent, drawn) + fit(text, room - display_width(drawn), !terminal_.unicode);
}

std::string format_duration(double seconds) {
  const auto whole = std::isfinite(seconds) && seconds > 0 ? static_cast<long long>(std::min(seconds, 1e9)) : 0;
  const long long hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest) : fmt::format("{}:{:02}", minutes, rest);
}

}  // namespace kiln::grader
