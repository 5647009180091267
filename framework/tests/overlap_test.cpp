// overlap and same_view: stretches of memory, whatever the strides.
#include "kiln/overlap.hpp"

#include <gtest/gtest.h>

namespace kiln {
namespace {

float memory[64];

View at(std::int64_t first, const Shape& shape, const Strides& strides) { return {memory + first, shape, strides}; }

TEST(Overlap, neighbours_do_not_overlap) {
  EXPECT_FALSE(overlap(at(0, {8}, {1}), at(8, {8}, {1})));
  EXPECT_FALSE(overlap(at(8, {8}, {1}), at(0, {8}, {1})));
  EXPECT_TRUE(overlap(at(0, {8}, {1}), at(7, {8}, {1}))) << "one element in common";
  EXPECT_TRUE(overlap(at(7, {8}, {1}), at(0, {8}, {1})));
  EXPECT_TRUE(overlap(at(0, {8}, {1}), at(0, {8}, {1})));
}

TEST(Overlap, strides_reach_further) {
  EXPECT_TRUE(overlap(at(0, {2, 2}, {10, 1}), at(11, {1}, {1}))) << "the last element";
  EXPECT_TRUE(overlap(at(0, {2, 2}, {10, 1}), at(5, {1}, {1}))) << "a gap between rows";
  EXPECT_FALSE(overlap(at(0, {2, 2}, {10, 1}), at(12, {1}, {1})));
  EXPECT_TRUE(overlap(at(20, {3}, {-10}), at(0, {1}, {1}))) << "downwards";
  EXPECT_FALSE(overlap(at(20, {3}, {-10}), at(21, {1}, {1})));
  EXPECT_TRUE(overlap(at(30, {2, 3}, {5, -10}), at(35, {1}, {1}))) << "up and down";
  EXPECT_FALSE(overlap(at(30, {2, 3}, {5, -10}), at(36, {1}, {1})));
  EXPECT_FALSE(overlap(at(0, {4, 1}, {0, 99}), at(1, {1}, {1}))) << "a stride of 0, and one that is never taken";
  EXPECT_TRUE(overlap(at(3, {}, {}), at(3, {}, {}))) << "scalars";
}

TEST(Overlap, nothing_overlaps_nothing) {
  EXPECT_FALSE(overlap(at(0, {0}, {1}), at(0, {8}, {1})));
  EXPECT_FALSE(overlap(at(0, {8}, {1}), at(4, {3, 0}, {1, 1})));
  EXPECT_FALSE(overlap(ConstView{nullptr, {0}, {1}}, ConstView{nullptr, {0}, {1}}));
}

TEST(Overlap, same_views_show_the_same_elements) {
  EXPECT_TRUE(same_view(at(0, {2, 3}, {3, 1}), at(0, {2, 3}, {3, 1})));
  EXPECT_TRUE(same_view(at(0, {1, 3}, {3, 1}), at(0, {1, 3}, {99, 1}))) << "the stride of an extent of 1";
  EXPECT_TRUE(same_view(at(0, {2, 0}, {3, 1}), at(9, {2, 0}, {1, 1}))) << "no elements";
  EXPECT_FALSE(same_view(at(0, {2, 3}, {3, 1}), at(0, {2, 3}, {1, 2})));
  EXPECT_FALSE(same_view(at(0, {2, 3}, {3, 1}), at(1, {2, 3}, {3, 1})));
  EXPECT_FALSE(same_view(at(0, {2, 3}, {3, 1}), at(0, {3, 2}, {3, 1})));
  EXPECT_FALSE(same_view(at(0, {2, 3}, {3, 1}), at(0, {6}, {1})));
}

}  // namespace
}  // namespace kiln
