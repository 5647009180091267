// What module 05's kernels should answer, computed in double, plainly, and without any of the kernels' code.
// An optimiser's oracle carries a state of its own from step to step, and beside each number a bound on how far floats
// may have strayed from it: running error analysis (Higham, "Accuracy and Stability of Numerical Algorithms", 2002,
// section 3.3).
#pragma once

#include <vector>

#include "kiln/kernels/optimizers.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// The numbers of the first of each tensor, in rising order; for lists without an error.
std::vector<std::int64_t> distinct_parameters(const std::vector<ConstView>& parameters);

/// A tensor that is followed through the steps.
struct Followed {
  Array64 value;
  Array64 error;  ///< to first order, in units of float's eps

  Followed() = default;
  /// What the view shows now, without any error.
  explicit Followed(ConstView view);
  /// What a kernel's tensor must agree with.
  Expected expected() const;
};

struct SgdState {
  Followed parameter, velocity;
};
struct AdamState {
  Followed parameter, first_moment, second_moment;
};

/// One step each, of valid arguments; without momentum the velocity stays as it is.
void sgd_step(ConstView gradient, const SgdOptions& options, SgdState& state);
void adam_step(ConstView gradient, const AdamOptions& options, std::int64_t step, AdamState& state);
void adamw_step(ConstView gradient, const AdamOptions& options, std::int64_t step, AdamState& state);

}  // namespace kiln::oracle
