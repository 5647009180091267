// keep(): a result that nobody reads, and the compiler computes all the same. Without it the optimiser takes away the
// very work that is timed. It costs no instruction beyond having the value at hand.
#pragma once

namespace kiln {

/// Makes the compiler believe that somebody reads the value, and all memory that it may point to.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

/// The same, and that somebody may have changed it: what is computed from it next cannot be computed in advance.
template <class T>
inline void keep(T& value) {
  asm volatile("" : "+m,r"(value) : : "memory");
}

}  // namespace kiln
