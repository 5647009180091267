// The progress of a long run: one bar redrawn in place for a person, one line an event for a log, nothing in a pipe.
// Safe to call from several threads. The bar's line is cleared before anything else is printed and when the object
// ends, so that what follows starts on a clean line.
#pragma once

#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "grader/record/result.hpp"
#include "grader/report/terminal.hpp"

namespace kiln::grader {

enum class ProgressMode { off, lines, live };

/// Live where lines can be redrawn, lines on a dumb terminal or where asked for, otherwise off.
ProgressMode progress_mode(const Terminal& terminal, bool asked);

class Progress {
 public:
  /// Seconds since any fixed moment; tests pass their own.
  using Clock = std::function<double()>;

  /// `total` jobs lie ahead. `out` is usually std::cerr and outlives the object.
  Progress(std::ostream& out, Terminal terminal, ProgressMode mode, int total, Clock clock = steady_clock());
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void start(std::string_view name);
  /// `note` is our own short text, such as "31.5/40".
  void finish(std::string_view name, Verdict verdict, std::string_view note = {});
  /// A line of its own above the bar, printed in every mode but off.
  void message(std::string_view text);
  /// Redraws, so that the time moves on; call it now and then while waiting.
  void tick();
  /// Clears the bar for good. The destructor calls it.
  void close();

  static Clock steady_clock();

 private:
  void draw();
  void clear();
  std::string bar_line() const;

  std::ostream& out_;
  const Terminal terminal_;
  const ProgressMode mode_;
  const int total_;
  const Clock clock_;
  const double started_;
  std::mutex mutex_;
  std::vector<std::string> running_;
  int done_ = 0;
  bool drawn_ = false;
  bool closed_ = false;
};

/// 0:07, 3:25, 1:02:03; negative and not finite count as 0.
std::string format_duration(double seconds);

}  // namespace kiln::grader
