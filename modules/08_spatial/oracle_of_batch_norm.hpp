// What the kernels of batch normalisation should answer, computed in double, element by element, and how far floats may
// stray from it: bounds on the roundings are followed through the formulas, to first order (running error analysis,
// Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 3.3).
// Images are (batch, channels, ...), all else is (channels); a gradient is added to what stands there (`before`).
#pragma once

#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

struct BatchNorm {
  Expected out, mean, scale, running_mean, running_variance;
};
BatchNorm batch_norm_train(const Array64& in, const Array64& weight, const Array64& bias, double momentum,
                           double epsilon, const Array64& running_mean, const Array64& running_variance);
Expected batch_norm_eval(const Array64& in, const Array64& weight, const Array64& bias, const Array64& running_mean,
                         const Array64& running_variance, double epsilon);

Expected batch_norm_backward_in(const Array64& grad_out, const Array64& in, const Array64& weight, const Array64& mean,
                                const Array64& scale, const Array64& before);
Expected batch_norm_backward_weight(const Array64& grad_out, const Array64& in, const Array64& mean,
                                    const Array64& scale, const Array64& before);
Expected batch_norm_backward_bias(const Array64& grad_out, const Array64& before);

}  // namespace kiln::oracle
