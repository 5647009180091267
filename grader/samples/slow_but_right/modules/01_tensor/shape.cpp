// shape: every stride is the product of what stands behind it; shapes are padded with ones before they are compared.
#include <algorithm>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

Shape padded(const Shape& shape, int rank) {
  Shape out;
  for (int d = shape.rank(); d < rank; ++d) out.push_back(1);
  for (std::int64_t extent : shape) out.push_back(extent);
  return out;
}

}  // namespace

Strides impl::contiguous_strides(Shape shape) {
  Strides strides;
  for (int d = 0; d < shape.rank(); ++d) {
    std::int64_t product = 1;
    for (int behind = d + 1; behind < shape.rank(); ++behind)
      if (shape[behind] != 0) product *= shape[behind];
    strides.push_back(product);
  }
  return strides;
}

Shape impl::broadcast_shapes(Shape a, Shape b) {
  const int rank = std::max(a.rank(), b.rank());
  const Shape left = padded(a, rank), right = padded(b, rank);
  Shape out;
  for (int d = 0; d < rank; ++d) {
    if (left[d] == 1)
      out.push_back(right[d]);
    else if (right[d] == 1 || right[d] == left[d])
      out.push_back(left[d]);
    else
      throw Error(ErrorKind::invalid_argument, "the shapes do not broadcast");
  }
  return out;
}

std::int64_t impl::index_to_offset(Shape index, Shape shape, Strides strides) {
  if (index.rank() != shape.rank() || strides.rank() != shape.rank())
    throw Error(ErrorKind::invalid_argument, "the ranks differ");
  std::int64_t offset = 0;
  for (int d = 0; d < shape.rank(); ++d) {
    if (index[d] < 0 || index[d] >= shape[d]) throw Error(ErrorKind::invalid_argument, "the index lies outside");
    offset += index[d] * strides[d];
  }
  return offset;
}
