// Generators: layouts that show what they promise, in exactly the memory they need, the same for the same seed.
#include "testing/generate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace kiln::testing {

namespace {

constexpr Layout kLayouts[] = {Layout::dense, Layout::transposed, Layout::spaced, Layout::reversed, Layout::repeated};
const Shape kShapes[] = {{}, {1}, {5}, {3, 4}, {1, 7}, {2, 3, 4}, {2, 1, 3, 1, 2, 2}, {0}, {3, 0, 2}};

/// The address of every element, in row-major order of the index.
std::vector<const float*> addresses(ConstView view) {
  std::vector<const float*> result;
  for_each_index(view.shape, [&](const Shape& index) {
    const float* at = view.data;
    for (int d = 0; d < view.rank(); ++d) at += index[d] * view.strides[d];
    result.push_back(at);
  });
  return result;
}

template <class Body>
void for_each_layout(Body body) {
  for (const Shape& shape : kShapes)
    for (const Layout layout : kLayouts) {
      const Operand operand("x", shape, layout);
      SCOPED_TRACE(operand.describe());
      body(operand, layout);
    }
}

TEST(Operand, elements_have_addresses_of_their_own_unless_repeated) {
  for_each_layout([](const Operand& operand, Layout layout) {
    const auto all = addresses(operand);
    const std::set<const float*> distinct(all.begin(), all.end());
    const std::int64_t repeats = layout == Layout::repeated && operand.shape().rank() > 0 ? operand.shape()[0] : 1;
    EXPECT_EQ(static_cast<std::int64_t>(distinct.size()) * (all.empty() ? 1 : repeats),
              static_cast<std::int64_t>(all.size()));
  });
}

TEST(Operand, layouts_are_what_they_are_called) {
  EXPECT_EQ(Operand("x", {3, 4}, Layout::dense).view().strides, (Strides{4, 1}));
  EXPECT_EQ(Operand("x", {3, 4}, Layout::transposed).view().strides, (Strides{1, 3}));
  EXPECT_EQ(Operand("x", {3, 4}, Layout::reversed).view().strides, (Strides{-4, -1}));
  EXPECT_EQ(Operand("x", {3, 4}, Layout::repeated).view().strides, (Strides{0, 1}));
  const Strides spaced = Operand("x", {3, 4}, Layout::spaced).view().strides;
  EXPECT_GE(spaced[1], 2);
  EXPECT_GT(spaced[0], 3 * spaced[1] + 1);
}

// The extent of the view is the whole allocation: AddressSanitizer watches both of its edges, and every float that is
// no element of the view was NaN from the start.
TEST(Operand, memory_is_exact_and_gaps_are_nan) {
  for_each_layout([](const Operand& operand, Layout) {
    const auto all = addresses(operand);
    if (all.empty()) return;
    operand.fill(1);
    const std::set<const float*> elements(all.begin(), all.end());
    for (const float* at = *elements.begin(); at <= *elements.rbegin(); ++at)
      EXPECT_EQ(std::isnan(*at), elements.count(at) == 0);
  });
}

TEST(Operand, outputs_start_as_nan) {
  Generator generator(1);
  const Operand out = generator.output("out", {3, 4}, Layout::spaced);
  for (const float* at : addresses(out)) EXPECT_TRUE(std::isnan(*at));
}

TEST(Operand, values_come_back_as_they_were_assigned) {
  for_each_layout([](const Operand& operand, Layout layout) {
    if (layout == Layout::repeated) return;
    Array64 values(operand.shape());
    for (std::size_t i = 0; i < values.values.size(); ++i) values.values[i] = static_cast<double>(i) + 0.5;
    operand.assign(values);
    EXPECT_EQ(operand.values().values, values.values);
  });
}

TEST(Operand, copies_share_their_memory) {
  const Operand one("x", {2}, Layout::dense);
  const Operand other = one;
  one.fill(7);
  EXPECT_EQ(other.values().values, (std::vector<double>{7, 7}));
}

/// Everything that a generator may be asked, in words.
std::string drawn(std::uint64_t seed) {
  Generator generator(seed);
  std::string text;
  for (int i = 0; i < 20; ++i) {
    const Shape shape = generator.shape(i % 5);
    const Operand in = generator.input("in" + std::to_string(i), shape, -2, 3);
    for (const double value : in.values().values) text += std::to_string(value) + " ";
    generator.note(to_string(generator.broadcastable_to(shape)) + std::to_string(generator.extent()));
    generator.output("out", shape, generator.writable_layout());
  }
  return text + generator.describe();
}

TEST(Generator, a_seed_draws_the_same_again) {
  EXPECT_EQ(drawn(42), drawn(42));
  EXPECT_NE(drawn(42), drawn(43));
}

TEST(Generator, every_extent_and_layout_turns_up) {
  Generator generator(5);
  std::set<std::int64_t> extents;
  std::set<Layout> layouts, writable;
  for (int i = 0; i < 2000; ++i) {
    extents.insert(generator.extent());
    EXPECT_GT(generator.positive_extent(), 0);
    layouts.insert(generator.layout());
    writable.insert(generator.writable_layout());
  }
  for (const std::int64_t extent : {0, 1, 2, 7, 8, 9, 15, 16, 17}) EXPECT_TRUE(extents.count(extent)) << extent;
  EXPECT_EQ(layouts.size(), 5u);
  EXPECT_EQ(writable.size(), 4u);
  EXPECT_EQ(writable.count(Layout::repeated), 0u);
}

TEST(Generator, shapes_are_small_and_sometimes_empty) {
  Generator generator(6);
  int empty = 0;
  for (int i = 0; i < 1000; ++i) {
    const Shape shape = generator.shape(i % (kMaxRank + 1));
    EXPECT_EQ(shape.rank(), i % (kMaxRank + 1));
    EXPECT_LE(shape.elements(), 4000);
    empty += shape.elements() == 0 ? 1 : 0;
  }
  EXPECT_GT(empty, 10);
  EXPECT_LT(empty, 300);
}

TEST(Generator, inputs_stay_in_their_range) {
  Generator generator(7);
  for (int i = 0; i < 50; ++i)
    for (const double value : generator.input("x", generator.shape(2), 2, 3).values().values) {
      EXPECT_GE(value, 2);
      EXPECT_LE(value, 3);
    }
}

// NumPy's rule, written once more: aligned at the last dimensions, each extent equals the target's or is 1.
TEST(Generator, broadcastable_shapes_broadcast) {
  Generator generator(8);
  std::map<std::string, int> seen;
  for (int i = 0; i < 1000; ++i) {
    const Shape target = generator.shape(i % 5);
    const Shape shape = generator.broadcastable_to(target);
    ASSERT_LE(shape.rank(), target.rank());
    const int missing = target.rank() - shape.rank();
    for (int d = 0; d < shape.rank(); ++d) {
      EXPECT_TRUE(shape[d] == 1 || shape[d] == target[d + missing]) << to_string(shape) << " to " << to_string(target);
      if (shape[d] != target[d + missing]) ++seen["stretched"];
    }
    if (missing > 0) ++seen["shorter"];
    if (shape == target) ++seen["same"];
  }
  for (const char* kind : {"stretched", "shorter", "same"}) EXPECT_GT(seen[kind], 50) << kind;
}

TEST(Generator, describes_every_operand) {
  Generator generator(9);
  generator.input("a", {2, 3}, Layout::transposed);
  generator.note("axis = -1");
  EXPECT_EQ(generator.describe(), "  a: shape (2, 3), strides (1, 2), transposed\n  axis = -1\n");
}

}  // namespace
}  // namespace kiln::testing
