// dropout: in training each element is dropped with probability p, and what stays is scaled up to keep the mean.
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 4.
#include "kiln/kernels/layers.hpp"
#include "kiln/random.hpp"

using namespace kiln;

// Example: p = 0.5, in (1, 2, 3, 4), draws 0.7, 0.1, 0.5, 0.3 -> mask (2, 0, 2, 0), out (2, 0, 6, 0).
void impl::dropout(ConstView in, float p, bool training, std::uint64_t seed, View out, View mask) {
  // BEGIN SOLUTION
  KILN_REQUIRE("dropout: the output's shape differs from the input's", out.shape == in.shape);
  KILN_REQUIRE("dropout: the mask's shape differs from the input's", mask.shape == in.shape);
  // A p of NaN fails the first comparison.
  KILN_REQUIRE("dropout: p is not negative", p >= 0.0f);
  KILN_REQUIRE("dropout: p lies below 1, because 1 - p has to be divided by", p < 1.0f);
  if (in.size() == 0) return;

  const float kept = training ? 1.0f / (1.0f - p) : 1.0f;
  Random random(seed);

  // Walk the rows of the last dimension; a scalar is one row of one element. The odometer of module 01 with three
  // offsets: draws belong to indices in row-major order, whatever the strides.
  const int last = in.rank() - 1;
  const std::int64_t columns = last >= 0 ? in.shape[last] : 1, rows = in.size() / columns;
  const Strides step = last >= 0 ? Strides{in.strides[last], out.strides[last], mask.strides[last]} : Strides{0, 0, 0};
  Shape index = Shape::filled(in.rank(), 0);
  std::int64_t at_in = 0, at_out = 0, at_mask = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t j = 0; j < columns; ++j) {
      const bool dropped = training && random.uniform() < p;
      // Choose the zero instead of multiplying by it: 0 times NaN or infinity is NaN.
      const float value = in.data[at_in + j * step[0]];
      mask.data[at_mask + j * step[2]] = dropped ? 0.0f : kept;
      out.data[at_out + j * step[1]] = dropped ? 0.0f : value * kept;
    }
    for (int d = last - 1; d >= 0; --d) {
      at_in += in.strides[d];
      at_out += out.strides[d];
      at_mask += mask.strides[d];
      if (++index[d] < in.shape[d]) break;
      at_in -= index[d] * in.strides[d];
      at_out -= index[d] * out.strides[d];
      at_mask -= index[d] * mask.strides[d];
      index[d] = 0;
    }
  }
  // END SOLUTION
}
