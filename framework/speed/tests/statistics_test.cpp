// Order statistics against hand-worked values; the interval's coverage and the drift rules on synthetic noise.
#include "speed/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kiln/error.hpp"

namespace kiln::speed {
namespace {

using Values = std::vector<double>;

TEST(Statistics, MedianOfOddEvenAndOne) {
  EXPECT_DOUBLE_EQ(median(Values{3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median(Values{4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(median(Values{7}), 7);
}

TEST(Statistics, QuantileInterpolatesAsTypeSeven) {
  const Values values{10, 40, 20, 30};
  EXPECT_DOUBLE_EQ(quantile(values, 0), 10);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 40);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 17.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 37);
}

TEST(Statistics, OrderOfTheCallersValuesStays) {
  const Values values{3, 1, 2};
  (void)median(values);
  EXPECT_EQ(values, (Values{3, 1, 2}));
}

TEST(Statistics, DeviationIgnoresOneOutlier) {
  EXPECT_DOUBLE_EQ(median_absolute_deviation(Values{1, 2, 3, 4, 1000}), 1);
  EXPECT_DOUBLE_EQ(median_absolute_deviation(Values{5, 5, 5}), 0);
}

TEST(Statistics, GeometricMeanOfRatiosAndItsInverseAgree) {
  EXPECT_DOUBLE_EQ(geometric_mean(Values{0.5, 2}), 1);
  EXPECT_NEAR(geometric_mean(Values{1, 8}) * geometric_mean(Values{1, 1.0 / 8}), 1, 1e-15);
}

TEST(Statistics, RefusesWhatHasNoAnswer) {
  const double nan = std::nan("");
  EXPECT_THROW(median(Values{}), Error);
  EXPECT_THROW(median(Values{1, nan, 2}), Error);
  EXPECT_THROW(quantile(Values{1}, 1.5), Error);
  EXPECT_THROW(quantile(Values{1}, nan), Error);
  EXPECT_THROW(geometric_mean(Values{1, 0}), Error);
  EXPECT_THROW(bootstrap_median({}), Error);
  EXPECT_THROW(bootstrap_median({{}, {}}), Error);
  EXPECT_THROW(bootstrap_median({{1, INFINITY}}), Error);
  EXPECT_THROW(bootstrap_median({{1}}, {.resamples = 0}), Error);
  EXPECT_THROW(bootstrap_median({{1}}, {.confidence = 1}), Error);
}

/// Ratios around `truth` with a spread within restarts and one between them.
Groups noise(std::mt19937_64& engine, std::size_t restarts, std::size_t rounds, double truth, double within,
             double between) {
  std::normal_distribution<double> normal;
  Groups groups(restarts);
  for (auto& group : groups) {
    const double centre = truth + between * normal(engine);
    for (std::size_t i = 0; i < rounds; ++i) group.push_back(centre + within * normal(engine));
  }
  return groups;
}

double coverage(std::size_t restarts, double within, double between) {
  std::mt19937_64 engine(20130620);
  const int trials = 300;
  int held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const Interval interval = bootstrap_median(noise(engine, restarts, 15, 0.8, within, between), {.resamples = 300});
    held += interval.low <= 0.8 && 0.8 <= interval.high;
  }
  return static_cast<double>(held) / trials;
}

TEST(Bootstrap, CoversTheTruthWhereRoundsAreNoisy) {
  // A two-level bootstrap is a little wide on pure within-restart noise; far from 95 % means a broken resampling.
  EXPECT_GE(coverage(3, 0.05, 0), 0.92);
  EXPECT_GE(coverage(5, 0.05, 0), 0.92);
}

TEST(Bootstrap, CoversTheTruthWhereRestartsDiffer) {
  // Resampling rounds alone holds the truth in less than half of the cases: it takes all rounds for independent.
  EXPECT_GE(coverage(5, 0.01, 0.03), 0.85);
  EXPECT_GE(coverage(8, 0.01, 0.03), 0.88);
}

TEST(Bootstrap, IsWiderWhereTheSameValuesDifferByRestart) {
  const Groups grouped{{0.90, 0.91, 0.92}, {1.00, 1.01, 1.02}, {1.10, 1.11, 1.12}};
  const Groups mixed{{0.90, 1.00, 1.10}, {0.91, 1.01, 1.11}, {0.92, 1.02, 1.12}};
  const Interval a = bootstrap_median(grouped), b = bootstrap_median(mixed);
  EXPECT_DOUBLE_EQ(a.median, b.median);
  EXPECT_GE(a.high - a.low, b.high - b.low);
  EXPECT_LE(a.low, 0.92) << "a draw of the slowest restart alone happens in 1 of 27 resamples";
}

TEST(Bootstrap, IsTheSameForTheSameSeedAndAnotherForAnother) {
  std::mt19937_64 engine(1);
  const Groups groups = noise(engine, 4, 11, 1, 0.1, 0);
  const Interval a = bootstrap_median(groups, {.resamples = 50, .seed = 7});
  const Interval b = bootstrap_median(groups, {.resamples = 50, .seed = 7});
  const Interval c = bootstrap_median(groups, {.resamples = 50, .seed = 8});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_TRUE(a.low != c.low || a.high != c.high);
}

TEST(Bootstrap, NarrowsWithMoreRounds) {
  std::mt19937_64 engine(3);
  const Interval few = bootstrap_median(noise(engine, 3, 5, 1, 0.1, 0));
  const Interval many = bootstrap_median(noise(engine, 3, 200, 1, 0.1, 0));
  EXPECT_LT(many.high - many.low, (few.high - few.low) / 2);
}

TEST(Bootstrap, TiesAndSinglesGiveAPoint) {
  const Interval ties = bootstrap_median({{0.5, 0.5}, {0.5}, {0.5, 0.5, 0.5}});
  EXPECT_EQ(ties.low, 0.5);
  EXPECT_EQ(ties.high, 0.5);
  const Interval one = bootstrap_median({{0.7}});
  EXPECT_EQ(one.low, 0.7);
  EXPECT_EQ(one.median, 0.7);
  EXPECT_EQ(one.high, 0.7);
}

TEST(Bootstrap, OneRestartIsAnOrdinaryBootstrap) {
  std::mt19937_64 engine(5);
  const Interval interval = bootstrap_median(noise(engine, 1, 40, 1, 0.1, 0));
  EXPECT_LT(interval.low, interval.median);
  EXPECT_LT(interval.median, interval.high);
  EXPECT_NEAR(interval.median, 1, 0.06);
}

TEST(Bootstrap, UnevenRestartsKeepTheMedianInside) {
  Groups groups{Values(50, 1.0), {0.2}, {0.2}, {0.2}, {0.2}, {0.2}, {0.2}};
  const Interval interval = bootstrap_median(groups, {.resamples = 3, .seed = 2});
  EXPECT_LE(interval.low, interval.median);
  EXPECT_LE(interval.median, interval.high);
}

Round round_at(double first, double second, double student = 1) {
  return {{Timing{first, first}, Timing{second, second}}, {Timing{student, student}, Timing{student, student}}};
}

TEST(Drift, WithinARoundLooksAtTheReferenceInBothDirections) {
  EXPECT_FALSE(drifts_within(round_at(1, 1 + 0.9 * kRoundDrift), Clock::cpu));
  EXPECT_TRUE(drifts_within(round_at(1, 1 + 1.1 * kRoundDrift), Clock::cpu));
  EXPECT_TRUE(drifts_within(round_at(1 + 1.1 * kRoundDrift, 1), Clock::cpu));
  // A student whose own time varies is not the machine's drift.
  Round student = round_at(1, 1);
  student.student[1].cpu_seconds = 9;
  EXPECT_FALSE(drifts_within(student, Clock::cpu));
}

std::vector<Round> restart_with(double step, double spread, std::uint64_t seed, int rounds = 20) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<Round> result;
  for (int i = 0; i < rounds; ++i) {
    const double time = (i < rounds / 2 ? 1.0 : 1.0 + step) * (1 + spread * normal(engine));
    result.push_back(round_at(time, time));
  }
  return result;
}

TEST(Drift, BetweenHalvesFindsAStepAndNotNoise) {
  EXPECT_TRUE(drifts_between_halves(restart_with(0.10, 0.01, 1), Clock::cpu));
  EXPECT_TRUE(drifts_between_halves(restart_with(-0.10, 0.01, 1), Clock::wall));
  EXPECT_FALSE(drifts_between_halves(restart_with(0.02, 0.001, 1), Clock::cpu)) << "below kHalvesDrift";
  int false_alarms = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed)
    false_alarms += drifts_between_halves(restart_with(0, 0.08, seed), Clock::cpu);
  EXPECT_LE(false_alarms, 10) << "noise alone must hardly ever look like drift";
}

TEST(Drift, ShortRestartsAreNotJudged) {
  const int rounds = 2 * static_cast<int>(kHalvesMinimum);
  EXPECT_FALSE(drifts_between_halves(restart_with(0.5, 0, 1, rounds - 1), Clock::cpu));
  EXPECT_TRUE(drifts_between_halves(restart_with(0.5, 0, 1, rounds), Clock::cpu));
}

Samples samples_of(const std::vector<std::vector<Round>>& restarts) {
  Samples samples;
  for (const auto& rounds : restarts) {
    samples.begin_restart();
    for (const Round& round : rounds) samples.add(round);
  }
  return samples;
}

TEST(Screen, KeepsASteadyMeasurementWhole) {
  const Screened screened = screen(samples_of({restart_with(0, 0.01, 1), restart_with(0, 0.01, 2)}), Clock::cpu);
  EXPECT_TRUE(screened.usable);
  EXPECT_EQ(screened.kept.rounds(), 40u);
  EXPECT_EQ(screened.note, "");
}

TEST(Screen, ThrowsAwayDriftingRoundsAndSaysSo) {
  auto rounds = restart_with(0, 0, 1, 6);
  rounds[2] = round_at(1, 2);
  const Screened screened = screen(samples_of({rounds}), Clock::cpu);
  EXPECT_TRUE(screened.usable);
  EXPECT_EQ(screened.lost_rounds, 1u);
  EXPECT_EQ(screened.kept.rounds(), 5u);
  EXPECT_NE(screened.note.find("1 of 6 rounds"), std::string::npos) << screened.note;
}

TEST(Screen, ThrowsAwayAWholeRestartWhoseHalvesDisagree) {
  const Screened screened =
      screen(samples_of({restart_with(0, 0.01, 1), restart_with(0.2, 0.01, 2), restart_with(0, 0.01, 3)}), Clock::cpu);
  EXPECT_TRUE(screened.usable);
  EXPECT_EQ(screened.lost_restarts, 1u);
  EXPECT_EQ(screened.kept.restarts().size(), 2u);
}

TEST(Screen, RefusesWhatIsMostlyDriftOrNothing) {
  const Screened drifting = screen(samples_of({{round_at(1, 2), round_at(2, 1), round_at(1, 1)}}), Clock::cpu);
  EXPECT_FALSE(drifting.usable);
  EXPECT_NE(drifting.note.find("measure again"), std::string::npos) << drifting.note;
  EXPECT_FALSE(screen(Samples{}, Clock::cpu).usable);
}

}  // namespace
}  // namespace kiln::speed
