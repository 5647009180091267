// array(): an xtensor adaptor over memory that somebody else owns, for Tensor, Parameter, Variable and views alike.
// Assigning to an adaptor writes the elements (broadcast as NumPy does for a[...] = b) and never changes a shape.
// For oracles, data and tests, not for kernels: xtensor takes a second to compile. Two traps of xtensor 0.24: xt::eval
// gives rank 4 always under GCC 12 (write xt::xarray<float>(expression)); XTENSOR_USE_XSIMD makes types depend on
// -march.
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <utility>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xbroadcast.hpp>
#include <xtensor/xstrided_view.hpp>

#include "kiln/check.hpp"
#include "kiln/tensor.hpp"
#include "kiln/view_ops.hpp"

namespace kiln {

namespace detail {

using ArrayShape = xt::dynamic_shape<std::size_t>;
using ArrayStrides = xt::dynamic_shape<std::ptrdiff_t>;

/// The allocator is spelled out because xtensor's default depends on the instruction set. It allocates nothing here.
template <class T>
using Buffer = xt::xbuffer_adaptor<T*, xt::no_ownership, std::allocator<float>>;
template <class T>
using Dense = xt::xarray_adaptor<Buffer<T>, xt::layout_type::row_major, ArrayShape>;
template <class T>
using Strided = xt::xstrided_view<Dense<T>, ArrayShape, xt::layout_type::dynamic>;

/// An xtensor class with assignment made safe. Left alone, `a.array() = b.array()` makes the temporary on the left
/// point at b's elements and copies nothing, and a strided view given more elements writes past its end.
template <class Base>
class Assignable : public Base {
 public:
  using Base::Base;
  Assignable(const Assignable&) = default;
  Assignable(Assignable&&) = default;
  Assignable& operator=(const Assignable& other) { return assign(other); }
  Assignable& operator=(Assignable&& other) { return assign(other); }
  template <class E>
  Assignable& operator=(const xt::xexpression<E>& expression) {
    return assign(expression.derived_cast());
  }
  Assignable& operator=(float value) {
    this->fill(value);
    return *this;
  }

 private:
  template <class E>
  Assignable& assign(const E& source) {
    // Evaluate first: the source may read the very elements that are written.
    const xt::xarray<float> values = source;
    if (std::ranges::equal(values.shape(), this->shape())) {
      std::copy(values.cbegin(), values.cend(), this->template begin<xt::layout_type::row_major>());
      return *this;
    }
    detail::broadcast_to({shape_of(values), Shape::filled(static_cast<int>(values.dimension()), 0)}, shape_of(*this));
    const auto repeated = xt::broadcast(values, this->shape());
    std::copy(repeated.cbegin(), repeated.cend(), this->template begin<xt::layout_type::row_major>());
    return *this;
  }

  template <class E>
  static Shape shape_of(const E& expression) {
    Shape shape;
    for (auto extent : expression.shape()) shape.push_back(static_cast<std::int64_t>(extent));
    return shape;
  }
};

inline ArrayShape array_shape(const Shape& shape) { return ArrayShape(shape.begin(), shape.end()); }

template <class T>
Assignable<Dense<T>> dense_array(const BasicView<T>& view) {
  KILN_CHECK(view.is_contiguous() == true);
  return {Buffer<T>(view.data, static_cast<std::size_t>(view.size())), array_shape(view.shape)};
}

/// xtensor counts from the lowest address that the view reaches; with negative strides that is not its first element.
template <class T>
Assignable<Strided<T>> strided_array(const BasicView<T>& view) {
  std::int64_t lowest = 0, highest = 0;
  for (int i = 0; i < view.rank() && view.size() > 0; ++i) {
    const std::int64_t reach = (view.shape[i] - 1) * view.strides[i];
    (reach < 0 ? lowest : highest) += reach;
  }
  const std::size_t extent = view.size() > 0 ? static_cast<std::size_t>(highest - lowest + 1) : 0;
  Dense<T> whole(Buffer<T>(lowest == 0 ? view.data : view.data + lowest, extent), ArrayShape{extent});
  // xtensor wants stride 0 where an extent is 1.
  ArrayStrides strides(static_cast<std::size_t>(view.rank()), 0);
  for (int i = 0; i < view.rank(); ++i)
    if (view.shape[i] != 1) strides[static_cast<std::size_t>(i)] = view.strides[i];
  return {std::move(whole), array_shape(view.shape), std::move(strides), static_cast<std::size_t>(-lowest),
          xt::layout_type::dynamic};
}

}  // namespace detail

/// What array() returns, of an object that may be written and of a const one: dense, row-major.
using Array = detail::Assignable<detail::Dense<float>>;
using ConstArray = detail::Dense<const float>;
/// The same over a view of any strides.
using StridedArray = detail::Assignable<detail::Strided<float>>;
using ConstStridedArray = detail::Strided<const float>;

/// An adaptor over the elements of a view of any strides. The elements of a broadcast view share memory: only read
/// them.
inline StridedArray array(const View& view) { return detail::strided_array(view); }
inline ConstStridedArray array(const ConstView& view) { return detail::strided_array(view); }

template <class Owner>
struct detail::IncludeKilnArrayHpp {
  static Array of(const View& view) { return detail::dense_array(view); }
  static ConstArray of(const ConstView& view) { return detail::dense_array(view); }
};

/// What Tensor, Parameter and Variable share: array() and data() of exactly these types. Assert it of each of them.
template <class T>
concept HasArrayAndData = requires(T& object, const T& constant) {
  { object.array() } -> std::same_as<Array>;
  { constant.array() } -> std::same_as<ConstArray>;
  { object.data() } -> std::same_as<View>;
  { constant.data() } -> std::same_as<ConstView>;
};
static_assert(HasArrayAndData<Tensor>);

}  // namespace kiln
