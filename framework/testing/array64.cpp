// Dense arrays of doubles, and the walk over indices that tests and oracles share.
#include "testing/array64.hpp"

#include <algorithm>

namespace kiln::testing {

void for_each_index(const Shape& shape, const std::function<void(const Shape& index)>& body) {
  if (shape.elements() == 0) return;
  Shape index = Shape::filled(shape.rank(), 0);
  for (;;) {
    body(index);
    int d = shape.rank() - 1;
    while (d >= 0 && ++index[d] == shape[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

Array64 to_array64(ConstView view) {
  Array64 array(view.shape);
  std::size_t next = 0;
  for_each_index(view.shape, [&](const Shape& index) {
    std::int64_t offset = 0;
    for (int d = 0; d < view.rank(); ++d) offset += index[d] * view.strides[d];
    array.values[next++] = view.data[offset];
  });
  return array;
}

Strides dense_strides(const Shape& shape) {
  Strides strides = Strides::filled(shape.rank(), 1);
  for (int d = shape.rank() - 2; d >= 0; --d) strides[d] = strides[d + 1] * std::max<std::int64_t>(shape[d + 1], 1);
  return strides;
}

}  // namespace kiln::testing
