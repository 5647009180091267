// The data sets that Kiln knows, and the files that they are read from: CSV and IDX, parsed by the kernels of module
// 09. A file is looked for in the folder that the environment variable KILN_DATA names, where it is set, and nowhere
// else. What is wrong with a file leaves as Error(invalid_argument) with its path. Sources, licences, splits:
// docs/data.md.
#pragma once

#include <cstdint>
#include <filesystem>

#include "data/dataset.hpp"

namespace kiln::data {

/// Of the split of the digits: the same 360 for everybody.
inline constexpr std::uint64_t kDigitsSeed = 1797;
inline constexpr std::int64_t kDigitsHeldOut = 360;

/// The digits.csv of the source tree, or $KILN_DATA/digits.csv.
std::filesystem::path digits_file();
/// /usr/share/datasets/fashion-mnist, or $KILN_DATA/fashion-mnist.
std::filesystem::path fashion_mnist_folder();
/// Whether all four files of Fashion-MNIST are there.
bool has_fashion_mnist();

/// 1,797 handwritten digits of 8 x 8 pixels, each from 0 to 16, 10 classes: images (1797, 1, 8, 8), in the file's
/// order.
Dataset all_digits();
/// The same, 360 of them held out by stratified_split with kDigitsSeed.
Split digits();
/// 60,000 and 10,000 pictures of clothes of 28 x 28 pixels, each from 0 to 255, 10 classes. The error of a missing file
/// says how to install it.
Split fashion_mnist();

/// 65 columns with a header: 64 pixels from 0 to 16, row by row, and the label.
Dataset read_digits(const std::filesystem::path& csv);
/// Images (count, height, width) or (count, channels, height, width) and labels (count), elements of u8 both; each file
/// compressed by gzip or not. `classes`: how many there are.
Dataset read_idx_pair(const std::filesystem::path& images, const std::filesystem::path& labels, std::int64_t classes);

}  // namespace kiln::data
