// Memory that a kernel needs during a call, kept from call to call: fresh pages cost more than what is written to them.
// Large blocks ask for huge pages: a panel then takes one entry of the translation buffer instead of hundreds. Small
// ones do not: clearing two megabytes for each took digits-cnn 75 ms of a run of half a second.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL {

/// A growing block of floats, aligned to a cache line at least. Make one `thread_local` for each use.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { release(); }

  /// At least `count` floats, of any values; what an earlier call returned is gone. std::bad_alloc beyond memory.
  float* floats(std::int64_t count) {
    if (count > capacity_) {
      release();
      std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float);
      const bool large = bytes >= kPage / 2;
      if (large) bytes = (bytes + kPage - 1) / kPage * kPage;
      const std::align_val_t alignment{large ? kPage : kLine};
      memory_ = static_cast<float*>(::operator new(bytes, alignment));
      if (large) madvise(memory_, bytes, MADV_HUGEPAGE);  // where it is refused, small pages do as well, only slower
      alignment_ = alignment;
      capacity_ = count;
    }
    return memory_;
  }

 private:
  static constexpr std::size_t kPage = std::size_t{2} << 20, kLine = 64;
  void release() {
    ::operator delete(memory_, alignment_);
    memory_ = nullptr;
    capacity_ = 0;
  }

  float* memory_ = nullptr;
  std::int64_t capacity_ = 0;
  std::align_val_t alignment_{kLine};
};

}  // namespace kiln::KILN_IMPL
