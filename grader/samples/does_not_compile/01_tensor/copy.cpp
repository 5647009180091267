// copy: a view of any strides becomes dense, row-major memory.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 3.
#include "kiln/kernels/tensor.hpp"

using namespace kiln;

// Example: shape (3, 2) with strides (1, 3) is the transpose of a dense (2, 3); its elements lie at 0, 3, 1, 4, 2, 5.
void impl::copy(ConstView in, View out) {
  KILN_REQUIRE("copy: the shapes differ", in.shape == out.shape);
  KILN_REQUIRE("copy: the output is not dense (" + to_string(out) + ")", out.is_contiguous());
  if (out.size() == 0) return;

  // Take the last dimension as the row. A scalar is one row of one element.
  const int last = in.rank() - 1;
  const std::int64_t columns = last >= 0 ? in.shape[last] : 1;
  const std::int64_t step = last >= 0 ? in.strides[last] : 0;
  const std::int64_t rows = out.size() / columns;

  Shape index = Shape::filled(in.rank(), 0);
  std::int64_t offset = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* from = in.data + offset;
    float* to = out.data + row * columns;
    // Copy one row. A step of 1 gets a loop of its own: the compiler turns it into vector moves.
    if (step == 1) {
      for (std::int64_t j = 0; j < columns; ++j) to[j] = from[j];
    } else {
      for (std::int64_t j = 0; j < columns; ++j) to[j] = from[j * step];
    }
    // Advance the outer index like an odometer: an addition a row instead of a division an element.
    for (int d = last - 1; d >= 0; --d) {
      offset += in.strides[d];
      if (++index[d] < in.shape[d]) break;
      offset -= index[d] * in.strides[d];
      index[d] = 0;
    }
  }
}
