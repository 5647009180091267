// The arithmetic of views: shapes and strides only, no element is touched.
#include "kiln/view_ops.hpp"

#include <limits>
#include <utility>

namespace kiln {

std::int64_t checked_elements(const Shape& shape, const char* what) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(sizeof(float));
  std::int64_t product = 1;
  bool empty = false;
  for (std::int64_t extent : shape) {
    KILN_REQUIRE(std::string(what) + ": shape " + to_string(shape) + " has a negative extent", extent >= 0);
    empty = empty || extent == 0;
    // Leave out zeros: the strides of an empty tensor must not overflow either.
    const std::int64_t factor = extent == 0 ? 1 : extent;
    KILN_REQUIRE(std::string(what) + ": shape " + to_string(shape) + " has more elements than memory can hold",
                 product <= kMost / factor);
    product *= factor;
  }
  return empty ? 0 : product;
}

Strides row_major_strides(const Shape& shape) {
  Strides strides = Shape::filled(shape.rank(), 1);
  for (int i = shape.rank() - 2; i >= 0; --i) strides[i] = strides[i + 1] * (shape[i + 1] == 0 ? 1 : shape[i + 1]);
  return strides;
}

namespace detail {
namespace {

int wrap_dimension(const char* what, const Layout& from, int dimension) {
  const int rank = from.shape.rank();
  const std::string message =
      std::string(what) + ": shape " + to_string(from.shape) + " has no dimension " + std::to_string(dimension);
  KILN_REQUIRE(message, dimension >= -rank);
  KILN_REQUIRE(message, dimension < rank);
  return dimension < 0 ? dimension + rank : dimension;
}

/// An empty view stays at its origin: a pointer past the end of a row would be out of its memory.
Layout at_origin_if_empty(Layout layout) {
  if (layout.shape.elements() == 0) layout.offset = 0;
  return layout;
}

/// "slice: range [1, 9) with step 1 of dimension 0 of shape (2, 3)"
std::string describe(const char* what, const Layout& from, int dimension) {
  return std::string(what) + " of dimension " + std::to_string(dimension) + " of shape " + to_string(from.shape);
}

}  // namespace

Layout transpose(Layout from, int first, int second) {
  first = wrap_dimension("transpose", from, first);
  second = wrap_dimension("transpose", from, second);
  std::swap(from.shape[first], from.shape[second]);
  std::swap(from.strides[first], from.strides[second]);
  return from;
}

Layout slice(Layout from, int dimension, std::int64_t begin, std::int64_t end, std::int64_t step) {
  dimension = wrap_dimension("slice", from, dimension);
  const std::int64_t extent = from.shape[dimension];
  const std::string range = "[" + std::to_string(begin) + ", " + std::to_string(end) + ")";
  const std::string message = describe(("slice " + range).c_str(), from, dimension);
  KILN_REQUIRE(message, begin >= 0);
  KILN_REQUIRE(message, begin <= end);
  KILN_REQUIRE(message, end <= extent);
  KILN_REQUIRE(message, step >= 1);
  from.offset = begin * from.strides[dimension];
  from.shape[dimension] = begin == end ? 0 : (end - begin - 1) / step + 1;
  // One element needs no stride: a large step would overflow it.
  if (from.shape[dimension] > 1) from.strides[dimension] *= step;
  return at_origin_if_empty(from);
}

Layout select(const Layout& from, int dimension, std::int64_t index) {
  dimension = wrap_dimension("select", from, dimension);
  const std::string message = describe(("select index " + std::to_string(index)).c_str(), from, dimension);
  KILN_REQUIRE(message, index >= 0);
  KILN_REQUIRE(message, index < from.shape[dimension]);
  Layout result;
  result.offset = index * from.strides[dimension];
  for (int i = 0; i < from.shape.rank(); ++i) {
    if (i == dimension) continue;
    result.shape.push_back(from.shape[i]);
    result.strides.push_back(from.strides[i]);
  }
  return at_origin_if_empty(result);
}

Layout reversed(Layout from, int dimension) {
  dimension = wrap_dimension("reversed", from, dimension);
  from.offset = (from.shape[dimension] - 1) * from.strides[dimension];
  from.strides[dimension] = -from.strides[dimension];
  return at_origin_if_empty(from);
}

Layout broadcast_to(const Layout& from, const Shape& shape) {
  checked_elements(shape, "broadcast_to");
  const std::string message = "broadcast_to: shape " + to_string(from.shape) + " does not give " + to_string(shape);
  const int added = shape.rank() - from.shape.rank();
  if (added < 0) throw Error(ErrorKind::invalid_argument, message + ": it has more dimensions");
  Layout result{shape, Shape::filled(shape.rank(), 0), 0};
  for (int i = 0; i < from.shape.rank(); ++i) {
    const int to = added + i;
    if (from.shape[i] == shape[to]) {
      result.strides[to] = from.strides[i];
    } else if (from.shape[i] != 1) {
      throw Error(ErrorKind::invalid_argument, message + ": expected 1 or " + std::to_string(shape[to]) +
                                                   " in dimension " + std::to_string(i) + ", got " +
                                                   std::to_string(from.shape[i]));
    }
  }
  return result;
}

Layout reshape(const Layout& from, bool contiguous, Shape shape) {
  const std::string message = "reshape " + to_string(from.shape) + " to " + to_string(shape);
  if (!contiguous) {
    throw Error(ErrorKind::invalid_argument, message + ": expected a contiguous view, but the strides are " +
                                                 to_string(from.strides) + "; copy it first (Tensor::copy_of)");
  }
  // Work out the extent that is left open.
  int open = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != -1) continue;
    KILN_REQUIRE(message + ": more than one extent is -1", open == -1);
    open = i;
    shape[i] = 1;
  }
  const std::int64_t elements = from.shape.elements();
  const std::int64_t known = checked_elements(shape, message.c_str());
  if (open >= 0) {
    KILN_REQUIRE(message + ": the open extent is not determined", known > 0);
    KILN_REQUIRE(message + ": the open extent is not whole", elements % known == 0);
    shape[open] = elements / known;
  }
  const std::int64_t reshaped = shape.elements();
  KILN_REQUIRE(message + ": the element counts differ", elements == reshaped);
  return {shape, row_major_strides(shape), 0};
}

}  // namespace detail
}  // namespace kiln
