// Shape and Strides: the extents of a tensor, stored inline so that kernels need not allocate.
// Rank 0 (a scalar) to kMaxRank; an extent may be 0 or 1.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace kiln {

inline constexpr int kMaxRank = 6;

/// A short list of integers, one a dimension. Behaves like a vector of at most kMaxRank values.
class Shape {
 public:
  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<std::int64_t> values) {
    for (std::int64_t value : values) push_back(value);
  }
  /// `rank` dimensions, each equal to `value`.
  static constexpr Shape filled(int rank, std::int64_t value) {
    Shape shape;
    for (int i = 0; i < rank; ++i) shape.push_back(value);
    return shape;
  }

  constexpr int rank() const { return rank_; }
  constexpr std::int64_t& operator[](int i) { return values_[i]; }
  constexpr std::int64_t operator[](int i) const { return values_[i]; }
  constexpr std::int64_t* begin() { return values_; }
  constexpr std::int64_t* end() { return values_ + rank_; }
  constexpr const std::int64_t* begin() const { return values_; }
  constexpr const std::int64_t* end() const { return values_ + rank_; }

  /// Appends a dimension; throws Error(invalid_argument) past kMaxRank.
  constexpr void push_back(std::int64_t value) {
    if (rank_ == kMaxRank) throw_rank_error();
    values_[rank_++] = value;
  }

  /// The number of elements: the product of all extents, 1 for rank 0.
  constexpr std::int64_t elements() const {
    std::int64_t product = 1;
    for (std::int64_t value : *this) product *= value;
    return product;
  }

  friend constexpr bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a.values_[i] != b.values_[i]) return false;
    return true;
  }

 private:
  [[noreturn]] static void throw_rank_error();

  std::int64_t values_[kMaxRank] = {};
  int rank_ = 0;
};

/// Distances between neighbours along each dimension, in elements (not bytes); may be 0 or negative.
using Strides = Shape;

/// "(2, 3)"; "()" for a scalar.
std::string to_string(const Shape& shape);

}  // namespace kiln
