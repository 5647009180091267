// Memory that a kernel needs during a call, kept from call to call: fresh pages cost more than what is written to them.
// Large blocks ask for huge pages: a panel then takes one entry of the translation buffer instead of hundreds.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

#include "kiln/kernels/contract.hpp"

namespace kiln::KILN_IMPL {

/// A growing block of floats, aligned to a page of 2 MiB. Make one `thread_local` for each use.
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
      const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(float) + kPage - 1) / kPage * kPage;
      memory_ = static_cast<float*>(::operator new (bytes, std::align_val_t{kPage}));
      madvise(memory_, bytes, MADV_HUGEPAGE);  // where it is refused, small pages do as well, only slower
      capacity_ = count;
    }
    return memory_;
  }

 private:
  static constexpr std::size_t kPage = std::size_t{2} << 20;
  void release() {
    ::operator delete (memory_, std::align_val_t{kPage});
    memory_ = nullptr;
    capacity_ = 0;
  }

  float* memory_ = nullptr;
  std::int64_t capacity_ = 0;
};

}  // namespace kiln::KILN_IMPL
