// Who wants to know what memory tensors take: a profile. Without an observer a tensor costs one load more.
#pragma once

#include <cstddef>

namespace kiln {

/// Told by every thread that makes or drops a tensor's memory; both may be called at the same time.
class TensorObserver {
 public:
  virtual void allocated(const void* memory, std::size_t bytes) = 0;
  /// Also of memory that was allocated before the observer came.
  virtual void freed(const void* memory) noexcept = 0;

 protected:
  ~TensorObserver() = default;
};

/// Makes `next` the one observer (nullptr: none) and returns the one before it. An observer outlives the calls that it
/// is told of: take it away while no other thread makes tensors, or let it live to the program's end.
TensorObserver* observe_tensors(TensorObserver* next);

}  // namespace kiln
