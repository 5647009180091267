// What module 07's kernels should answer, computed plainly, in double or better, and without any of the kernels' code.
#pragma once

#include <span>
#include <vector>

#include "kiln/kernels/training.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// The class of each row.
std::vector<std::int32_t> predicted_classes(ConstView logits);

std::int64_t count_correct(std::span<const std::int32_t> predictions, std::span<const std::int32_t> labels,
                           std::int32_t ignore_index);

/// What these examples add to each count.
std::vector<std::int64_t> confusion_matrix(std::span<const std::int32_t> predictions,
                                           std::span<const std::int32_t> labels, std::int32_t ignore_index,
                                           std::int64_t classes);

/// A number that a kernel returns, and how far from it a right one may lie.
struct Bounded {
  double value = 0;
  double error = 0;
};

struct Clipped {
  Bounded norm;
  std::vector<Expected> gradients;  ///< exact where nothing is to be written
};
Clipped clip_gradients(const std::vector<View>& gradients, double max_norm);

/// Whole numbers of steps below 2^53; beyond them where they are powers of two.
Bounded learning_rate(std::int64_t step, const ScheduleOptions& options);

/// Of the sums as they are before the call.
std::vector<Expected> accumulate_gradients(const std::vector<ConstView>& gradients, std::int64_t examples,
                                           std::int64_t total, const std::vector<View>& sums);

}  // namespace kiln::oracle
