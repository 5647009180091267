// Small tensors written out by hand, for tests that need no generator.
#pragma once

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "kiln/view.hpp"
#include "testing/array64.hpp"
#include "testing/generate.hpp"

namespace kiln::testing {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// A dense view of `values`, which hold at least shape.elements() numbers.
inline ConstView dense(const std::vector<float>& values, const Shape& shape) {
  return {values.data(), shape, dense_strides(shape)};
}
inline View dense(std::vector<float>& values, const Shape& shape) {
  return {values.data(), shape, dense_strides(shape)};
}

/// 1, 2, 3, ..., n
inline std::vector<float> counted(std::int64_t n) {
  std::vector<float> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

/// A rank in [low, high].
inline int random_rank(Generator& g, int low, int high) {
  return low + static_cast<int>(g.random().below(static_cast<std::uint64_t>(high - low + 1)));
}

}  // namespace kiln::testing
