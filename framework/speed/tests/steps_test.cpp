// The decision rule: reached, missed, straddled, and the benefit of the doubt.
#include "speed/steps.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "kiln/error.hpp"

namespace kiln::speed {
namespace {

const std::vector<Step> kSteps{{0.3, 2}, {0.6, 5}, {0.9, 6}};

Decision at(double low, double middle, double high) {
  return decide({.median = middle, .low = low, .high = high, .confidence = 0.95}, kSteps);
}

TEST(Steps, FarBelowAllNoDriftMatters) {
  EXPECT_TRUE(far_below(std::vector<double>{0.02, 0.14}, kSteps));
  EXPECT_FALSE(far_below(std::vector<double>{0.02, 0.16}, kSteps));
  EXPECT_FALSE(far_below(std::vector<double>{}, kSteps));
  std::vector<double> held_up(20, 0.02);
  held_up[7] = held_up[11] = 0.9;
  EXPECT_TRUE(far_below(held_up, kSteps));
  held_up[3] = 0.9;
  EXPECT_FALSE(far_below(held_up, kSteps)) << "more than one in ten";
  EXPECT_FALSE(far_below(std::vector<double>{0.01}, {}));
}

TEST(Steps, BelowTheFirst) {
  const Decision decision = at(0.1, 0.11, 0.12);
  EXPECT_EQ(decision.points, 0);
  EXPECT_EQ(decision.max, 6);
  EXPECT_TRUE(decision.settled);
  EXPECT_FALSE(decision.reached);
  EXPECT_EQ(decision.next, kSteps[0]);
  EXPECT_FALSE(decision.full());
}

TEST(Steps, BetweenTwo) {
  const Decision decision = at(0.4, 0.45, 0.5);
  EXPECT_EQ(decision.points, 2);
  EXPECT_TRUE(decision.settled);
  EXPECT_EQ(decision.reached, kSteps[0]);
  EXPECT_EQ(decision.next, kSteps[1]);
}

TEST(Steps, AboveTheLastIsFull) {
  const Decision decision = at(1.2, 1.3, 1.4);
  EXPECT_EQ(decision.points, 6);
  EXPECT_TRUE(decision.settled);
  EXPECT_TRUE(decision.full());
}

TEST(Steps, StraddlingGivesTheHigherStepAndIsNotSettled) {
  const Decision decision = at(0.58, 0.59, 0.61);
  EXPECT_FALSE(decision.settled);
  EXPECT_EQ(decision.straddled, kSteps[1]);
  EXPECT_EQ(decision.points, 5) << "the median lies below, the interval reaches it: the student gets the step";
  EXPECT_EQ(decision.next, kSteps[2]);
}

TEST(Steps, StraddlingSeveralNamesTheHighest) {
  const Decision decision = at(0.2, 0.5, 0.95);
  EXPECT_FALSE(decision.settled);
  EXPECT_EQ(decision.straddled, kSteps[2]);
  EXPECT_EQ(decision.points, 6);
}

TEST(Steps, TouchingAStep) {
  EXPECT_TRUE(at(0.6, 0.6, 0.6).settled) << "exactly at the step is reached";
  EXPECT_EQ(at(0.6, 0.6, 0.6).points, 5);
  EXPECT_TRUE(at(0.6, 0.65, 0.7).settled);
  EXPECT_FALSE(at(0.5, 0.55, 0.6).settled) << "the upper end alone reaches it";
}

TEST(Steps, RefusesBadStepsAndIntervals) {
  const Interval interval{.median = 0.5, .low = 0.4, .high = 0.6};
  EXPECT_THROW(decide(interval, {}), Error);
  EXPECT_THROW(decide(interval, std::vector<Step>{{0.6, 1}, {0.3, 2}}), Error);
  EXPECT_THROW(decide(interval, std::vector<Step>{{0.3, 2}, {0.6, 2}}), Error);
  EXPECT_THROW(decide(interval, std::vector<Step>{{0, 2}}), Error);
  EXPECT_THROW(decide(interval, std::vector<Step>{{0.5, std::nan("")}}), Error);
  EXPECT_THROW(at(0.5, 0.4, 0.6), Error);
  EXPECT_THROW(at(0.3, 0.4, std::nan("")), Error);
  EXPECT_THROW(at(0, 0.4, 0.5), Error);
}

TEST(Steps, DescribesWhatWasReachedAndWhatIsNext) {
  const Interval interval{.median = 0.31, .low = 0.305, .high = 0.33};
  EXPECT_EQ(describe(decide(interval, kSteps), interval),
            "0.31 (0.305 to 0.33) reaches 0.3 for 2 of 6 points; the next step is 0.6 for 5");
  const Interval straddles{.median = 0.9, .low = 0.88, .high = 0.93};
  EXPECT_EQ(describe(decide(straddles, kSteps), straddles),
            "0.9 (0.88 to 0.93) reaches 0.9 for 6 of 6 points; the interval straddles the step at 0.9, and the higher "
            "step is given");
}

TEST(Steps, NoiseNeverCostsAStepThatWasEarned) {
  // A kernel 5 % above a step, measured with 10 % noise a round: the step must stand in every measurement.
  std::mt19937_64 engine(11);
  std::normal_distribution<double> normal;
  int lost = 0;
  for (int trial = 0; trial < 100; ++trial) {
    Groups groups(3);
    for (auto& group : groups)
      for (int i = 0; i < 20; ++i) group.push_back(0.63 * (1 + 0.1 * normal(engine)));
    lost += decide(bootstrap_median(groups, {.resamples = 300}), kSteps).points < 5;
  }
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace kiln::speed
