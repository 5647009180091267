// Array64: what oracles compute with, a dense row-major array of doubles.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "kiln/shape.hpp"
#include "kiln/view.hpp"

namespace kiln::testing {

struct Array64 {
  Shape shape;
  std::vector<double> values;  ///< row-major, shape.elements() of them

  Array64() = default;
  explicit Array64(Shape extents, double value = 0.0)
      : shape(extents), values(static_cast<std::size_t>(extents.elements()), value) {}

  /// The element at a full index, unchecked.
  template <class... Index>
  double& operator()(Index... index) {
    return values[position({static_cast<std::int64_t>(index)...})];
  }
  template <class... Index>
  double operator()(Index... index) const {
    return values[position({static_cast<std::int64_t>(index)...})];
  }
  double& at(const Shape& index) { return values[position(index)]; }
  double at(const Shape& index) const { return values[position(index)]; }

 private:
  std::size_t position(const Shape& index) const {
    std::int64_t offset = 0;
    for (int d = 0; d < shape.rank(); ++d) offset = offset * shape[d] + index[d];
    return static_cast<std::size_t>(offset);
  }
};

/// Calls body(index) for every index of `shape` in row-major order; once with an empty index for rank 0.
void for_each_index(const Shape& shape, const std::function<void(const Shape& index)>& body);

/// What a view shows, copied to double.
Array64 to_array64(ConstView view);

/// Row-major strides; the tests' own, so that they do not lean on what they test.
Strides dense_strides(const Shape& shape);

}  // namespace kiln::testing
