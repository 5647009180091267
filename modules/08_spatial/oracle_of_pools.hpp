// What the pooling kernels of module 08 should answer, computed in double, window by window and element by element.
// Options and shapes are valid; a gradient is added to what stands there (`before`).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kiln/kernels/spatial.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// (batch, channels, out height, out width) of images (batch, channels, height, width).
Shape pooled_shape(const Shape& images, const Pool2dOptions& options);

struct Pooled {
  Array64 value;
  std::vector<std::int64_t> winners;  ///< h * width + w, an element of `value`
};
Pooled max_pool2d(const Array64& in, const Pool2dOptions& options);
Expected max_pool2d_backward(const Array64& grad_out, std::span<const std::int64_t> winners, const Array64& before);

Expected average_pool2d(const Array64& in, const Pool2dOptions& options);
Expected average_pool2d_backward(const Array64& grad_out, const Pool2dOptions& options, const Array64& before);

}  // namespace kiln::oracle
