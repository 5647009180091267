// Writes through a null pointer once it has been called a few times.
#include "worker/tests/variants/smooth.hpp"

namespace {
int calls = 0;
float* volatile nowhere = nullptr;
}  // namespace

void kiln::impl::smooth(ConstView in, View out) {
  smooth_once(in, out);
  if (++calls == 20) nowhere[0] = out.data[0];
}
