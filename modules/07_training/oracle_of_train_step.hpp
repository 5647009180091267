// What train_step should answer: the whole step once, in double, over the whole batch at once, since parts are not to
// be seen in what comes out. Beside every number stands a bound on how far floats may have strayed from it, in units of
// float's eps and to first order: running error analysis (Higham, "Accuracy and Stability of Numerical Algorithms",
// 2002, section 3.3).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kiln/kernels/training.hpp"
#include "oracle.hpp"

namespace kiln::oracle {

/// The arguments of a step, as they are before it.
struct TrainStep {
  Array64 x;
  std::vector<std::int32_t> labels;
  std::int64_t step = 0;
  TrainOptions options;
  std::vector<Array64> parameters, velocities;
  std::vector<std::size_t> tensor_of;  ///< of each parameter the first place at which its tensor stands

  /// Copies what the views show now.
  TrainStep(ConstView x, std::span<const std::int32_t> labels, std::int64_t step, const TrainOptions& options,
            const std::vector<View>& parameters, const std::vector<View>& velocities);
};

/// What is there after it.
struct Trained {
  Bounded loss, gradient_norm, learning_rate;
  std::vector<Expected> parameters, velocities;  ///< of each place; a tied tensor's are the first place's
};

/// Of valid arguments without NaN or infinity.
Trained train_step(const TrainStep& from);

}  // namespace kiln::oracle
