// View and ConstView: a pointer to the first element, a shape and strides. They own nothing.
// Element (i, j, ...) lies at data[i * strides[0] + j * strides[1] + ...].
#pragma once

#include <type_traits>

#include "kiln/shape.hpp"

namespace kiln {

template <class T>
struct BasicView {
  T* data = nullptr;
  Shape shape;
  Strides strides;  ///< in elements, as many as shape has dimensions

  int rank() const { return shape.rank(); }
  std::int64_t size() const { return shape.elements(); }

  /// The element at a full index, unchecked: v(i, j).
  template <class... Index>
  T& operator()(Index... index) const {
    std::int64_t offset = 0;
    int dimension = 0;
    ((offset += static_cast<std::int64_t>(index) * strides[dimension++]), ...);
    return data[offset];
  }

  /// Whether the elements lie densely in row-major order (dimensions of extent 1 have no say).
  bool is_contiguous() const {
    std::int64_t expected = 1;
    for (int i = rank() - 1; i >= 0; --i) {
      if (shape[i] != 1 && strides[i] != expected) return size() == 0;
      expected *= shape[i];
    }
    return true;
  }

  /// A view that writes converts to one that only reads.
  operator BasicView<const T>() const requires(!std::is_const_v<T>) { return {data, shape, strides}; }
};

using View = BasicView<float>;             ///< an operand that the kernel may write
using ConstView = BasicView<const float>;  ///< an operand that the kernel only reads

/// "shape (2, 3), strides (3, 1)"
template <class T>
std::string to_string(const BasicView<T>& view) {
  return "shape " + to_string(view.shape) + ", strides " + to_string(view.strides);
}

}  // namespace kiln
