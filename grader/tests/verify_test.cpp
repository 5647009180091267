// What may enter the book, and what may not: each test is a result that somebody, or a bug, has improved.
#include "grader/book/verify.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace kiln::grader {
namespace {

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    Exercise exercise;
    exercise.id = "matmul";
    exercise.points = {4, 2};
    exercise.speed.push_back({"square", {{0.2, 2}, {0.7, 4}}, false, ""});
    module_.id = "01_tensor";
    module_.exercises = {exercise};

    ExerciseResult& right = result_.exercises.emplace_back();
    right.id = "matmul";
    right.verdict = Verdict::pass;
    right.points = right.max = 10;
    right.passed = 5;
    SpeedResult speed;
    speed.name = "square";
    speed.samples = {0.8, 0.9, 1.0};
    speed.ratio = 0.9;
    speed.low = 0.85;
    speed.high = 0.95;
    speed.points = speed.max = 4;
    right.speed = {speed};
    result_.id = "01_tensor";
  }

  ExerciseResult& matmul() { return result_.exercises[0]; }
  void refuses(const std::string& words) {
    const std::string why = why_not_verified(result_, module_);
    EXPECT_NE(why.find(words), std::string::npos) << "said: " << why;
  }

  Module module_;
  ModuleResult result_;
};

TEST_F(Verify, AWholeResultEnters) { EXPECT_EQ(why_not_verified(result_, module_), ""); }

TEST_F(Verify, TheJudgesOwnFaultNever) {
  matmul().verdict = Verdict::judge_error;
  refuses("the judge failed");
}
TEST_F(Verify, AnotherModule) {
  result_.id = "02_other";
  refuses("02_other");
}
TEST_F(Verify, AnExerciseTooFew) {
  result_.exercises.clear();
  refuses("0 exercises");
}
TEST_F(Verify, AnotherMaximum) {
  matmul().max = 12;
  refuses("maximum");
}
TEST_F(Verify, MorePointsThanThereAre) {
  matmul().points = 11;
  refuses("11 points");
}
TEST_F(Verify, PointsThatAreNoNumber) {
  matmul().points = std::numeric_limits<double>::quiet_NaN();
  refuses("points");
}
TEST_F(Verify, ARatioThatItsSamplesDoNotHave) {
  matmul().speed[0].ratio = 0.95;
  refuses("median");
}
TEST_F(Verify, SpeedWithoutSamples) {
  matmul().speed[0].samples.clear();
  refuses("no samples");
}
TEST_F(Verify, AStepThatTheRatioDoesNotReach) {
  matmul().speed[0].samples = {0.3, 0.3, 0.3};
  matmul().speed[0].ratio = 0.3;
  matmul().speed[0].high = 0.35;
  refuses("no more than 2");
}
TEST_F(Verify, TheHigherStepWhereTheIntervalStraddlesIt) {
  matmul().speed[0].samples = {0.69, 0.69, 0.69};
  matmul().speed[0].ratio = 0.69;
  matmul().speed[0].high = 0.71;
  EXPECT_EQ(why_not_verified(result_, module_), "");
}
TEST_F(Verify, SpeedBesideAFailedTest) {
  matmul().verdict = Verdict::fail;
  matmul().failed = 1;
  refuses("although a test failed");
}
TEST_F(Verify, PointsOfTestsThatDidNotPass) {
  matmul().passed = 0;
  matmul().verdict = Verdict::slow;
  refuses("carry no more than");
}
TEST_F(Verify, APassWithoutAllPoints) {
  matmul().points = 8;
  refuses("passed with 8 points of 10");
}
TEST_F(Verify, AnUnknownSpeedCase) {
  matmul().speed[0].name = "round";
  refuses("round");
}

}  // namespace
}  // namespace kiln::grader
