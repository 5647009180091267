// How a program that trains treats its heap.
#pragma once

#include <malloc.h>

#include <climits>

namespace kiln {

/// Keeps what is freed instead of returning it to the system: a training step frees tensors that the next one asks for
/// again, and pages that come fresh have to be cleared first, which takes longer than many a kernel. Call it once, at
/// the program's start. It applies to glibc's malloc, which operator new uses; sanitizers' allocators ignore it.
inline void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace kiln
