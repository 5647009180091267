// What the kernels of shapes and convolutions should answer, computed in double.
// A gradient is added to what stands there: its oracle takes that as `before`, and returns what should stand there
// afterwards, the magnitudes that were added, and the roundings. Shapes are as the kernels want them.
#pragma once

#include "kiln/kernels/spatial.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// Places are counted, not computed. For what the kernels accept.
Shape conv2d_shape(const Shape& in, const Shape& weight, const Conv2dOptions& options);
Shape pool2d_shape(const Shape& in, const Pool2dOptions& options);
Shape conv2d_grouped_shape(const Shape& in, const Shape& weight, const GroupedConv2dOptions& options);

Expected conv2d(const Array64& in, const Array64& weight, const Array64& bias, const Conv2dOptions& options);
Expected conv2d_grouped(const Array64& in, const Array64& weight, const Array64& bias,
                        const GroupedConv2dOptions& options);

Expected conv2d_backward_in(const Array64& grad_out, const Array64& weight, const Conv2dOptions& options,
                            const Array64& before);
Expected conv2d_backward_weight(const Array64& grad_out, const Array64& in, const Conv2dOptions& options,
                                const Array64& before);
Expected conv2d_backward_bias(const Array64& grad_out, const Array64& before);

}  // namespace kiln::oracle
