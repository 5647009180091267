// What module 15's kernels should answer, computed in double, plainly, and without any of the kernels' code.
// Every oracle returns the value and, as the magnitude, the absolute values that were added, from which the tolerance
// follows: a sum of n terms errs by at most n eps times their magnitudes, in whatever order it is added.
#pragma once

#include "kiln/kernels/acceleration.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// Blocks of 32, 64, 128 and 256 by trying each.
std::int64_t block_for_cache(std::int64_t cache_bytes);

/// a b: k products and as many additions.
Expected matmul(const Array64& a, const Array64& b);
/// alpha a b + beta c, with what stands in c before; two products and an addition more. c counts as zeros where beta is
/// 0, and a and b where alpha is.
Expected matmul(double alpha, const Array64& a, const Array64& b, double beta, const Array64& c);

/// Exact: nothing is computed.
Expected im2col(const Array64& image, std::int64_t kernel_height, std::int64_t kernel_width,
                const Conv2dOptions& options);
/// The sum of the contract with zeros outside the image.
Expected conv2d(const Array64& in, const Array64& weight, const Array64& bias, const Conv2dOptions& options);

/// Relative to the result p: a sum of n terms errs by n, each exp by 1 and, since in - maximum is rounded, by that
/// distance; a division follows. n + 4 + distance of p, and the least normal float for subnormals.
Expected softmax(const Array64& in);

/// A row's mean errs by n eps of the mean magnitude, which moves every element by as much times the scale; the sum of
/// squares errs by n eps of itself, half of which reaches the scale; some products follow: n + 8 of both and the bias.
Expected layer_norm(const Array64& in, const Array64& weight, const Array64& bias, double epsilon);

/// Of the sum rounded to float. Relative to it: exp's argument u is rounded 6 times, each of which moves the result by
/// less than eps / 2 of the sum, since u exp(u) / (1 + exp(u))^2 is bounded; exp, an addition and a division follow.
Expected bias_gelu(const Array64& in, const Array64& bias);

}  // namespace kiln::oracle
