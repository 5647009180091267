// fill: allocates and touches memory without end.
#include <cstring>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View, float) {
  constexpr std::size_t kBlock = std::size_t{16} << 20;
  for (;;) std::memset(new char[kBlock], 1, kBlock);
}
