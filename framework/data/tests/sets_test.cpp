// The sets that Kiln knows, and what becomes of files that are not what they should be.
#include "data/sets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "data/tests/files.hpp"
#include "throws.hpp"

namespace kiln::data {
namespace {

/// `rows` digits: image i has i % 17 everywhere, the label i % 10.
std::string digits_csv(int rows) {
  std::string text;
  for (int j = 0; j < 64; ++j) text += "p" + std::to_string(j) + ",";
  text += "label\n";
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < 64; ++j) text += std::to_string(i % 17) + ",";
    text += std::to_string(i % 10) + "\n";
  }
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

// The tests set it themselves.
[[maybe_unused]] const int kUnset = unsetenv("KILN_DATA");

/// Two images of 1 x 2 and their labels, packed.
const Bytes kImages = idx({2, 1, 2}, {1, 2, 3, 255}), kLabels = idx({2}, {0, 9});

TEST(Digits, AreTheOnesOfTheFile) {
  const Dataset set = all_digits();
  EXPECT_EQ(set.images.shape(), (Shape{1797, 1, 8, 8}));
  EXPECT_EQ(set.size(), 1797);
  EXPECT_EQ(set.classes, 10);
  EXPECT_EQ(set.class_names[9], "9");
  // The first row of the file, and sums over all of it.
  const std::vector<float> first(set.images.flat().begin(), set.images.flat().begin() + 8);
  EXPECT_EQ(first, (std::vector<float>{0, 0, 5, 13, 9, 1, 0, 0}));
  EXPECT_EQ(std::accumulate(set.images.flat().begin(), set.images.flat().end(), 0.0), 561718);
  std::array<int, 10> counts{};
  for (std::int32_t label : set.labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, (std::array<int, 10>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
}

TEST(Digits, AreSplitForEverybodyAlike) {
  const Dataset set = all_digits();
  const std::vector<std::int64_t> chosen = stratified_choice(set, kDigitsHeldOut, kDigitsSeed);
  const std::vector<std::int64_t> first(chosen.begin(), chosen.begin() + 8);
  EXPECT_EQ(first, (std::vector<std::int64_t>{1, 5, 9, 11, 12, 15, 19, 27}));
  EXPECT_EQ(std::accumulate(chosen.begin(), chosen.end(), std::int64_t{0}), 318606);

  const Split split = digits();
  EXPECT_EQ(split.training.size(), 1437);
  EXPECT_EQ(split.held_out.size(), 360);
  std::array<int, 10> counts{};
  for (std::int32_t label : split.held_out.labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, (std::array<int, 10>{36, 37, 35, 37, 36, 36, 36, 36, 35, 36}));
}

TEST(Digits, AreLookedForInKilnData) {
  const Folder folder;
  const WithKilnData variable(folder.path());
  EXPECT_EQ(digits_file(), folder.path() / "digits.csv");
  EXPECT_ERROR(digits(), invalid_argument, (folder.path() / "digits.csv").string());
  EXPECT_ERROR(digits(), invalid_argument, "KILN_DATA");
  folder.write("digits.csv", digits_csv(20));
  EXPECT_EQ(all_digits().size(), 20);
}

TEST(Digits, AreRefusedWithTheFilesName) {
  const Folder folder;
  const auto refused = [&](const std::string& text, const std::string& words) {
    const auto path = folder.write("some.csv", text);
    EXPECT_ERROR(read_digits(path), invalid_argument, words);
    EXPECT_ERROR(read_digits(path), invalid_argument, path.string());
  };
  EXPECT_EQ(read_digits(folder.write("some.csv", digits_csv(3))).labels, (std::vector<std::int32_t>{0, 1, 2}));
  refused(replaced(digits_csv(3), "1,1\n", "1\n"), "3");  // line 3 is ragged
  refused(replaced(digits_csv(3), "1,1\n", "1,1.5\n"), "label 1.5");
  refused(replaced(digits_csv(3), "1,1\n", "1,10\n"), "label 10");
  refused(replaced(digits_csv(3), "1,1\n", "1,-1\n"), "label -1");
  refused(replaced(digits_csv(3), "1,1\n", "1,nan\n"), "label nan");
  refused(replaced(digits_csv(3), "1,1\n", "17,1\n"), "pixel 63 of example 1 is 17");
  refused("a,b,label\n1,2,3\n", "65");
  refused("", "");
  EXPECT_ERROR(read_digits(folder.path() / "none.csv"), invalid_argument, "none.csv cannot be read");
  EXPECT_ERROR(read_digits(folder.path()), invalid_argument, "cannot be read");
}

TEST(Idx, IsReadPackedOrNot) {
  const Folder folder;
  const auto plain = read_idx_pair(folder.write("i", kImages), folder.write("l", kLabels), 10);
  EXPECT_EQ(plain.images.shape(), (Shape{2, 1, 1, 2}));
  EXPECT_EQ(std::vector<float>(plain.images.flat().begin(), plain.images.flat().end()),
            (std::vector<float>{1, 2, 3, 255}));
  EXPECT_EQ(plain.labels, (std::vector<std::int32_t>{0, 9}));
  const auto same = read_idx_pair(folder.write("i", packed(kImages)), folder.write("l", packed(kLabels)), 10);
  EXPECT_EQ(same.labels, plain.labels);
  EXPECT_TRUE(std::equal(same.images.flat().begin(), same.images.flat().end(), plain.images.flat().begin()));
  // With channels, and larger than what is unpacked at a time.
  const auto big = read_idx_pair(folder.write("i", packed(idx({2, 3, 600, 500}, Bytes(1'800'000, 7)))),
                                 folder.write("l", kLabels), 10);
  EXPECT_EQ(big.images.shape(), (Shape{2, 3, 600, 500}));
  EXPECT_TRUE(std::all_of(big.images.flat().begin(), big.images.flat().end(), [](float x) { return x == 7; }));
}

TEST(Idx, IsRefusedWithTheFilesName) {
  const Folder folder;
  const auto refused = [&](const Bytes& images, const Bytes& labels, const char* name, const std::string& words) {
    const auto of_images = folder.write("images", images), of_labels = folder.write("labels", labels);
    EXPECT_ERROR(read_idx_pair(of_images, of_labels, 10), invalid_argument, (folder.path() / name).string());
    EXPECT_ERROR(read_idx_pair(of_images, of_labels, 10), invalid_argument, words);
  };
  Bytes magic = kImages, type = kImages, little{0, 0, 8, 3, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 2, 3, 4};
  magic[0] = 1;
  type[2] = 0x0d;
  type.resize(type.size() + 12);
  Bytes damaged = packed(idx({2, 50, 40}, Bytes(4000, 5)));
  damaged[damaged.size() - 6] ^= 0xff;  // of the checksum

  refused(shortened(kImages, 1), kLabels, "images", "");
  refused(magic, kLabels, "images", "");
  refused(type, kLabels, "images", "expected to hold bytes");
  refused(little, kLabels, "images", "endian");
  refused(kImages, shortened(kLabels, 7), "labels", "");
  refused({}, kLabels, "images", "");
  refused(kImages, idx({3}, {0, 1, 2}), "labels", "left is 3, right is 2");
  refused(kImages, idx({2}, {0, 10}), "labels", "example 1 has the label 10");
  refused(kImages, idx({2, 1}, {0, 1}), "labels", "rank");
  refused(idx({2, 2}, {1, 2, 3, 4}), kLabels, "images", "rank");
  refused(damaged, kLabels, "images", "damaged");
  // Within the head that gzip writes, behind it, and without the last byte.
  for (const std::size_t left : {5u, 12u, 25u}) {
    const Bytes images = packed(kImages), labels = packed(kLabels);
    refused(shortened(images, images.size() - left), kLabels, "images", "cut short");
    refused(kImages, shortened(labels, labels.size() - left), "labels", "cut short");
  }
  refused(shortened(packed(kImages), 1), kLabels, "images", "cut short");
  EXPECT_ERROR(read_idx_pair(folder.path() / "none", folder.path() / "labels", 10), invalid_argument,
               "none cannot be read");
}

TEST(FashionMnist, SaysHowToInstallIt) {
  const Folder folder;
  const WithKilnData variable(folder.path());
  EXPECT_FALSE(has_fashion_mnist());
  EXPECT_ERROR(fashion_mnist(), invalid_argument, "apt-get install dataset-fashion-mnist");
  EXPECT_ERROR(fashion_mnist(), invalid_argument, "tools/setup --data");
  EXPECT_ERROR(fashion_mnist(), invalid_argument, (folder.path() / "fashion-mnist").string());
}

TEST(FashionMnist, IsReadFromItsFourFiles) {
  const Folder folder;
  const WithKilnData variable(folder.path());
  folder.write("fashion-mnist/train-images-idx3-ubyte.gz", packed(kImages));
  folder.write("fashion-mnist/train-labels-idx1-ubyte.gz", packed(kLabels));
  folder.write("fashion-mnist/t10k-images-idx3-ubyte.gz", packed(idx({1, 1, 2}, {7, 8})));
  EXPECT_ERROR(fashion_mnist(), invalid_argument, "t10k-labels-idx1-ubyte.gz");
  folder.write("fashion-mnist/t10k-labels-idx1-ubyte.gz", packed(idx({1}, {5})));
  EXPECT_TRUE(has_fashion_mnist());
  const Split split = fashion_mnist();
  EXPECT_EQ(split.training.size(), 2);
  EXPECT_EQ(split.held_out.labels, std::vector<std::int32_t>{5});
  EXPECT_EQ(split.held_out.class_names[5], "sandal");
  EXPECT_NO_THROW(check(split.training, "training"));
}

TEST(FashionMnist, IsWhole) {
  if (!has_fashion_mnist()) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const Split split = fashion_mnist();
  EXPECT_EQ(split.training.images.shape(), (Shape{60000, 1, 28, 28}));
  EXPECT_EQ(split.held_out.images.shape(), (Shape{10000, 1, 28, 28}));
  std::array<int, 10> counts{};
  for (std::int32_t label : split.training.labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_TRUE(std::all_of(counts.begin(), counts.end(), [](int count) { return count == 6000; }));
  // The figures by which these pictures are usually normalised, where white is 1.
  const Normalisation of = statistics(split.training);
  EXPECT_NEAR(of.mean[0] / 255, 0.2860, 5e-5);
  EXPECT_NEAR(of.deviation[0] / 255, 0.3530, 5e-5);
}

}  // namespace
}  // namespace kiln::data
