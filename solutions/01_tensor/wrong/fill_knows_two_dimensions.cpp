// Wrong: walks rows and columns, so a third dimension stays unfilled.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

void impl::fill(View out, float value) {
  if (out.size() == 0) return;
  const int rank = out.rank();
  const std::int64_t rows = rank >= 2 ? out.shape[rank - 2] : 1, columns = rank >= 1 ? out.shape[rank - 1] : 1;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      out.data[(rank >= 2 ? i * out.strides[rank - 2] : 0) + (rank >= 1 ? j * out.strides[rank - 1] : 0)] = value;
}
