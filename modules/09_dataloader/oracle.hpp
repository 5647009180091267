// What module 09's kernels of files, batches and images should answer, plainly, and without any of the kernels' code.
// Shuffles, batches and images are exact; statistics come with the error that their sums may have.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kiln/kernels/data.hpp"
#include "testing/compare.hpp"

namespace kiln::oracle {

using testing::Array64;
using testing::Expected;

/// What `order` is after shuffle(seed, order).
std::vector<std::int64_t> shuffle(std::uint64_t seed, std::vector<std::int64_t> order);

/// batch[i] = examples[indices[i]]; exact.
Expected collate(ConstView examples, std::span<const std::int64_t> indices);

/// Of each channel, and how far a result may be off: 2 (n + 4) eps sum|x| / n for the mean of n elements; relative to
/// the deviation 2 (n + 4) eps kappa, where kappa = sqrt(1 + mean^2 / deviation^2). That is the bound of the algorithms
/// that take one careful walk, too (Chan, Golub and LeVeque, "Algorithms for computing the sample variance: analysis
/// and recommendations", 1983); eps is 2^-53.
struct Statistics {
  std::vector<double> mean, deviation;
  std::vector<double> mean_error, deviation_error;
};
Statistics channel_statistics(ConstView images);

/// Exact: the contract names every rounding.
Expected normalise(ConstView in, const std::vector<double>& mean, const std::vector<double>& deviation);

/// Exact: elements are moved.
Expected flip_image(ConstView in);
Expected crop_image(ConstView in, std::int64_t padding, std::int64_t top, std::int64_t left);
Expected augment(ConstView in, const AugmentOptions& options, std::span<const std::uint64_t> seeds);

}  // namespace kiln::oracle
