// The loader: what an epoch holds, that it can be begun anywhere, and that no thread is left.
#include "nn/data_loader.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include "loader_tests.hpp"
#include "throws.hpp"

namespace kiln::nn {
namespace {

std::shared_ptr<Numbered> numbered(std::int64_t size) { return std::make_shared<Numbered>(size); }

/// A data set of two channels, whose example i is filled with i and labelled i % 3.
data::Dataset small_set(std::int64_t size) {
  data::Dataset set{Tensor(Shape{size, 2, 3, 3}), {}, 3, {}};
  for (std::int64_t i = 0; i < 18 * size; ++i)
    set.images.flat()[static_cast<std::size_t>(i)] = static_cast<float>(i / 18);
  for (std::int64_t i = 0; i < size; ++i) set.labels.push_back(static_cast<std::int32_t>(i % 3));
  return set;
}

TEST(DataLoader, GivesEachExampleOnceAnEpoch) {
  for (const std::int64_t prefetch : {0, 1, 2, 5})
    for (const std::int64_t batch_size : {1, 4, 20, 23}) {
      const DataLoader loader(numbered(23), {.batch_size = batch_size, .prefetch = prefetch});
      const auto batches = all(loader.epoch(3));
      EXPECT_EQ(static_cast<std::int64_t>(batches.size()), loader.batches());
      std::int64_t number = 0;
      for (const Batch& batch : batches) {
        EXPECT_EQ(batch.number, number);
        const std::int64_t size = std::min(batch_size, 23 - number * batch_size);
        EXPECT_EQ(batch.images.shape(), (Shape{size, 1, 4, 4}));
        EXPECT_EQ(static_cast<std::int64_t>(batch.labels.size()), size);
        for (std::size_t i = 0; i < batch.labels.size(); ++i)
          EXPECT_EQ(batch.images.flat()[16 * i + 8], static_cast<float>(batch.labels[i]) + 0.5f);
        ++number;
      }
      auto numbers = labels(batches);
      EXPECT_NE(numbers, counted(23)) << "not shuffled";
      std::sort(numbers.begin(), numbers.end());
      EXPECT_EQ(numbers, counted(23)) << "batch size " << batch_size << ", prefetch " << prefetch;
    }
}

TEST(DataLoader, LeavesOutAShortLastBatchWhereAsked) {
  const DataLoader loader(numbered(23), {.batch_size = 5, .drop_last = true});
  EXPECT_EQ(loader.batches(), 4);
  const auto batches = all(loader.epoch(0));
  ASSERT_EQ(batches.size(), 4u);
  EXPECT_EQ(batches.back().labels.size(), 5u);
  EXPECT_EQ(DataLoader(numbered(20), {.batch_size = 5, .drop_last = true}).batches(), 4);
  EXPECT_EQ(DataLoader(numbered(20), {.batch_size = 5}).batches(), 4);
}

TEST(DataLoader, TakesThemInOrderWhereAsked) {
  const DataLoader loader(numbered(23), {.batch_size = 4, .shuffle = false});
  EXPECT_EQ(labels(all(loader.epoch(0))), counted(23));
  EXPECT_EQ(labels(all(loader.epoch(7))), counted(23));
}

TEST(DataLoader, DrawsAnOrderFromSeedAndEpoch) {
  const DataLoader one(numbered(50), {.batch_size = 8, .seed = 1}), again(numbered(50), {.batch_size = 5, .seed = 1}),
      two(numbered(50), {.batch_size = 8, .seed = 2});
  EXPECT_EQ(labels(all(one.epoch(0))), labels(all(again.epoch(0)))) << "the batch size has a say in the order";
  EXPECT_NE(labels(all(one.epoch(0))), labels(all(one.epoch(1))));
  EXPECT_NE(labels(all(one.epoch(1))), labels(all(two.epoch(0)))) << "seed + epoch is no seed";
  EXPECT_NE(labels(all(one.epoch(0))), labels(all(two.epoch(0))));
  EXPECT_EQ(labels(all(one.epoch(0))), labels(all(one.epoch(0)))) << "epochs asked for before have a say";
}

TEST(DataLoader, BeginsAnywhereAsTheWholeEpochGoesOn) {
  const LoaderOptions options{
      .batch_size = 4, .seed = 9, .prefetch = 0, .augment = {.padding = 1, .flip_probability = 0.5f}};
  const DataLoader plain(numbered(23), options);
  const auto whole = all(plain.epoch(2));
  ASSERT_EQ(whole.size(), 6u);
  for (const std::int64_t prefetch : {0, 1, 2, 3, 100}) {
    LoaderOptions own = options;
    own.prefetch = prefetch;
    const DataLoader loader(numbered(23), own);
    for (std::int64_t first = 0; first <= 6; ++first)
      EXPECT_TRUE(same(all(loader.epoch(2, first)), {whole.begin() + first, whole.end()}))
          << "from batch " << first << ", prefetch " << prefetch;
  }
}

TEST(DataLoader, AugmentsAnExampleByItselfAlone) {
  const LoaderOptions options{.batch_size = 4, .augment = {.padding = 2, .flip_probability = 0.5f}};
  LoaderOptions wide = options;
  wide.batch_size = 23;
  wide.shuffle = false;
  const DataLoader narrow_loader(numbered(23), options), wide_loader(numbered(23), wide);
  const auto all_at_once = all(wide_loader.epoch(5));
  ASSERT_EQ(all_at_once.size(), 1u);
  const auto image = [](const Batch& batch, std::size_t i) {
    return std::vector<float>(batch.images.flat().begin() + static_cast<std::ptrdiff_t>(16 * i),
                              batch.images.flat().begin() + static_cast<std::ptrdiff_t>(16 * (i + 1)));
  };
  for (const Batch& batch : all(narrow_loader.epoch(5)))
    for (std::size_t i = 0; i < batch.labels.size(); ++i)
      EXPECT_EQ(image(batch, i), image(all_at_once[0], static_cast<std::size_t>(batch.labels[i])));
  // Another epoch, another change; and some image is changed at all.
  EXPECT_FALSE(same(all_at_once, all(wide_loader.epoch(6))));
  wide.augment = {};
  EXPECT_FALSE(same(all_at_once, all(DataLoader(numbered(23), wide).epoch(5))));
}

TEST(DataLoader, KeepsImagesAndLabelsOfASetTogether) {
  const data::Dataset set = small_set(20);
  const DataLoader loader(set, {.batch_size = 6});
  std::set<int> seen;
  for (const Batch& batch : all(loader.epoch(0)))
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
      const int example = static_cast<int>(batch.images.flat()[18 * i]);
      seen.insert(example);
      EXPECT_EQ(batch.images.flat()[18 * i + 17], static_cast<float>(example));
      EXPECT_EQ(batch.labels[i], example % 3);
    }
  EXPECT_EQ(seen.size(), 20u);
}

TEST(DataLoader, RefusesWhatGivesNoBatches) {
  data::Dataset set = small_set(5);
  EXPECT_ERROR(DataLoader(set, {.batch_size = 0}), invalid_argument, "batch_size is at least 1");
  EXPECT_ERROR(DataLoader(set, {.batch_size = -3}), invalid_argument, "left is -3");
  EXPECT_ERROR(DataLoader(set, {.batch_size = 6}), invalid_argument, "batch_size 6 is more than the 5 examples");
  EXPECT_ERROR(DataLoader(set, {.batch_size = 6, .drop_last = true}), invalid_argument, "batch_size 6");
  EXPECT_ERROR(DataLoader(set, {.batch_size = 1, .prefetch = -1}), invalid_argument, "prefetch");
  EXPECT_ERROR(DataLoader(set, {.batch_size = 1, .augment = {.padding = -1}}), invalid_argument, "padding");
  EXPECT_ERROR(DataLoader(set, {.batch_size = 1, .augment = {.flip_probability = 1.5f}}), invalid_argument, "flip");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_ERROR(DataLoader(set, {.batch_size = 1, .augment = {.flip_probability = nan}}), invalid_argument, "flip");
  const data::Dataset empty = small_set(0);
  EXPECT_ERROR(DataLoader(empty, {.batch_size = 1}), invalid_argument, "no examples");
  set.labels.pop_back();
  EXPECT_ERROR(DataLoader(set, {.batch_size = 1}), invalid_argument, "5 images, but 4 labels");
  set = small_set(5);
  set.labels[2] = 3;
  EXPECT_ERROR(DataLoader(set, {.batch_size = 1}), invalid_argument, "example 2 has the label 3");

  const DataLoader loader(numbered(10), {.batch_size = 5});
  EXPECT_ERROR(loader.epoch(-1), invalid_argument, "epoch's number");
  EXPECT_ERROR(loader.epoch(0, -1), invalid_argument, "first batch");
  EXPECT_ERROR(loader.epoch(0, 3), invalid_argument, "left is 3, right is 2");
}

TEST(DataLoader, UsesItsBuffersAgain) {
  for (const std::int64_t prefetch : {0, 1, 3}) {
    const DataLoader loader(numbered(40), {.batch_size = 4, .prefetch = prefetch});
    auto epoch = loader.epoch(0);
    std::set<const float*> memory;
    while (const Batch* batch = epoch.next()) memory.insert(batch->images.flat().data());
    EXPECT_EQ(static_cast<std::int64_t>(memory.size()), std::max<std::int64_t>(1, prefetch));
    EXPECT_EQ(epoch.next(), nullptr);
  }
}

TEST(DataLoader, LetsABatchBeTakenAway) {
  for (const std::int64_t prefetch : {0, 1, 2}) {
    const DataLoader loader(numbered(23), {.batch_size = 4, .prefetch = prefetch});
    std::vector<Batch> taken;
    auto epoch = loader.epoch(1);
    while (Batch* batch = epoch.next()) taken.push_back(std::move(*batch));
    EXPECT_TRUE(same(taken, all(loader.epoch(1)))) << "prefetch " << prefetch;
  }
}

TEST(DataLoader, LoadsAheadAndNoFurther) {
  const auto source = numbered(40);
  const auto user = std::this_thread::get_id();
  std::atomic<int> used{0}, most{0};
  std::atomic<bool> by_user{false};
  source->before = [&](auto) {
    if (std::this_thread::get_id() == user) by_user = true;
    most = std::max<int>(most, source->loaded + 1 - used);
  };
  const DataLoader loader(source, {.batch_size = 4, .prefetch = 3});
  auto epoch = loader.epoch(0);
  // The ring fills without anybody asking.
  while (source->loaded < 3) std::this_thread::yield();
  for (int batch = 0; epoch.next() != nullptr; ++batch) {
    while (source->loaded < std::min(10, batch + 3)) std::this_thread::yield();
    ++used;  // before it is handed back
  }
  EXPECT_FALSE(by_user);
  EXPECT_LE(most, 3);
  EXPECT_EQ(source->loaded, 10);
}

TEST(DataLoader, LeavesNoThread) {
  const std::int64_t before = threads();
  const DataLoader loader(numbered(40), {.batch_size = 4, .prefetch = 2});
  for (int given = 0; given <= 11; ++given) {
    auto epoch = loader.epoch(given);
    for (int i = 0; i < given; ++i) epoch.next();
  }
  EXPECT_TRUE(threads_are(before));
  try {
    auto epoch = loader.epoch(0);
    epoch.next();
    throw std::runtime_error("of the user");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(threads_are(before));
  auto moved = loader.epoch(0);
  moved = loader.epoch(1);
  EXPECT_TRUE(threads_are(before + 1));
  EXPECT_EQ(all(std::move(moved)).size(), 10u);
  EXPECT_TRUE(threads_are(before));
  // The end of an epoch is enough, although it lives on.
  auto over = loader.epoch(0);
  while (over.next() != nullptr) continue;
  EXPECT_TRUE(threads_are(before));
  auto none = loader.epoch(0, 10);
  EXPECT_TRUE(threads_are(before));
  EXPECT_EQ(none.next(), nullptr);
}

TEST(DataLoader, EpochsLiveBesideEachOtherAndAfterTheLoader) {
  std::optional<DataLoader> loader(std::in_place, numbered(40), LoaderOptions{.batch_size = 4});
  const auto first = all(loader->epoch(1)), second = all(loader->epoch(2));
  auto a = loader->epoch(1), b = loader->epoch(2);
  loader.reset();
  std::vector<Batch> of_a, of_b;
  for (int i = 0; i < 10; ++i) {
    of_a.push_back(*a.next());
    of_b.push_back(*b.next());
  }
  EXPECT_TRUE(same(of_a, first));
  EXPECT_TRUE(same(of_b, second));
}

TEST(DataLoader, HandsOnWhatLoadingThrew) {
  const std::int64_t before = threads();
  for (const std::int64_t prefetch : {0, 1, 2, 4}) {
    const auto source = numbered(40);
    source->before = [](std::span<const std::int64_t> numbers) {
      if (numbers[0] == 12) throw Error(ErrorKind::memory, "the disk is gone");
      if (numbers[0] == 28) throw std::out_of_range("not of this project");
    };
    const DataLoader loader(source, {.batch_size = 4, .shuffle = false, .prefetch = prefetch});
    auto epoch = loader.epoch(2);
    for (int i = 0; i < 3; ++i) ASSERT_NE(epoch.next(), nullptr) << "batches before it are given";
    EXPECT_ERROR(epoch.next(), memory, "batch 3 of epoch 2: the disk is gone");
    EXPECT_ERROR(epoch.next(), memory, "the disk is gone");
    EXPECT_TRUE(threads_are(before));
    auto later = loader.epoch(2, 7);
    EXPECT_THROW(later.next(), std::out_of_range);
    // It never was asked for: nothing to throw.
    { auto unused = loader.epoch(2, 3); }
    EXPECT_TRUE(threads_are(before));
  }
}

}  // namespace
}  // namespace kiln::nn
