// Points and verdicts: what each kind of failure stands for, how shares add up, what a violation costs, and that a
// fault of the judge's own never turns into a student's zero.
#include "grader/judge/score.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kiln::grader {
namespace {

constexpr double kVisible = 4, kHidden = 2;

TestOutcome passed(const std::string& name) { return {"matmul." + name, true, "", ""}; }
TestOutcome failed(const std::string& name, const std::string& kind, const std::string& message = "words") {
  return {"matmul." + name, false, kind, message};
}

TestReport tests(std::vector<TestOutcome> outcomes) {
  TestReport report;
  report.tests = std::move(outcomes);
  return report;
}

/// An exercise of 4 + 2 points for tests and two speed cases of 2 points each.
Exercise timed_exercise() {
  Exercise exercise;
  exercise.id = "matmul";
  exercise.points = {kVisible, kHidden};
  exercise.speed = {{.name = "square", .steps = {{0.4, 1}, {0.8, 2}}}, {.name = "tall", .steps = {{0.4, 1}, {0.8, 2}}}};
  return exercise;
}

SpeedResult measured(const std::string& name, double ratio, double points) {
  SpeedResult speed;
  speed.name = name;
  speed.ratio = speed.low = speed.high = ratio;
  speed.points = points;
  speed.max = 2;
  return speed;
}

TestReport speeds(std::vector<SpeedResult> results) {
  TestReport report;
  report.speed = std::move(results);
  return report;
}

/// What two runs of tests, visible and hidden, amount to.
ExerciseResult judged(const TestReport& visible, const TestReport& hidden) {
  ExerciseResult result;
  add_tests(result, visible, kVisible, false);
  if (result.detail.empty()) add_tests(result, hidden, kHidden, true);
  settle_tests(result);
  return result;
}

ExerciseResult all_right() { return judged(tests({passed("a"), passed("b")}), tests({passed("a"), passed("c")})); }

TEST(verdict_of_kind, names_every_kind) {
  const std::pair<const char*, Verdict> kinds[] = {{"stub", Verdict::not_attempted},
                                                   {"missing", Verdict::not_attempted},
                                                   {"crash", Verdict::crash},
                                                   {"exited", Verdict::crash},
                                                   {"timeout", Verdict::timeout},
                                                   {"memory", Verdict::memory},
                                                   {"violation", Verdict::violation},
                                                   {"protocol", Verdict::violation},
                                                   {"judge", Verdict::judge_error},
                                                   {"fail", Verdict::fail},
                                                   {"exception", Verdict::fail},
                                                   {"invalid_argument", Verdict::fail},
                                                   {"", Verdict::fail}};
  for (const auto& [kind, verdict] : kinds) EXPECT_EQ(to_string(verdict_of_kind(kind)), to_string(verdict)) << kind;
}

TEST(settle_tests, full_marks) {
  const ExerciseResult result = all_right();
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_DOUBLE_EQ(result.points, 6);
  EXPECT_EQ(result.passed, 4);
  EXPECT_EQ(result.failed, 0);
  EXPECT_TRUE(result.failures.empty());
}

// Visible and hidden points are shares of their own tests, not of all tests together.
TEST(settle_tests, shares_are_counted_apart) {
  const ExerciseResult result =
      judged(tests({passed("a"), passed("b"), passed("c"), failed("d", "fail")}),
             tests({passed("e"), failed("f", "fail"), failed("g", "fail"), failed("h", "fail"), failed("i", "fail")}));
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_DOUBLE_EQ(result.points, 4 * 3.0 / 4 + 2 * 1.0 / 5);
  EXPECT_EQ(result.passed, 4);
  EXPECT_EQ(result.failed, 5);
}

TEST(settle_tests, failures_keep_their_words_and_know_whether_they_are_hidden) {
  const ExerciseResult result = judged(tests({passed("a"), failed("b", "", "expected 3, got 4")}),
                                       tests({passed("a"), failed("c", "crash", "wrote past the end")}));
  ASSERT_EQ(result.failures.size(), 2u);
  EXPECT_EQ(result.failures[0].name, "matmul.b");
  EXPECT_EQ(result.failures[0].kind, "fail");
  EXPECT_EQ(result.failures[0].message, "expected 3, got 4");
  EXPECT_FALSE(result.failures[0].hidden);
  EXPECT_TRUE(result.failures[1].hidden);
  EXPECT_EQ(result.failures[1].kind, "crash");
}

// The most serious failure gives the verdict, wherever it stands among the tests.
TEST(settle_tests, most_serious_failure_decides) {
  for (const bool crash_first : {true, false}) {
    const TestOutcome wrong = failed("a", "fail"), crash = failed("b", "crash");
    const auto outcomes = crash_first ? std::vector{crash, wrong} : std::vector{wrong, crash};
    EXPECT_EQ(judged(tests(outcomes), tests({passed("c")})).verdict, Verdict::crash);
  }
  EXPECT_EQ(judged(tests({passed("a")}), tests({failed("b", "timeout")})).verdict, Verdict::timeout);
  EXPECT_EQ(judged(tests({failed("a", "memory")}), tests({failed("b", "fail")})).verdict, Verdict::memory);
}

TEST(settle_tests, a_violation_loses_all_points) {
  for (const char* kind : {"violation", "protocol"}) {
    const ExerciseResult result =
        judged(tests({passed("a"), passed("b"), passed("c")}), tests({passed("d"), failed("e", kind)}));
    EXPECT_EQ(result.verdict, Verdict::violation) << kind;
    EXPECT_EQ(result.points, 0) << kind;
    EXPECT_EQ(result.passed, 4) << kind;
  }
}

TEST(settle_tests, an_untouched_exercise_is_not_attempted) {
  const ExerciseResult result = judged(tests({failed("a", "stub", "matmul is not written yet"), failed("b", "stub")}),
                                       tests({failed("c", "missing")}));
  EXPECT_EQ(result.verdict, Verdict::not_attempted);
  EXPECT_EQ(result.points, 0);
  EXPECT_EQ(result.detail, "matmul is not written yet");
  EXPECT_TRUE(result.failures.empty());
}

// matmul written, batched_matmul not: somebody began, so the exercise failed, and the half counts.
TEST(settle_tests, a_half_written_exercise_fails_and_keeps_its_half) {
  const ExerciseResult result =
      judged(tests({passed("a"), failed("b", "stub")}), tests({passed("c"), failed("d", "missing")}));
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_DOUBLE_EQ(result.points, 3);
  EXPECT_EQ(result.failures.size(), 2u);
}

TEST(settle_tests, a_wrong_half_beside_an_unwritten_one_fails) {
  const ExerciseResult result = judged(tests({failed("a", "fail"), failed("b", "stub")}), tests({failed("c", "stub")}));
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.failures.size(), 3u);
}

TEST(settle_tests, a_judge_without_a_report_is_an_error_of_the_judge) {
  TestReport nothing;
  nothing.judge_problem = "the test program left no report";
  for (const bool hidden_fails : {false, true}) {
    const ExerciseResult result =
        hidden_fails ? judged(tests({passed("a"), passed("b")}), nothing) : judged(nothing, tests({passed("a")}));
    EXPECT_EQ(result.verdict, Verdict::judge_error);
    EXPECT_EQ(result.detail, "the test program left no report");
  }
}

TEST(settle_tests, no_tests_at_all_are_an_error_of_the_judge) {
  const ExerciseResult visible = judged(tests({}), tests({passed("a")}));
  EXPECT_EQ(visible.verdict, Verdict::judge_error);
  EXPECT_EQ(visible.detail, kNoTest);
  // A hidden share that no test stands for must not vanish either.
  const ExerciseResult hidden = judged(tests({passed("a")}), tests({}));
  EXPECT_EQ(hidden.verdict, Verdict::judge_error);
  EXPECT_EQ(hidden.detail, kNoTest);
}

TEST(settle_tests, an_extension_without_points_needs_tests_too) {
  ExerciseResult result;
  add_tests(result, tests({}), 0, false);
  settle_tests(result);
  EXPECT_EQ(result.verdict, Verdict::judge_error);
  EXPECT_EQ(result.detail, kNoTest);
}

// One test that the judge could not carry out outweighs whatever the others found, a violation too.
TEST(settle_tests, a_judge_problem_inside_a_test_is_an_error_of_the_judge) {
  const ExerciseResult result =
      judged(tests({passed("a"), failed("b", "violation"), failed("c", "judge", "no memory")}), tests({passed("d")}));
  EXPECT_EQ(result.verdict, Verdict::judge_error);
  EXPECT_EQ(result.detail, "no memory");
}

TEST(add_speed, full_speed_is_full_marks) {
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), speeds({measured("square", 1.02, 2), measured("tall", 0.93, 2)}));
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_DOUBLE_EQ(result.points, 10);
}

TEST(add_speed, below_the_last_step_is_slow) {
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), speeds({measured("square", 0.5, 1), measured("tall", 1, 2)}));
  EXPECT_EQ(result.verdict, Verdict::slow);
  EXPECT_DOUBLE_EQ(result.points, 9);
  ExerciseResult slowest = all_right();
  add_speed(slowest, timed_exercise(), speeds({measured("square", 0.1, 0), measured("tall", 0.2, 0)}));
  EXPECT_EQ(slowest.verdict, Verdict::slow);
  EXPECT_DOUBLE_EQ(slowest.points, 6);
}

TEST(add_speed, an_unmeasured_case_is_an_error_of_the_judge) {
  SpeedResult noisy = measured("tall", 0, 0);
  noisy.measured = false;
  noisy.note = "the machine was too busy";
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), speeds({measured("square", 1, 2), noisy}));
  EXPECT_EQ(result.verdict, Verdict::judge_error);
  EXPECT_NE(result.detail.find("tall"), std::string::npos) << result.detail;
  EXPECT_NE(result.detail.find("the machine was too busy"), std::string::npos) << result.detail;
}

TEST(add_speed, a_case_left_out_is_an_error_of_the_judge) {
  for (const double ratio : {1.0, 0.5}) {
    ExerciseResult result = all_right();
    add_speed(result, timed_exercise(), speeds({measured("square", ratio, ratio == 1.0 ? 2 : 1)}));
    EXPECT_EQ(result.verdict, Verdict::judge_error) << ratio;
  }
}

TEST(add_speed, no_report_is_an_error_of_the_judge) {
  TestReport nothing;
  nothing.judge_problem = "the test program was killed";
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), nothing);
  EXPECT_EQ(result.verdict, Verdict::judge_error);
  EXPECT_EQ(result.detail, "the test program was killed");
}

// A kernel that is right while it is tested and wrong while it is timed gets no point for speed, of any case.
TEST(add_speed, a_wrong_timed_output_fails) {
  TestReport report = speeds({measured("square", 3, 2), measured("tall", 0, 0)});
  report.speed_kind = "fail";
  report.speed_problem = "tall: element 5 is 0, expected 2.5";
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), report);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_DOUBLE_EQ(result.points, 6);
  ASSERT_EQ(result.failures.size(), 1u);
  EXPECT_EQ(result.failures[0].message, "tall: element 5 is 0, expected 2.5");
  EXPECT_EQ(result.failed, 1);
  for (const SpeedResult& speed : result.speed) EXPECT_EQ(speed.points, 0) << speed.name;
}

TEST(add_speed, deaths_while_timed_have_their_verdicts) {
  for (const auto& [kind, verdict] : {std::pair{"timeout", Verdict::timeout}, std::pair{"crash", Verdict::crash},
                                      std::pair{"memory", Verdict::memory}}) {
    TestReport report = speeds({measured("square", 0, 0)});
    report.speed_kind = kind;
    ExerciseResult result = all_right();
    add_speed(result, timed_exercise(), report);
    EXPECT_EQ(result.verdict, verdict) << kind;
    EXPECT_DOUBLE_EQ(result.points, 6) << kind;
  }
}

TEST(add_speed, words_of_a_timed_kernel_are_a_secret_under_a_secret_seed) {
  for (const bool hidden : {false, true}) {
    ExerciseResult result = all_right();
    TestReport report = speeds({measured("square", 1, 2)});
    report.speed_kind = "invalid_argument";
    report.speed_problem = report.speed[0].note = "timed with 0.123";
    add_speed(result, timed_exercise(), report, hidden);
    EXPECT_EQ(result.failures.at(0).hidden, hidden);
    EXPECT_EQ(result.failures.at(0).message, "timed with 0.123");
    EXPECT_EQ(result.speed.at(0).note == "timed with 0.123", !hidden);
  }
}

TEST(add_speed, a_violation_while_timed_loses_all_points) {
  TestReport report = speeds({measured("square", 0, 0)});
  report.speed_kind = "violation";
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), report);
  EXPECT_EQ(result.verdict, Verdict::violation);
  EXPECT_EQ(result.points, 0);
}

TEST(add_speed, a_judge_problem_while_timed_is_an_error_of_the_judge) {
  TestReport report = speeds({measured("square", 0, 0)});
  report.speed_kind = "judge";
  report.speed_problem = "the reference's worker died";
  ExerciseResult result = all_right();
  add_speed(result, timed_exercise(), report);
  EXPECT_EQ(result.verdict, Verdict::judge_error);
  EXPECT_EQ(result.detail, "the reference's worker died");
}

}  // namespace
}  // namespace kiln::grader
