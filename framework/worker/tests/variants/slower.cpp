// Right, with four times the work.
#include "worker/tests/variants/smooth.hpp"

void kiln::impl::smooth(ConstView in, View out) {
  for (int i = 0; i < 4; ++i) {
    smooth_once(in, out);
    asm volatile("" : : "r"(out.data) : "memory");  // or the compiler does it once
  }
}
