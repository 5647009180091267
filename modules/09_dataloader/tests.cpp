// Module 09's tests of shuffle and collate, as students see them: one suite an exercise, one behaviour a test; at the
// end the speed case. The grader runs them too, under a seed of its own, beside tests of rarer cases.
#include "kiln/kernels/data.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "loading.hpp"

using namespace kiln;
using namespace kiln::testing;

namespace {

const DataSlots& kernel() { return under_test<DataSlots>(); }

/// 0, 1, ..., n - 1, shuffled.
Numbers shuffled(std::uint64_t seed, std::int64_t n) {
  Numbers order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  kernel().shuffle(seed, order);
  return order;
}

// ---- shuffle

TEST(shuffle, known_orders) {
  one_case([](Generator&) {
    EXPECT_EQ(shuffled(1, 2), (Numbers{1, 0})) << "0, 1 under seed 1";
    EXPECT_EQ(shuffled(2, 2), (Numbers{0, 1})) << "0, 1 under seed 2";
    EXPECT_EQ(shuffled(1, 10), (Numbers{7, 2, 5, 4, 1, 6, 9, 3, 0, 8})) << "0 to 9 under seed 1";
    EXPECT_EQ(shuffled(2026, 10), (Numbers{0, 9, 2, 4, 1, 8, 3, 6, 7, 5})) << "0 to 9 under seed 2026";
  });
}

TEST(shuffle, keeps_the_elements) {
  for_each_case(10, [](Generator& g) {
    Numbers order(static_cast<std::size_t>(g.positive_extent()) + 1);
    for (std::int64_t& element : order) element = static_cast<std::int64_t>(g.random().below(50)) - 25;
    Numbers before = order;
    kernel().shuffle(g.random().next_u64(), order);
    std::sort(before.begin(), before.end());
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, before) << "the elements afterwards, sorted, and those before, some of which were equal";
  });
}

TEST(shuffle, random_orders) {
  for_each_case(20, [](Generator& g) {
    const std::uint64_t seed = g.random().next_u32();
    Numbers order(static_cast<std::size_t>(g.extent() * g.extent()));
    for (std::int64_t& element : order) element = static_cast<std::int64_t>(g.random().next_u64());
    g.note("seed " + std::to_string(seed) + ", " + std::to_string(order.size()) + " elements");
    const Numbers expected = oracle::shuffle(seed, order);
    kernel().shuffle(seed, order);
    EXPECT_EQ(order, expected);
  });
}

TEST(shuffle, every_order_is_reached) {
  one_case([](Generator&) {
    // Of 24 orders each has 400 chances of 1 in 24: one is missed with a probability below 24 (23/24)^400 = 1e-6.
    std::set<Numbers> reached;
    for (std::uint64_t seed = 0; seed < 400; ++seed) reached.insert(shuffled(seed, 4));
    EXPECT_EQ(reached.size(), 24u) << "orders of four elements that the seeds 0 to 399 lead to";
  });
}

// ---- collate

TEST(collate, batches_by_hand) {
  one_case([](Generator&) {
    struct Case {
      std::int64_t examples, batch_size, all, whole;
    };
    const Case cases[] = {{10, 4, 3, 2}, {8, 4, 2, 2}, {3, 4, 1, 0}, {4, 4, 1, 1}, {5, 1, 5, 5}, {0, 4, 0, 0}};
    for (const auto& [examples, batch_size, all, whole] : cases) {
      const std::string what = std::to_string(examples) + " examples in batches of " + std::to_string(batch_size);
      EXPECT_EQ(kernel().batch_count(examples, batch_size, false), all) << what;
      EXPECT_EQ(kernel().batch_count(examples, batch_size, true), whole) << what << " without a short one";
    }
    const std::pair<std::int64_t, std::int64_t> ranges[] = {{0, 4}, {4, 8}, {8, 10}};
    for (std::int64_t number = 0; number < 3; ++number) {
      const BatchRange range = kernel().batch_range(10, 4, number);
      EXPECT_EQ(std::pair(range.begin, range.end), ranges[number]) << "10 examples in batches of 4, batch " << number;
    }
  });
}

TEST(collate, batches_cover_the_epoch) {
  for_each_case(20, [](Generator& g) {
    const std::int64_t examples = g.extent(), batch_size = g.positive_extent();
    g.note(std::to_string(examples) + " examples in batches of " + std::to_string(batch_size));
    std::int64_t next = 0;
    const std::int64_t count = kernel().batch_count(examples, batch_size, false);
    EXPECT_EQ(kernel().batch_count(examples, batch_size, true), examples / batch_size) << "batches that are full";
    ASSERT_LE(count, examples);
    for (std::int64_t number = 0; number < count; ++number) {
      const BatchRange range = kernel().batch_range(examples, batch_size, number);
      EXPECT_EQ(range.begin, next) << "where batch " << number << " begins";
      EXPECT_GT(range.end, range.begin) << "batch " << number << " holds something";
      EXPECT_LE(range.end - range.begin, batch_size) << "the size of batch " << number;
      next = range.end;
    }
    EXPECT_EQ(next, examples) << "where the last batch ends";
  });
}

TEST(collate, by_hand) {
  one_case([](Generator&) {
    const std::vector<float> examples{1, 2, 3, 4, 5, 6, 7, 8};
    std::vector<float> batch(6, kNaN);
    kernel().collate(dense(examples, {4, 2}), Numbers{3, 0, 1}, dense(batch, {3, 2}));
    EXPECT_EQ(batch, (std::vector<float>{7, 8, 1, 2, 3, 4})) << "of four examples number 3, 0 and 1";
    kernel().collate(dense(examples, {4, 2}), Numbers{2, 2, 2}, dense(batch, {3, 2}));
    EXPECT_EQ(batch, (std::vector<float>{5, 6, 5, 6, 5, 6})) << "of four examples number 2, three times";
  });
}

/// A batch of `count` examples drawn from `shape`, in layouts of these.
void expect_batch(Generator& g, Shape shape, std::int64_t count, Layout layout_of_examples, Layout layout_of_batch) {
  shape[0] = std::max<std::int64_t>(shape[0], 1);
  const Operand examples = g.input("examples", shape, layout_of_examples);
  Numbers indices;
  for (std::int64_t i = 0; i < count; ++i)
    indices.push_back(static_cast<std::int64_t>(g.random().below(static_cast<std::uint64_t>(shape[0]))));
  shape[0] = count;
  const Operand batch = g.output("batch", shape, layout_of_batch);
  kernel().collate(examples, indices, batch);
  expect_close(batch, oracle::collate(examples, indices));
}

TEST(collate, random_shapes) {
  for_each_case(30, [](Generator& g) {
    expect_batch(g, g.shape(random_rank(g, 1, 4)), g.extent(), Layout::dense, Layout::dense);
  });
}

TEST(collate, random_layouts) {
  for_each_case(40, [](Generator& g) {
    expect_batch(g, g.shape(random_rank(g, 1, 4)), g.extent(), g.layout(), g.writable_layout());
  });
}

TEST(collate, rows_of_a_larger_tensor) {
  for_each_case(6, [](Generator& g) {
    // Each example is dense, but between them lies something else.
    const Operand whole = g.input("whole", {9, 4, 5}, Layout::dense);
    const ConstView every_second{whole.view().data, {5, 3, 5}, {40, 5, 1}};
    const Numbers indices{4, 1, 1, 0};
    const Operand batch = g.output("batch", {4, 3, 5});
    kernel().collate(every_second, indices, batch);
    expect_close(batch, oracle::collate(every_second, indices));
  });
}

TEST(collate, labels_by_hand) {
  one_case([](Generator&) {
    const std::vector<std::int32_t> labels{7, -1, 9, 2};
    std::vector<std::int32_t> batch(5, 77);
    kernel().collate_labels(labels, Numbers{2, 0, 0, 3, 1}, batch);
    EXPECT_EQ(batch, (std::vector<std::int32_t>{9, 7, 7, 2, -1})) << "of {7, -1, 9, 2} number 2, 0, 0, 3 and 1";
  });
}

TEST(collate, refuses_bad_indices) {
  one_case([](Generator&) {
    const std::vector<float> examples = counted(8);
    const std::vector<std::int32_t> labels{1, 2, 3, 4};
    const Kept<> batch({3, 2}, 5.0f);
    for (const std::int64_t bad : {std::int64_t{4}, std::int64_t{-1}, std::int64_t{1000}, INT64_MAX, INT64_MIN}) {
      const Numbers indices{0, 1, bad};
      const std::string situation = "an index is " + std::to_string(bad) + " and there are 4 examples";
      expect_refusal(situation, [&] { kernel().collate(dense(examples, {4, 2}), indices, batch.view()); });
      expect_untouched(situation, batch);
      std::vector<std::int32_t> to(3);
      expect_refusal("an index is " + std::to_string(bad) + " and there are 4 labels",
                     [&] { kernel().collate_labels(labels, indices, to); });
    }
    kernel().collate(dense(examples, {4, 2}), Numbers{3, 0, 3}, batch.view());
    EXPECT_EQ(to_array64(batch.view()).values, (std::vector<double>{7, 8, 1, 2, 7, 8})) << "indices 3, 0 and 3";
  });
}

TEST(collate, refuses_other_shapes) {
  one_case([](Generator&) {
    const std::vector<float> examples = counted(24);
    const Kept<> batch(Shape{12}, 5.0f);
    const Numbers two{1, 0};
    struct Case {
      Shape examples, batch;
    };
    const Case cases[] = {{{4, 6}, {3, 4}},    {{4, 6}, {2, 5}}, {{4, 6}, {6, 2}}, {{4, 2, 3}, {2, 6}},
                          {{4, 6}, {2, 3, 2}}, {{4, 6}, {12}},   {{4, 6}, {1, 6}}, {{4, 2, 3}, {2, 3, 2}},
                          {{4, 6}, {2, 6, 1}}, {{4, 6}, {3, 6}}};
    for (const auto& [from, to] : cases) {
      const std::string situation =
          "two examples of " + to_string(from) + " are collated into a batch " + to_string(to);
      expect_refusal(situation, [&, from = from, to = to] {
        kernel().collate(dense(examples, from), two, {batch.view().data, to, dense_strides(to)});
      });
      expect_untouched(situation, batch);
    }
    std::vector<std::int32_t> labels{1, 2, 3}, three(3);
    expect_refusal("two labels are collated into three", [&] { kernel().collate_labels(labels, two, three); });
    kernel().collate(dense(examples, {4, 6}), two, {batch.view().data, {2, 6}, {6, 1}});
    EXPECT_EQ(to_array64(batch.view()).values, (std::vector<double>{7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6}))
        << "examples 1 and 0 of four of 6 elements";
  });
}

// ---- speed: what the steps in module.toml are about

const speed::SpeedCase images = speed::speed_case<&DataSlots::collate>(
    "collate.images",
    [](speed::SpeedArguments& s) {
      ConstView examples = s.input({128, 1, 28, 28});
      const auto indices = s.numbers(128, [](std::span<std::int64_t> to, Random& random) {
        std::iota(to.begin(), to.end(), std::int64_t{0});
        random.shuffle(to);
      });
      return std::tuple<ConstView, std::span<const std::int64_t>, View>(examples, indices, s.output({128, 1, 28, 28}));
    },
    [](ConstView examples, std::span<const std::int64_t> indices, View) { return oracle::collate(examples, indices); });

}  // namespace
