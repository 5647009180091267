// Dataset: labelled images in memory, and what is done to a whole set before training: checks, parts, the split into
// what is learnt from and what is held out, normalisation. Which sets there are: data/sets.hpp and docs/data.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kiln/tensor.hpp"

namespace kiln::data {

struct Dataset {
  Tensor images;                     ///< (count, channels, height, width)
  std::vector<std::int32_t> labels;  ///< one an image, in [0, classes)
  std::int64_t classes = 0;
  std::vector<std::string> class_names;  ///< one a class, or none

  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  /// (channels, height, width)
  Shape image_shape() const;
};

struct Split {
  Dataset training, held_out;
};

/// Error(invalid_argument), beginning with `what`, where images are of another rank than 4, images and labels differ in
/// number, a label lies outside [0, classes), or there are names, but not one a class. An empty set is in order.
void check(const Dataset& set, const std::string& what);

/// The examples of these numbers, in this order; one may be named twice. Error(invalid_argument) where a number lies
/// outside the set.
Dataset subset(const Dataset& set, std::span<const std::int64_t> numbers);
/// The first `count` examples. Error(invalid_argument) where there are not as many, or count is negative.
Dataset take(const Dataset& set, std::int64_t count);

/// Which examples are held out: `held_out` in all, each class with the share that it has in the whole, chosen by `seed`
/// alone. A class of n among N examples gives floor(n held_out / N), and one more where the rest of that division is
/// among the largest; of equal rests the lower class's. Ascending.
/// Error(invalid_argument) where held_out lies outside [0, size].
std::vector<std::int64_t> stratified_choice(const Dataset& set, std::int64_t held_out, std::uint64_t seed);
/// Both parts keep the order of the whole.
Split stratified_split(const Dataset& set, std::int64_t held_out, std::uint64_t seed);

/// Mean and standard deviation of each channel, by the kernel channel_statistics.
struct Normalisation {
  std::vector<double> mean, deviation;
};
Normalisation statistics(const Dataset& set);

/// (image - mean) / deviation, by the kernel normalise; move the set in and no images are copied.
Dataset normalised(Dataset set, const Normalisation& normalisation);
/// Both parts by the statistics of the training part: what is held out has no say in anything.
Split normalised(Split split);

}  // namespace kiln::data
