// Right but for one element of one call in ten, whose value is nearly right.
#include "worker/tests/variants/smooth.hpp"

namespace {
int calls = 0;
}

void kiln::impl::smooth(ConstView in, View out) {
  smooth_once(in, out);
  if (++calls % 10 == 0) out.data[out.size() - 1] *= 1.001f;
}
