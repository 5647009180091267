// Tensor: float32 elements in memory of its own, 64-byte aligned, row-major.
// A value, as std::vector and xt::xarray are: a copy is deep, const reaches the elements, a move is cheap and leaves
// an empty tensor of shape (0). What shares memory is called a view: data(), and kiln/view_ops.hpp for any strides.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>

#include "kiln/view.hpp"
#include "kiln/view_ops.hpp"

namespace kiln {

class Random;

namespace detail {
/// Defined in kiln/array.hpp. "incomplete type IncludeKilnArrayHpp" means: include kiln/array.hpp where array() is
/// called. It stays out of this header because xtensor takes a second to compile.
template <class Owner>
struct IncludeKilnArrayHpp;
}  // namespace detail

/// Base of everything that owns elements (Tensor, Parameter, Variable): gives array() on top of data(), so that the two
/// return the same types everywhere. `Owner::data()` returns a contiguous View, or a ConstView where *this is const.
template <class Owner>
class ArrayInterface {
 public:
  /// An xtensor adaptor over the object's own memory: kiln::Array, or kiln::ConstArray of a const object.
  /// Reads and writes the elements; valid as long as data() is.
  auto array() { return detail::IncludeKilnArrayHpp<Owner>::of(static_cast<Owner*>(this)->data()); }
  auto array() const { return detail::IncludeKilnArrayHpp<Owner>::of(static_cast<const Owner*>(this)->data()); }
};

class Tensor : public ArrayInterface<Tensor> {
 public:
  /// Bytes to which the first element is aligned: a cache line, and the widest vector register.
  static constexpr std::size_t kAlignment = 64;

  /// No elements, shape (0), no memory.
  Tensor() = default;
  /// Zeros. Error(invalid_argument) where an extent is negative or the count overflows; std::bad_alloc beyond memory.
  explicit Tensor(const Shape& shape);

  static Tensor full(const Shape& shape, float value);
  /// `values` in row-major order. Error(invalid_argument) where their number is not that of `shape`.
  static Tensor from(const Shape& shape, std::span<const float> values);
  static Tensor from(const Shape& shape, std::initializer_list<float> values) {
    return from(shape, std::span<const float>(values.begin(), values.size()));
  }
  /// A row-major copy of a view of any strides.
  static Tensor copy_of(const ConstView& view);
  /// Each element drawn from [lo, hi), in row-major order.
  static Tensor uniform(const Shape& shape, Random& random, float lo = 0, float hi = 1);
  /// Each element drawn from the normal distribution, in row-major order.
  static Tensor normal(const Shape& shape, Random& random, float mean = 0, float deviation = 1);

  Tensor(const Tensor& other);
  Tensor(Tensor&& other) noexcept;
  Tensor& operator=(const Tensor& other);
  Tensor& operator=(Tensor&& other) noexcept;
  ~Tensor() = default;

  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  std::int64_t size() const { return size_; }

  /// A view of all elements that keeps nothing alive: valid until the tensor is assigned to, moved from or destroyed.
  View data() { return contiguous_view(memory_.get(), shape_); }
  ConstView data() const { return contiguous_view<const float>(memory_.get(), shape_); }
  /// The elements in row-major order; valid as long as data() is.
  std::span<float> flat() { return {memory_.get(), static_cast<std::size_t>(size_)}; }
  std::span<const float> flat() const { return {memory_.get(), static_cast<std::size_t>(size_)}; }

  /// A tensor may stand where a kernel takes a view.
  operator View() { return data(); }
  operator ConstView() const { return data(); }

 private:
  struct Free {
    void operator()(float* memory) const;
  };
  using Memory = std::unique_ptr<float[], Free>;

  struct Uninitialized {};
  Tensor(const Shape& shape, Uninitialized);
  static Memory allocate(std::int64_t size);

  Shape shape_{0};
  std::int64_t size_ = 0;
  Memory memory_;
};

}  // namespace kiln
