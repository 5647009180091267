// What a milestone draws: loss curve, progress line and confusion matrix.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "milestone/confusion.hpp"
#include "milestone/curve.hpp"
#include "milestone/progress.hpp"

namespace kiln::milestone {
namespace {

TEST(Curve, FallsFromTheTopToTheBottom) {
  EXPECT_EQ(draw_curve({4, 2, 0}, 60, 3),
            "        4 |*\n"
            "          | *\n"
            "        0 |  *\n"
            "          +---\n");
}

TEST(Curve, AveragesWhatDoesNotFit) {
  EXPECT_EQ(draw_curve({8, 0, 0, 0}, 2, 3),
            "        4 |*\n"
            "          |\n"
            "        0 | *\n"
            "          +--\n");
}

TEST(Curve, MarksWhatIsNoNumber) {
  EXPECT_EQ(draw_curve({1, std::numeric_limits<double>::quiet_NaN()}, 60, 2),
            "        1 |*!\n"
            "        0 |\n"
            "          +--\n");
  EXPECT_EQ(draw_curve({}), "");
}

TEST(Confusion, RowsAreTheTruth) {
  EXPECT_EQ(draw_confusion({"0", "1"}, std::vector<std::int64_t>{10, 0, 3, 123}),
            "truth | said\n"
            "      |   0   1\n"
            "------+--------\n"
            "0     |  10   .\n"
            "1     |   3 123\n");
}

TEST(Confusion, NamesStandBesideTheNumbers) {
  EXPECT_EQ(draw_confusion({"Shirt", "Bag"}, std::vector<std::int64_t>{1, 2, 0, 4}),
            "truth   | said\n"
            "        | 0 1\n"
            "--------+----\n"
            "0 Shirt | 1 2\n"
            "1 Bag   | . 4\n");
}

TEST(ProgressLine, TellsEpochBarLossAndWhatIsLeft) {
  const Moment half{.epoch = 2, .epochs = 4, .batch = 5, .batches = 5, .loss = 0.25};
  EXPECT_EQ(draw_progress(half, 0.5, 10), "epoch 2 of 4  [##########----------]  loss 0.25  10 s, about 10 s left");
  EXPECT_EQ(draw_progress(half, 0.25, 100),
            "epoch 2 of 4  [##########----------]  loss 0.25  1 min 40 s, about 5 min 00 s left");
  EXPECT_EQ(draw_progress({.epoch = 1, .epochs = 4, .batch = 0, .batches = 5, .loss = 1}, 0, 0),
            "epoch 1 of 4  [--------------------]  loss 1  0 s");
}

}  // namespace
}  // namespace kiln::milestone
