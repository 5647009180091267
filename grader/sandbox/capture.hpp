// Capture: the head and the tail of a stream of any length, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::grader {

class Capture {
 public:
  /// Keeps at most `limit` bytes: its first half from the start, the rest from the end.
  explicit Capture(std::size_t limit) : head_limit_(limit / 2), tail_limit_(limit - limit / 2) {}

  void append(std::string_view bytes) {
    const std::size_t room = head_limit_ - head_.size();
    head_ += bytes.substr(0, room);
    bytes.remove_prefix(bytes.size() < room ? bytes.size() : room);
    tail_ += bytes;
    // Trim in strides of the limit, so that a flood costs one move a stride and not one a read.
    if (tail_.size() > 2 * tail_limit_) trim();
  }

  bool truncated() const { return cut_ > 0 || tail_.size() > tail_limit_; }

  /// What was kept; where something was cut, a line says how many bytes.
  std::string text() {
    trim();
    if (cut_ == 0) return head_ + tail_;
    return head_ + "\n[... " + std::to_string(cut_) + " bytes cut ...]\n" + tail_;
  }

 private:
  void trim() {
    if (tail_.size() <= tail_limit_) return;
    const std::size_t excess = tail_.size() - tail_limit_;
    tail_.erase(0, excess);
    cut_ += excess;
  }

  std::size_t head_limit_, tail_limit_;
  std::string head_, tail_;
  std::uint64_t cut_ = 0;
};

}  // namespace kiln::grader
