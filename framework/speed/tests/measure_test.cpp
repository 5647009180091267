// measure() with real workers: variants of one kernel that are equal, slower, wrong, dying, endless or dishonest.
// A machine may be busy, so no bound on a ratio is tighter than a factor of 2.
#include "speed/measure.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "tests/throws.hpp"
#include "worker/tests/probe.hpp"

namespace kiln::speed {

namespace {

using worker::Session;

testing::Expected smoothed(ConstView in, View) {
  testing::Expected expected{testing::Array64(in.shape), testing::Array64(in.shape, 2.0), 200};
  for (std::int64_t i = 0; i < in.size(); ++i) expected.value.values[static_cast<std::size_t>(i)] = 2.0 * in(i);
  return expected;
}

SpeedCase smooth_case(const char* name, std::int64_t size) {
  return speed_case<&ProbeSlots::smooth>(
      name, [=](SpeedArguments& s) { return std::tuple<ConstView, View>(s.input({size}), s.output({size})); },
      smoothed);
}

const SpeedCase small = smooth_case("smooth.small", 64);
const SpeedCase large = smooth_case("smooth.large", 16384);

/// b += a, in place: the oracle must see b as it was.
const SpeedCase in_place = speed_case<&ProbeSlots::add>(
    "add.in_place",
    [](SpeedArguments& s) {
      const View a = s.input({64}), b = s.in_out({64});
      return std::tuple<ConstView, ConstView, View>(a, b, b);
    },
    [](ConstView a, ConstView b, View) {
      testing::Expected expected{testing::Array64(a.shape), testing::Array64(a.shape, 2.0), 1};
      for (std::int64_t i = 0; i < a.size(); ++i)
        expected.value.values[static_cast<std::size_t>(i)] = static_cast<double>(a(i)) + b(i);
      return expected;
    });

/// Whole numbers, judged in words.
const SpeedCase in_words = speed_case<&ProbeSlots::double_labels>(
    "double_labels.in_words",
    [](SpeedArguments& s) {
      const auto labels = s.labels(500, 10);
      const auto numbers = s.numbers(500, [](std::span<std::int64_t> fresh, Random& random) {
        for (std::int64_t& number : fresh) number = static_cast<std::int64_t>(random.below(1000));
      });
      return std::tuple<std::span<const std::int32_t>, std::span<const std::int64_t>, std::span<std::int64_t>>(
          labels, numbers, s.numbers_out(500));
    },
    [](std::span<const std::int32_t> labels, std::span<const std::int64_t> numbers, std::span<std::int64_t> out) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (labels[i] < 0 || labels[i] >= 10) return "label " + std::to_string(labels[i]);
        if (out[i] != 2 * labels[i] + numbers[i])
          return "number " + std::to_string(i) + " is " + std::to_string(out[i]);
      }
      return std::string();
    });

worker::SessionOptions hosting(const std::string& implementation) {
  worker::SessionOptions options;
  options.launch.worker = KILN_PROBE_WORKER;
  options.launch.arguments = {"--implementation", implementation};
  return options;
}

class Measure : public ::testing::Test {
 protected:
  MeasureOptions how{.restart_seconds = 0.02, .least_restarts = 3, .most_restarts = 10};

  /// `implementation` against the honest kernel.
  Measurement measured(const std::string& implementation, const SpeedCase& speed_case = small,
                       const std::string& against = "steady") {
    worker::SessionOptions options = hosting(implementation);
    if (implementation == "endless") options.time_limit = std::chrono::milliseconds(100);
    Session student(worker::family_of<ProbeSlots>(), options);
    Session reference(worker::family_of<ProbeSlots>(), hosting(against));
    const Measurement result = measure(speed_case, student, reference, how);
    // Each restart of a measurement is one of both workers, and one more of the reference chose the number of sets.
    EXPECT_EQ(student.starts(), static_cast<int>(result.samples.restarts().size()));
    EXPECT_EQ(reference.starts(), student.starts() + 1);
    return result;
  }
};

void expect_right(const Measurement& result) {
  EXPECT_FALSE(result.wrong) << result.note;
  EXPECT_FALSE(result.failure.has_value()) << result.note;
}

/// Of all rounds, also of those that a busy machine makes worthless for a verdict.
double rough_ratio(const Measurement& result) { return median(result.samples.pooled_ratios(Clock::cpu)); }

/// The verdict on a student whose timed outputs are wrong.
void expect_wrong(const Measurement& result, const std::string& words) {
  EXPECT_TRUE(result.wrong);
  EXPECT_FALSE(result.failure.has_value());
  EXPECT_FALSE(result.measured);
  EXPECT_NE(result.note.find(words), std::string::npos) << result.note;
}

void expect_failure(const Measurement& result, ErrorKind kind, const std::string& words) {
  ASSERT_TRUE(result.failure.has_value()) << result.note;
  EXPECT_EQ(to_string(*result.failure), to_string(kind));
  EXPECT_FALSE(result.wrong);
  EXPECT_FALSE(result.measured);
  EXPECT_NE(result.note.find(words), std::string::npos) << result.note;
}

TEST_F(Measure, the_same_kernel_is_as_fast_as_the_reference) {
  how.steps = {{0.1, 1}, {0.2, 3}};
  const Measurement result = measured("same");
  expect_right(result);
  EXPECT_GT(rough_ratio(result), 0.5);
  EXPECT_LT(rough_ratio(result), 2.0);
  if (!result.measured) GTEST_SKIP() << result.note;
  EXPECT_LE(result.interval.low, result.interval.median);
  EXPECT_GE(result.interval.high, result.interval.median);
  EXPECT_EQ(result.decision.points, 3);
  EXPECT_TRUE(result.decision.settled);
  EXPECT_GT(result.student_seconds, 0);
  EXPECT_GT(result.reference_seconds, 0);
}

TEST_F(Measure, four_times_the_work_is_clearly_slower) {
  how.steps = {{0.6, 2}};
  const Measurement result = measured("slower");
  expect_right(result);
  EXPECT_LT(rough_ratio(result), 0.5);
  EXPECT_GT(rough_ratio(result), 0.125);
  if (!result.measured) GTEST_SKIP() << result.note;
  EXPECT_EQ(result.decision.points, 0);
  EXPECT_GT(result.student_seconds, 2 * result.reference_seconds);
}

TEST_F(Measure, wall_time_measures_as_well) {
  how.clock = Clock::wall;
  const Measurement result = measured("same");
  expect_right(result);
  for (const auto& rounds : result.samples.restarts())
    for (const Round& round : rounds)
      for (const Timing& timing : round.student) EXPECT_GT(timing.wall_seconds, 0);
}

TEST_F(Measure, every_timed_output_is_looked_at) {
  expect_wrong(measured("late"), "smooth.small: a timed output is wrong: element 0 is nan, expected");
  expect_wrong(measured("last"), "a timed output is wrong: element 63 is");
}

TEST_F(Measure, whole_numbers_are_judged_in_words) {
  const Measurement right = measured("same", in_words);
  expect_right(right);
  EXPECT_FALSE(right.samples.empty());
  expect_wrong(measured("late", in_words), "a timed output is wrong: number 0 is -1");
  // The judge's own trouble, not the student's.
  Session student(worker::family_of<ProbeSlots>(), hosting("same"));
  Session reference(worker::family_of<ProbeSlots>(), hosting("late"));
  EXPECT_ERROR(measure(in_words, student, reference, how), judge, "the reference is wrong: number 0 is -1");
}

TEST_F(Measure, inputs_are_fresh_whatever_their_address) {
  expect_wrong(measured("remembering"), "a timed output is wrong");
}

// While a slow reference is timed its outputs get ready: then only the clock tells. On a busy machine they come too
// late now and then.
TEST_F(Measure, work_between_the_calls_is_seen) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    const Measurement result = measured("early", small, "slower");
    EXPECT_FALSE(result.measured) << rough_ratio(result);
    if (!result.wrong) return expect_failure(result, ErrorKind::violation, "between its timed calls");
  }
  GTEST_SKIP() << "never done before it was looked at";
}

TEST_F(Measure, what_a_kernel_updates_in_place_is_judged_by_what_it_was) {
  const Measurement result = measured("probe", in_place, "probe");
  expect_right(result);
  EXPECT_FALSE(result.samples.empty());
}

TEST_F(Measure, a_student_that_fails_while_it_is_timed) {
  expect_failure(measured("crashing"), ErrorKind::crash, "smooth wrote through a null pointer");
  expect_failure(measured("refusing"), ErrorKind::invalid_argument, "refused");
  expect_failure(measured("endless"), ErrorKind::timeout, "did not return");
  expect_failure(measured("probe"), ErrorKind::missing, "smooth has no definition");
}

TEST_F(Measure, a_reference_that_fails_is_the_judges_trouble) {
  for (const char* implementation : {"refusing", "crashing", "probe"}) {
    Session student(worker::family_of<ProbeSlots>(), hosting("same"));
    Session reference(worker::family_of<ProbeSlots>(), hosting(implementation));
    EXPECT_ERROR(measure(small, student, reference, how), judge, "smooth.small: ");
  }
}

TEST_F(Measure, a_student_that_cannot_be_started_is_the_judges_trouble) {
  worker::SessionOptions options = hosting("same");
  options.launch.worker = "/bin/true";
  Session student(worker::family_of<ProbeSlots>(), options);
  Session reference(worker::family_of<ProbeSlots>(), hosting("steady"));
  EXPECT_ERROR(measure(small, student, reference, how), judge, "could not be started");
}

TEST_F(Measure, short_kernels_are_batched_and_long_ones_are_not) {
  const int sets = measured("same").sets;
  EXPECT_GT(sets, 1);
  EXPECT_LE(sets, 64);
  EXPECT_EQ(measured("same", large).sets, 1);
}

TEST_F(Measure, the_books_are_kept) {
  const Measurement result = measured("same");
  const auto restarts = static_cast<int>(result.samples.restarts().size());
  EXPECT_GE(restarts, how.least_restarts);
  EXPECT_LE(restarts, how.most_restarts);
  for (const auto& rounds : result.samples.restarts()) {
    EXPECT_GE(rounds.size(), 5u);
    EXPECT_LE(rounds.size(), 40u);
  }
  if (result.measured) return;
  EXPECT_EQ(restarts, how.most_restarts);
  EXPECT_NE(result.note, "");
}

TEST(SpeedCases, are_listed_in_the_order_of_their_definition) {
  std::vector<std::string> names;
  for (const SpeedCase* speed_case : speed_cases()) names.push_back(speed_case->name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"smooth.small", "smooth.large", "add.in_place", "double_labels.in_words"}));
}

// A kernel that has seen many inputs, or knows how they were drawn once, recognises nothing.
TEST(SpeedArguments, no_stretch_of_numbers_comes_again) {
  Session session(worker::family_of<ProbeSlots>(), hosting("same"));
  SpeedArguments arguments(session, 1);
  const View a = arguments.input({4096});
  std::set<std::pair<float, float>> seen;
  std::size_t repeated = 0;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    arguments.refill(Random(seed));
    for (int i = 0; i + 1 < 4096; ++i) repeated += !seen.insert({a.data[i], a.data[i + 1]}).second;
  }
  EXPECT_LT(repeated, 10u);
  // Uniform: a quarter in each quarter, both ends come near, and the mean is that of the bounds.
  std::array<int, 4> quarters{};
  for (const auto& [value, next] : seen) ++quarters.at(static_cast<std::size_t>(2 * (value + 1)));
  for (const int count : quarters) EXPECT_NEAR(count, 64 * 4095 / 4.0, 1500);
  EXPECT_LT(seen.begin()->first, -0.9999f);
  EXPECT_GT(seen.rbegin()->first, 0.9999f);
}

// Both sides draw the same, and each refill draws anew; what is written starts as NaN.
TEST(SpeedArguments, are_the_same_for_the_same_seed) {
  Session one(worker::family_of<ProbeSlots>(), hosting("same")),
      other(worker::family_of<ProbeSlots>(), hosting("same"));
  SpeedArguments ours(one, 1), theirs(other, 1);
  const View a = ours.input({100}, 2, 3), b = theirs.input({100}, 2, 3), out = ours.output({3});
  ours.refill(Random(5));
  theirs.refill(Random(5));
  const std::vector<float> first(a.data, a.data + 100);
  EXPECT_EQ(first, std::vector<float>(b.data, b.data + 100));
  EXPECT_EQ(ours.random().next_u64(), theirs.random().next_u64());
  for (const float value : first) EXPECT_TRUE(value >= 2 && value <= 3) << value;
  for (int i = 0; i < 3; ++i) EXPECT_NE(out.data[i], out.data[i]);
  ours.refill(Random(6));
  EXPECT_NE(first, std::vector<float>(a.data, a.data + 100));
}

}  // namespace
}  // namespace kiln::speed
