// Whole data sets: checks, parts, splits, normalisation.
#include "data/dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "throws.hpp"

namespace kiln::data {
namespace {

/// Image i is filled with i; `labels` are as given.
Dataset numbered(const std::vector<std::int32_t>& labels, std::int64_t classes) {
  const auto count = static_cast<std::int64_t>(labels.size());
  Dataset set{Tensor(Shape{count, 1, 2, 2}), labels, classes, {}};
  for (std::int64_t i = 0; i < 4 * count; ++i)
    set.images.flat()[static_cast<std::size_t>(i)] = static_cast<float>(i / 4);
  return set;
}

std::vector<std::int32_t> cycled(std::int64_t count, std::int32_t classes) {
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < count; ++i) labels.push_back(static_cast<std::int32_t>(i % classes));
  return labels;
}

/// The number that fills each image, which tells where it came from.
std::vector<int> origins(const Dataset& set) {
  std::vector<int> found;
  for (std::int64_t i = 0; i < set.size(); ++i)
    found.push_back(static_cast<int>(set.images.flat()[static_cast<std::size_t>(4 * i)]));
  return found;
}

TEST(Dataset, IsChecked) {
  EXPECT_NO_THROW(check(numbered({0, 1, 1}, 2), "set"));
  EXPECT_NO_THROW(check(numbered({}, 0), "set"));
  Dataset set = numbered({0, 1, 1}, 2);
  set.labels.pop_back();
  EXPECT_ERROR(check(set, "set"), invalid_argument, "set: 3 images, but 2 labels");
  EXPECT_ERROR(check(numbered({0, 2}, 2), "set"), invalid_argument, "example 1 has the label 2");
  EXPECT_ERROR(check(numbered({-1}, 2), "set"), invalid_argument, "label -1");
  set = numbered({0, 1}, 2);
  set.class_names = {"cat"};
  EXPECT_ERROR(check(set, "set"), invalid_argument, "2 classes, but 1 names");
  set.images = Tensor(Shape{2, 4});
  EXPECT_ERROR(check(set, "set"), invalid_argument, "(2, 4)");
}

TEST(Dataset, PartsKeepImageAndLabelTogether) {
  Dataset set = numbered({4, 3, 2, 1, 0}, 5);
  set.class_names = {"a", "b", "c", "d", "e"};
  const Dataset part = subset(set, std::vector<std::int64_t>{3, 0, 3});
  EXPECT_EQ(origins(part), (std::vector<int>{3, 0, 3}));
  EXPECT_EQ(part.labels, (std::vector<std::int32_t>{1, 4, 1}));
  EXPECT_EQ(part.images.shape(), (Shape{3, 1, 2, 2}));
  EXPECT_EQ(part.classes, 5);
  EXPECT_EQ(part.class_names, set.class_names);
  EXPECT_EQ(origins(take(set, 2)), (std::vector<int>{0, 1}));
  EXPECT_EQ(take(set, 0).size(), 0);
  EXPECT_ERROR(subset(set, std::vector<std::int64_t>{5}), invalid_argument, "no example 5 among 5");
  EXPECT_ERROR(subset(set, std::vector<std::int64_t>{-1}), invalid_argument, "no example -1");
  EXPECT_ERROR(take(set, 6), invalid_argument, "6 examples of 5");
  EXPECT_ERROR(take(set, -1), invalid_argument, "-1 examples");
}

TEST(StratifiedSplit, IsProportionalAndLosesNothing) {
  // 60 of class 0, 30 of class 1, 10 of class 2.
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 100; ++i) labels.push_back(i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2);
  const Dataset set = numbered(labels, 3);
  const Split split = stratified_split(set, 20, 7);
  std::map<int, int> held_out;
  for (std::int32_t label : split.held_out.labels) ++held_out[label];
  EXPECT_EQ(held_out, (std::map<int, int>{{0, 12}, {1, 6}, {2, 2}}));

  std::vector<int> in = origins(split.training), out = origins(split.held_out), all;
  EXPECT_TRUE(std::is_sorted(in.begin(), in.end()));
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
  std::merge(in.begin(), in.end(), out.begin(), out.end(), std::back_inserter(all));
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  for (std::size_t i = 0; i < out.size(); ++i)
    EXPECT_EQ(split.held_out.labels[i], labels[static_cast<std::size_t>(out[i])]);
}

TEST(StratifiedSplit, GivesTheLargestRestsTheirOneMore) {
  // 5, 3 and 2 of 10; 3 held out: shares 1.5, 0.9, 0.6, so the classes 1 and 2 are rounded up.
  const Dataset set = numbered({0, 0, 0, 0, 0, 1, 1, 1, 2, 2}, 3);
  std::vector<std::int32_t> labels = stratified_split(set, 3, 1).held_out.labels;
  EXPECT_EQ(labels, (std::vector<std::int32_t>{0, 1, 2}));
  // Four classes with the same rest: the lower ones.
  labels = stratified_split(numbered(cycled(4, 4), 4), 2, 1).held_out.labels;
  EXPECT_EQ(labels, (std::vector<std::int32_t>{0, 1}));
}

TEST(StratifiedSplit, DependsOnTheSeedAlone) {
  const Dataset set = numbered(cycled(200, 4), 4);
  EXPECT_EQ(stratified_choice(set, 40, 1), stratified_choice(set, 40, 1));
  EXPECT_NE(stratified_choice(set, 40, 1), stratified_choice(set, 40, 2));
  EXPECT_EQ(stratified_choice(set, 0, 1).size(), 0u);
  EXPECT_EQ(stratified_choice(set, 200, 1).size(), 200u);
  EXPECT_ERROR(stratified_choice(set, 201, 1), invalid_argument, "201 examples held out of 200");
  EXPECT_ERROR(stratified_choice(set, -1, 1), invalid_argument, "-1 examples");
}

TEST(Normalised, TakesTheTrainingPartsStatistics) {
  // Training images are 0 and 2: mean 1, deviation 1. The held-out one is filled with 5.
  Split split{subset(numbered({0, 0, 0}, 1), std::vector<std::int64_t>{0, 2}),
              subset(numbered({0, 0, 0, 0, 0, 0}, 1), std::vector<std::int64_t>{5})};
  const Normalisation by = statistics(split.training);
  EXPECT_EQ(by.mean, std::vector<double>{1});
  EXPECT_EQ(by.deviation, std::vector<double>{1});
  const float* memory = split.training.images.flat().data();
  const Split normal = normalised(std::move(split));
  EXPECT_EQ(origins(normal.training), (std::vector<int>{-1, 1}));
  EXPECT_EQ(origins(normal.held_out), (std::vector<int>{4}));
  EXPECT_EQ(normal.training.images.flat().data(), memory) << "the images were copied";
}

}  // namespace
}  // namespace kiln::data
