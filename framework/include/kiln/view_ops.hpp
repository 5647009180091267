// Other views of the same elements: transpose, slice, select, reversed, broadcast_to, reshape.
// Nothing is copied, so writing through the result writes the original; the memory's owner must outlive both.
// A dimension counts from the end where it is negative (-1 is the last), as in NumPy; a range out of bounds throws
// Error(invalid_argument), where NumPy would clamp it.
#pragma once

#include "kiln/check.hpp"
#include "kiln/view.hpp"

namespace kiln {

/// The product of the extents, 1 for rank 0. Error(invalid_argument) naming `what` where an extent is negative or
/// a tensor of that shape would not fit in memory (2^63 bytes, extents of 0 left out).
std::int64_t checked_elements(const Shape& shape, const char* what);

/// Row-major strides; an extent of 0 counts as 1, so that no stride is 0.
Strides row_major_strides(const Shape& shape);

namespace detail {

/// Where a view's elements lie relative to the first element of the view that it was made from.
struct Layout {
  Shape shape;
  Strides strides;
  std::int64_t offset = 0;
};

Layout transpose(Layout from, int first, int second);
Layout slice(Layout from, int dimension, std::int64_t begin, std::int64_t end, std::int64_t step);
Layout select(const Layout& from, int dimension, std::int64_t index);
Layout reversed(Layout from, int dimension);
Layout broadcast_to(const Layout& from, const Shape& shape);
Layout reshape(const Layout& from, bool contiguous, Shape shape);

template <class T>
Layout layout(const BasicView<T>& view) {
  return {view.shape, view.strides, 0};
}
template <class T>
BasicView<T> apply(const BasicView<T>& view, const Layout& layout) {
  return {layout.offset == 0 ? view.data : view.data + layout.offset, layout.shape, layout.strides};
}

}  // namespace detail

/// A row-major view of `data`, which has room for the elements of `shape`.
template <class T>
BasicView<T> contiguous_view(T* data, const Shape& shape) {
  return {data, shape, row_major_strides(shape)};
}

/// Two dimensions change places: the last two unless said otherwise.
template <class T>
BasicView<T> transpose(const BasicView<T>& view, int first = -2, int second = -1) {
  return detail::apply(view, detail::transpose(detail::layout(view), first, second));
}

/// The indices begin, begin + step, ... below `end` of one dimension; 0 <= begin <= end <= extent and step >= 1.
template <class T>
BasicView<T> slice(const BasicView<T>& view, int dimension, std::int64_t begin, std::int64_t end,
                   std::int64_t step = 1) {
  return detail::apply(view, detail::slice(detail::layout(view), dimension, begin, end, step));
}

/// One index of a dimension; the dimension goes away. 0 <= index < extent.
template <class T>
BasicView<T> select(const BasicView<T>& view, int dimension, std::int64_t index) {
  return detail::apply(view, detail::select(detail::layout(view), dimension, index));
}

/// One dimension from its end to its beginning: its stride changes sign.
template <class T>
BasicView<T> reversed(const BasicView<T>& view, int dimension) {
  return detail::apply(view, detail::reversed(detail::layout(view), dimension));
}

/// The view repeated to `shape` by NumPy's rules: new dimensions come first, an extent of 1 stretches, with stride 0.
/// Elements then share memory, so the result is for reading.
template <class T>
BasicView<const T> broadcast_to(const BasicView<T>& view, const Shape& shape) {
  return detail::apply(BasicView<const T>{view.data, view.shape, view.strides},
                       detail::broadcast_to(detail::layout(view), shape));
}

/// The same elements in row-major order under another shape; one extent may be -1 and is worked out.
/// `view` is contiguous: make it so with Tensor::copy_of.
template <class T>
BasicView<T> reshape(const BasicView<T>& view, const Shape& shape) {
  return detail::apply(view, detail::reshape(detail::layout(view), view.is_contiguous(), shape));
}

}  // namespace kiln
