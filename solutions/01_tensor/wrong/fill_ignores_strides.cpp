// Wrong: takes every view for dense, and writes size() floats from its first element on.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  for (std::int64_t element = 0; element < out.size(); ++element) out.data[element] = value;
}
