// fill: a local array of 1 GiB, past every guard of the stack.
#include <alloca.h>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  auto* block = static_cast<volatile char*>(alloca(std::size_t{1} << 30));
  block[0] = 1;
  out.data[0] = value + static_cast<float>(block[0]);
}
