// flatten: neighbouring dimensions become one, of their product; (batch, height, width) becomes (batch, features).
// Contract: kiln/kernels/layers.hpp. Lesson: modules/03_layers/README.md, step 1.
#include <algorithm>
#include <string>

#include "kiln/kernels/layers.hpp"

using namespace kiln;

// BEGIN SOLUTION
namespace {

/// The dimensions that become one, counted from the front, both included.
struct Range {
  int first, last;
};

/// Counts both from the front and checks them. A scalar is taken for one dimension of extent 1.
Range checked_range(const char* kernel, const Shape& shape, int first, int last) {
  const int rank = std::max(shape.rank(), 1);
  KILN_REQUIRE(std::string(kernel) + ": first counts from -rank", first >= -rank);
  KILN_REQUIRE(std::string(kernel) + ": first ends before the rank", first < rank);
  KILN_REQUIRE(std::string(kernel) + ": last counts from -rank", last >= -rank);
  KILN_REQUIRE(std::string(kernel) + ": last ends before the rank", last < rank);
  const Range range{first < 0 ? first + rank : first, last < 0 ? last + rank : last};
  KILN_REQUIRE(std::string(kernel) + ": first lies behind last in shape " + to_string(shape),
               range.first <= range.last);
  return range;
}

Shape merged(const Shape& shape, Range range) {
  if (shape.rank() == 0) return {1};
  Shape out;
  std::int64_t product = 1;
  for (int d = 0; d < shape.rank(); ++d) {
    if (d < range.first || d > range.last) {
      out.push_back(shape[d]);
      continue;
    }
    product *= shape[d];
    if (d == range.last) out.push_back(product);
  }
  return out;
}

/// The output's strides as seen from the input's dimensions. To split a dimension needs no copy: of extents (3, 4, 5)
/// that became one of 60 with stride s, the last steps by s, the one before by 5 s, the first by 20 s.
Strides split(const View& out, const Shape& in, Range range) {
  Strides strides = Shape::filled(in.rank(), 0);
  std::int64_t step = out.strides[range.first];
  for (int d = in.rank() - 1; d >= 0; --d) {
    if (d > range.last) {
      strides[d] = out.strides[d - (range.last - range.first)];
    } else if (d < range.first) {
      strides[d] = out.strides[d];
    } else {
      strides[d] = step;
      step *= in[d];
    }
  }
  return strides;
}

/// to[j * step_to] = from[j * step_from] for j < n. Steps of 1 get a loop of their own: vector moves.
void copy_row(const float* from, std::int64_t step_from, float* to, std::int64_t step_to, std::int64_t n) {
  if (step_from == 1 && step_to == 1) {
    std::copy_n(from, n, to);
  } else {
    for (std::int64_t j = 0; j < n; ++j) to[j * step_to] = from[j * step_from];
  }
}

/// Copies `in` to where `strides` put its elements. The odometer of module 01 with two offsets.
void copy_to(ConstView in, float* out, const Strides& strides) {
  // Take the last dimension as the row. A scalar is one row of one element.
  const int last = in.rank() - 1;
  const std::int64_t columns = last >= 0 ? in.shape[last] : 1;
  const std::int64_t step_in = last >= 0 ? in.strides[last] : 0;
  const std::int64_t step_out = last >= 0 ? strides[last] : 0;
  const std::int64_t rows = in.size() / columns;
  Shape index = Shape::filled(in.rank(), 0);
  std::int64_t from = 0, to = 0;
  for (std::int64_t row = 0; row < rows; ++row) {
    copy_row(in.data + from, step_in, out + to, step_out, columns);
    for (int d = last - 1; d >= 0; --d) {
      from += in.strides[d];
      to += strides[d];
      if (++index[d] < in.shape[d]) break;
      from -= index[d] * in.strides[d];
      to -= index[d] * strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace
// END SOLUTION

// Example: (2, 3, 4, 5) with first 1 and last -1 gives (2, 60); with 1 and 2 it gives (2, 12, 5).
Shape impl::flattened_shape(Shape shape, int first, int last) {
  // BEGIN SOLUTION
  return merged(shape, checked_range("flattened_shape", shape, first, last));
  // END SOLUTION
}

// Example: in (2, 3, 4), first 1, last 2 -> out (2, 12); in(i, j, k) becomes out(i, j * 4 + k).
void impl::flatten(ConstView in, int first, int last, View out) {
  // BEGIN SOLUTION
  const Range range = checked_range("flatten", in.shape, first, last);
  KILN_REQUIRE("flatten: the output does not fit the input's " + to_string(in.shape),
               out.shape == merged(in.shape, range));
  if (in.size() == 0) return;
  // Where both are dense the elements already lie in the right order.
  if (in.is_contiguous() && out.is_contiguous()) return copy_row(in.data, 1, out.data, 1, in.size());
  copy_to(in, out.data, split(out, in.shape, range));
  // END SOLUTION
}
