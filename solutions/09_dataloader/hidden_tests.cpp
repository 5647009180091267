// Module 09's hidden tests of shuffle and collate: rarer edges of the same contract.
#include "kiln/kernels/data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "loading.hpp"
#include "testing/sentinels.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

Numbers order_of(std::uint64_t seed, std::int64_t n) {
  Numbers order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  kernel().shuffle(seed, order);
  return order;
}

// ---- shuffle

TEST(shuffle, nothing_to_shuffle) {
  one_case([](Generator&) {
    EXPECT_EQ(order_of(3, 0), Numbers{}) << "no elements";
    EXPECT_EQ(order_of(3, 1), Numbers{0}) << "one element";
    Numbers order = {5, 6, 7};
    const Numbers expected = oracle::shuffle(3, order);
    kernel().shuffle(3, order);
    EXPECT_EQ(order, expected) << "three elements";
  });
}

TEST(shuffle, large_seeds) {
  one_case([](Generator&) {
    for (const std::uint64_t seed : {std::uint64_t{1} << 32, (std::uint64_t{1} << 32) + 1, ~std::uint64_t{0}}) {
      Numbers order(30);
      std::iota(order.begin(), order.end(), std::int64_t{0});
      EXPECT_EQ(order_of(seed, 30), oracle::shuffle(seed, order)) << "seed " << seed;
    }
  });
}

TEST(shuffle, long_orders) {
  for_each_case(2, [](Generator& g) {
    const std::uint64_t seed = g.random().next_u64();
    Numbers order(60'000);
    std::iota(order.begin(), order.end(), std::int64_t{0});
    // A difference shows as a count; nobody reads 60,000 numbers.
    const Numbers expected = oracle::shuffle(seed, order), found = order_of(seed, 60'000);
    std::int64_t different = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i] != expected[i]) ++different;
    EXPECT_EQ(different, 0) << "places of 60,000 that hold another element, seed " << seed;
  });
}

TEST(shuffle, each_order_is_equally_likely) {
  one_case([](Generator&) {
    constexpr int kSeeds = 900;
    std::map<Numbers, int> counts;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) ++counts[order_of(seed, 4)];
    EXPECT_EQ(counts.size(), 24u) << "orders of four elements that the seeds 0 to 899 lead to";
    constexpr double kEach = kSeeds / 24.0;
    double chi_square = 0;
    for (const auto& [order, count] : counts) chi_square += (count - kEach) * (count - kEach) / kEach;
    // Of chi-square with k = 23 degrees of freedom, P(X > k + 2 sqrt(k t) + 2 t) <= exp(-t) (Laurent and Massart,
    // "Adaptive estimation of a quadratic functional by model selection", 2000, lemma 1); t = 9 is one in 8,000.
    EXPECT_LE(chi_square, 23 + 2 * std::sqrt(23 * 9.0) + 2 * 9) << "chi-square of the 24 orders' counts";
  });
}

// ---- collate

TEST(collate, huge_numbers) {
  one_case([](Generator&) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(kernel().batch_count(kMost, kMost, false), 1);
    EXPECT_EQ(kernel().batch_count(kMost, 1, false), kMost);
    EXPECT_EQ(kernel().batch_count(kMost, 2, false), kMost / 2 + 1);
    EXPECT_EQ(kernel().batch_count(10, kMost, false), 1);
    EXPECT_EQ(kernel().batch_count(10, kMost, true), 0);
    const BatchRange only = kernel().batch_range(10, kMost, 0);
    EXPECT_EQ(std::pair(only.begin, only.end), std::pair(std::int64_t{0}, std::int64_t{10})) << "10 in one huge batch";
    const BatchRange last = kernel().batch_range(kMost, kMost - 5, 1);
    EXPECT_EQ(std::pair(last.begin, last.end), std::pair(kMost - 5, kMost)) << "the last 5 of 2^63 - 1";
  });
}

TEST(collate, refuses_bad_epochs) {
  one_case([](Generator&) {
    for (const std::int64_t size : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
      const std::string what = "the batch size is " + std::to_string(size);
      expect_refusal(what, [&] { kernel().batch_count(10, size, false); });
      expect_refusal(what, [&] { kernel().batch_count(10, size, true); });
      expect_refusal(what, [&] { kernel().batch_range(10, size, 0); });
    }
    expect_refusal("there are -1 examples", [] { kernel().batch_count(-1, 4, false); });
    expect_refusal("there are -1 examples", [] { kernel().batch_range(-1, 4, 0); });
    for (const std::int64_t number : {std::int64_t{3}, std::int64_t{-1}, std::int64_t{1000}})
      expect_refusal(
          "10 examples in batches of 4 have batches 0, 1 and 2, and number " + std::to_string(number) + " is asked for",
          [&] { kernel().batch_range(10, 4, number); });
    expect_refusal("two full batches have no third", [] { kernel().batch_range(8, 4, 2); });
    expect_refusal("no examples have no batch", [] { kernel().batch_range(0, 4, 0); });
    EXPECT_EQ(kernel().batch_range(10, 4, 2).end, 10);
  });
}

TEST(collate, empty_batches) {
  one_case([](Generator&) {
    const std::vector<float> examples = counted(6);
    float untouched = 5;
    kernel().collate(dense(examples, {2, 3}), Numbers{}, {&untouched, {0, 3}, {3, 1}});
    EXPECT_EQ(untouched, 5) << "no index was given";
    kernel().collate({nullptr, {3, 0}, {1, 1}}, Numbers{2, 0}, {&untouched, {2, 0}, {1, 1}});
    EXPECT_EQ(untouched, 5) << "an example has no elements";
    std::vector<std::int32_t> none;
    kernel().collate_labels(std::vector<std::int32_t>{1, 2}, Numbers{}, none);
    expect_refusal("no example can be example 0", [&] {
      kernel().collate({nullptr, {0, 3}, {3, 1}}, Numbers{0}, {&untouched, {1, 3}, {3, 1}});
    });
    expect_refusal("an example without elements is still not number 3", [&] {
      kernel().collate({nullptr, {3, 0}, {1, 1}}, Numbers{3}, {&untouched, {1, 0}, {1, 1}});
    });
    std::vector<float> batch(3);
    kernel().collate(dense(examples, {2, 3}), Numbers{1}, dense(batch, {1, 3}));
    EXPECT_EQ(batch, (std::vector<float>{4, 5, 6})) << "example 1 of two";
  });
}

TEST(collate, ranks_1_and_6) {
  for_each_case(6, [](Generator& g) {
    for (const Shape& shape : {Shape{7}, Shape{4, 2, 1, 3, 2, 2}}) {
      const Operand examples = g.input("examples", shape);
      Shape of_batch = shape;
      of_batch[0] = 3;
      const Operand batch = g.output("batch", of_batch, g.writable_layout());
      const Numbers indices{3, 0, 3};
      kernel().collate(examples, indices, batch);
      expect_close(batch, oracle::collate(examples, indices));
    }
    expect_refusal("the examples are a scalar", [&] {
      float value = 1;
      kernel().collate({&value, {}, {}}, Numbers{}, {&value, {}, {}});
    });
  });
}

TEST(collate, moves_any_number) {
  one_case([](Generator&) {
    const float tiny = std::numeric_limits<float>::denorm_min();
    const std::vector<float> examples{kNaN, kInfinity, -kInfinity, tiny, 0, 1};
    std::vector<float> batch(4);
    kernel().collate(dense(examples, {3, 2}), Numbers{1, 0}, dense(batch, {2, 2}));
    expect_close(dense(batch, {2, 2}), oracle::collate(dense(examples, {3, 2}), Numbers{1, 0}));
    const std::vector<std::int32_t> labels{INT32_MIN, INT32_MAX, 0};
    std::vector<std::int32_t> out(2);
    kernel().collate_labels(labels, Numbers{1, 0}, out);
    EXPECT_EQ(out, (std::vector<std::int32_t>{INT32_MAX, INT32_MIN}));
  });
}

TEST(collate, keeps_memory_between) {
  one_case([](Generator&) {
    const std::vector<float> examples = counted(12);
    for (const Strides& strides : {Strides{8, 2}, Strides{5, 1}, Strides{-4, 1}, Strides{1, 4}, Strides{-9, -2}}) {
      const Sentinels batch({3, 3}, strides);
      kernel().collate(dense(examples, {4, 3}), Numbers{2, 3, 0}, batch.view());
      expect_close(batch.view(), oracle::collate(dense(examples, {4, 3}), Numbers{2, 3, 0}));
      batch.expect_rest_untouched();
    }
  });
}

TEST(collate, extents_of_one_have_any_stride) {
  one_case([](Generator&) {
    const std::vector<float> examples = counted(12);
    std::vector<float> out(8);
    // Extents of 1 whose strides are odd numbers: the rest is dense, and right either way.
    const ConstView from{examples.data(), {3, 1, 4, 1}, {4, 77, 1, 13}};
    const View to{out.data(), {2, 1, 4, 1}, {4, -3, 1, 0}};
    kernel().collate(from, Numbers{2, 0}, to);
    EXPECT_EQ(out, (std::vector<float>{9, 10, 11, 12, 1, 2, 3, 4}));
  });
}

}  // namespace
