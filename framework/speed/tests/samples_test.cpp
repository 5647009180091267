// Paired timings: ratios, grouping by restart, and refusal of times that cannot be.
#include "speed/samples.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kiln/error.hpp"

namespace kiln::speed {
namespace {

Round round_of(double reference, double student) {
  const Timing r{reference, 2 * reference}, s{student, 3 * student};
  return {{r, r}, {s, s}};
}

TEST(Samples, RatioIsReferenceOverStudent) {
  EXPECT_DOUBLE_EQ(ratio(round_of(1, 4), Clock::cpu), 0.25);
  EXPECT_DOUBLE_EQ(ratio(round_of(1, 4), Clock::wall), 0.25 * 2 / 3);
}

TEST(Samples, LinearDriftCancelsInOneRound) {
  // Reference, student, student, reference on a machine that slows down by the same amount each call.
  const Round round{{Timing{1.0, 1.0}, Timing{1.3, 1.3}}, {Timing{1.1, 1.1}, Timing{1.2, 1.2}}};
  EXPECT_DOUBLE_EQ(ratio(round, Clock::cpu), 1.0);
}

TEST(Samples, GroupsByRestartAndSkipsEmptyOnes) {
  Samples samples;
  samples.begin_restart();
  samples.add(round_of(1, 2));
  samples.begin_restart();
  samples.begin_restart();
  samples.add(round_of(1, 4));
  samples.add(round_of(1, 1));
  EXPECT_EQ(samples.rounds(), 3u);
  EXPECT_EQ(samples.ratios(Clock::cpu), (Groups{{0.5}, {0.25, 1.0}}));
  EXPECT_EQ(samples.pooled_ratios(Clock::cpu), (std::vector<double>{0.5, 0.25, 1.0}));
}

TEST(Samples, MediansOfOneCallByClock) {
  Samples samples;
  samples.begin_restart();
  for (const double student : {5.0, 1.0, 2.0}) samples.add(round_of(1, student));
  EXPECT_DOUBLE_EQ(samples.student_seconds(Clock::cpu), 2.0);
  EXPECT_DOUBLE_EQ(samples.student_seconds(Clock::wall), 6.0);
  EXPECT_DOUBLE_EQ(samples.reference_seconds(Clock::wall), 2.0);
  EXPECT_DOUBLE_EQ(samples.student_wall_over_cpu(), 3.0);
}

TEST(Samples, RefusesTimesThatCannotBe) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, -1.0, std::nan(""), infinity}) {
    Samples samples;
    samples.begin_restart();
    for (int slot = 0; slot < 8; ++slot) {
      Round round = round_of(1, 1);
      Timing& timing = slot < 4 ? round.reference[slot % 2] : round.student[slot % 2];
      (slot % 4 < 2 ? timing.cpu_seconds : timing.wall_seconds) = bad;
      EXPECT_THROW(samples.add(round), Error) << "slot " << slot << ", time " << bad;
    }
    EXPECT_TRUE(samples.empty()) << "a refused round must not stay";
  }
}

TEST(Samples, ErrorSaysWhichSideAndWhatToDo) {
  Samples samples;
  samples.begin_restart();
  Round round = round_of(1, 1);
  round.student[1].cpu_seconds = 0;
  try {
    samples.add(round);
    FAIL() << "a zero time was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("student CPU time"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("measure again"), std::string::npos) << error.what();
  }
}

TEST(Samples, NeedsARestartFirst) {
  Samples samples;
  EXPECT_THROW(samples.add(round_of(1, 1)), Error);
  EXPECT_THROW(samples.student_seconds(Clock::cpu), Error);
}

}  // namespace
}  // namespace kiln::speed
