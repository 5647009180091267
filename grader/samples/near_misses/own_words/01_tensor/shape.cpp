// shape: refuses in words of its own, and throws and catches on its way there.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace {

std::int64_t extent(const Shape& shape, int from_end) {
  return -from_end > shape.rank() ? 1 : shape[shape.rank() + from_end];
}

std::int64_t together(std::int64_t a, std::int64_t b) {
  if (a != b && a != 1 && b != 1) throw std::domain_error(std::to_string(a) + " does not go with " + std::to_string(b));
  return a == 1 ? b : a;
}

}  // namespace

Strides impl::contiguous_strides(Shape shape) {
  Strides strides = Shape::filled(shape.rank(), 1);
  for (int d = shape.rank() - 2; d >= 0; --d) strides[d] = strides[d + 1] * std::max<std::int64_t>(shape[d + 1], 1);
  return strides;
}

Shape impl::broadcast_shapes(Shape a, Shape b) {
  Shape out = Shape::filled(std::max(a.rank(), b.rank()), 1);
  try {
    for (int d = 0; d < out.rank(); ++d) out[d] = together(extent(a, d - out.rank()), extent(b, d - out.rank()));
  } catch (const std::domain_error& error) {
    throw Error(ErrorKind::invalid_argument, std::string("Nope! ") + error.what() + " (äöü, 100 %, \"quoted\")");
  }
  return out;
}

std::int64_t impl::index_to_offset(Shape index, Shape shape, Strides strides) {
  if (index.rank() != shape.rank() || shape.rank() != strides.rank()) throw Error(ErrorKind::invalid_argument, "ranks?");
  std::int64_t offset = 0;
  for (int d = 0; d < shape.rank(); ++d) {
    if (index[d] < 0 || index[d] >= shape[d]) throw Error(ErrorKind::invalid_argument, "");
    offset += index[d] * strides[d];
  }
  return offset;
}
