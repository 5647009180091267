// fill: calls itself without end.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

[[gnu::noinline]] int deeper(const volatile int* above) {
  volatile int here[64] = {above == nullptr ? 0 : *above + 1};
  return deeper(here) + here[0];
}

}  // namespace

void impl::fill(View out, float value) {
  out.data[0] = value + static_cast<float>(deeper(nullptr));
}
