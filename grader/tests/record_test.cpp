// The result model: order of verdicts, sums, the JSON schema by a golden text, round trips, hostile bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "grader/record/audience.hpp"
#include "grader/record/json.hpp"
#include "grader/record/result.hpp"

namespace kiln::grader {
namespace {

/// One submission with something in every field.
SubmissionResult sample() {
  const SpeedResult speed{.name = "256",
                          .ratio = 0.31,
                          .low = 0.29,
                          .high = 0.33,
                          .points = 1.5,
                          .max = 4,
                          .settled = false,
                          .measured = true,
                          .note = "",
                          .student_seconds = 0.0031,
                          .reference_seconds = 0.00096,
                          .samples = {0.31, 0.3},
                          .steps = {{0.3, 1.5}, {0.8, 4}}};
  const ExerciseResult matmul{.id = "matmul",
                              .verdict = Verdict::fail,
                              .points = 7.5,
                              .max = 10,
                              .passed = 14,
                              .failed = 1,
                              .failures = {{"matmul.zero_k", "fail", "c[0, 0]: expected 0, got nan", true}},
                              .speed = {speed},
                              .findings = {{"undefined", "signed integer overflow: 2147483647 + 9 cannot be shown",
                                            "matmul.cpp", 12, "dot", "    matmul.cpp:12 in dot\n", true}},
                              .sanitizers = "address, undefined; thread could not run: no room at 0x7b00",
                              .detail = "matmul.cpp:3: warning"};
  const ExerciseResult fill{.id = "fill", .verdict = Verdict::pass, .points = 30, .max = 30, .passed = 9};
  return {
      .submission = "s01",
      .score = 37.5,
      .max = 40,
      .verdict = Verdict::fail,
      .problem = "",
      .notes = {"notes.txt ignored"},
      .modules = {{"01_tensor", 37.5, 40, {matmul, fill}}},
      .receipt = {"0.1.0", "gcc 12.2", "-O3", "Zen 4", "bubblewrap, seccomp", "0x2a", "2024-05-01T10:00:00Z", 12.5}};
}

const char kGolden[] = R"json([
  {
    "submission": "s01",
    "score": 37.5,
    "max": 40,
    "verdict": "fail",
    "problem": "",
    "notes": [
      "notes.txt ignored"
    ],
    "modules": [
      {
        "id": "01_tensor",
        "score": 37.5,
        "max": 40,
        "exercises": [
          {
            "id": "matmul",
            "verdict": "fail",
            "points": 7.5,
            "max": 10,
            "tests": {
              "passed": 14,
              "failed": 1
            },
            "speed": {
              "ratio": 0.31,
              "low": 0.29,
              "high": 0.33,
              "cases": [
                {
                  "name": "256",
                  "ratio": 0.31,
                  "low": 0.29,
                  "high": 0.33,
                  "points": 1.5,
                  "max": 4,
                  "settled": false,
                  "measured": true,
                  "note": "",
                  "student_seconds": 0.0031,
                  "reference_seconds": 0.00096,
                  "steps": [
                    {
                      "ratio": 0.3,
                      "points": 1.5
                    },
                    {
                      "ratio": 0.8,
                      "points": 4
                    }
                  ],
                  "samples": [
                    0.31,
                    0.3
                  ]
                }
              ]
            },
            "failures": [
              {
                "name": "matmul.zero_k",
                "kind": "fail",
                "message": "c[0, 0]: expected 0, got nan",
                "hidden": true
              }
            ],
            "sanitizers": "address, undefined; thread could not run: no room at 0x7b00",
            "findings": [
              {
                "sanitizer": "undefined",
                "what": "signed integer overflow: 2147483647 + 9 cannot be shown",
                "file": "matmul.cpp",
                "line": 12,
                "function": "dot",
                "text": "    matmul.cpp:12 in dot\n",
                "hidden": true
              }
            ],
            "detail": "matmul.cpp:3: warning"
          },
          {
            "id": "fill",
            "verdict": "pass",
            "points": 30,
            "max": 30,
            "tests": {
              "passed": 9,
              "failed": 0
            },
            "speed": null,
            "failures": [],
            "sanitizers": "",
            "findings": [],
            "detail": ""
          }
        ]
      }
    ],
    "receipt": {
      "course": "0.1.0",
      "compiler": "gcc 12.2",
      "flags": "-O3",
      "cpu": "Zen 4",
      "sandbox": "bubblewrap, seccomp",
      "seed": "0x2a",
      "started": "2024-05-01T10:00:00Z",
      "seconds": 12.5
    }
  }
]
)json";

TEST(Verdicts, NamesGoThereAndBack) {
  for (const Verdict verdict : kVerdictsBySeriousness) EXPECT_EQ(verdict_from(to_string(verdict)), verdict);
  EXPECT_EQ(to_string(Verdict::not_attempted), "not_attempted");
  EXPECT_FALSE(verdict_from("Pass"));
  EXPECT_FALSE(verdict_from(""));
}

TEST(Verdicts, EachHasAPlaceOfItsOwn) {
  for (int value = 0; value <= static_cast<int>(Verdict::judge_error); ++value) {
    const int place = seriousness(static_cast<Verdict>(value));
    ASSERT_LT(place, static_cast<int>(std::size(kVerdictsBySeriousness))) << "verdict " << value << " has no place";
    EXPECT_EQ(static_cast<int>(kVerdictsBySeriousness[place]), value);
  }
}

TEST(Verdicts, MostSeriousDoesNotDependOnTheOrder) {
  const auto of = [](std::vector<Verdict> verdicts) { return most_serious(verdicts); };
  EXPECT_FALSE(of({}));
  EXPECT_EQ(of({Verdict::slow, Verdict::pass}), Verdict::slow);
  EXPECT_EQ(of({Verdict::not_attempted, Verdict::fail}), Verdict::fail);
  EXPECT_EQ(of({Verdict::fail, Verdict::not_attempted}), Verdict::fail);
  EXPECT_EQ(of({Verdict::violation, Verdict::crash}), Verdict::violation);
  EXPECT_EQ(of({Verdict::judge_error, Verdict::violation}), Verdict::judge_error);
}

TEST(Totals, AddUpFromTheExercises) {
  SubmissionResult submission = sample();
  submission.score = submission.max = -1;
  submission.verdict = Verdict::judge_error;
  submission.modules.push_back({"02_activations", 99, 99, {{.id = "relu", .verdict = Verdict::crash, .max = 5}}});
  add_up(submission);
  EXPECT_EQ(submission.score, 37.5);
  EXPECT_EQ(submission.max, 45);
  EXPECT_EQ(submission.modules[1].score, 0);
  EXPECT_EQ(submission.verdict, Verdict::crash);
}

TEST(Totals, NothingJudgedKeepsVerdictAndMax) {
  SubmissionResult broken{.submission = "s", .score = 3, .max = 40, .verdict = Verdict::violation, .problem = "a bomb"};
  add_up(broken);
  EXPECT_EQ(broken.score, 0);
  EXPECT_EQ(broken.max, 40);
  EXPECT_EQ(broken.verdict, Verdict::violation);
}

TEST(Totals, CountsOnlyVerdictsThatOccur) {
  const std::vector<SubmissionResult> all{
      {.verdict = Verdict::pass}, {.verdict = Verdict::fail}, {.verdict = Verdict::pass}};
  EXPECT_EQ(count_verdicts(all), (std::map<Verdict, int>{{Verdict::pass, 2}, {Verdict::fail, 1}}));
}

TEST(Totals, PointsReadAsPeopleWriteThem) {
  EXPECT_EQ(format_points(10), "10");
  EXPECT_EQ(format_points(7.5), "7.5");
  EXPECT_EQ(format_points(0.1 + 0.2), "0.3");
  EXPECT_EQ(format_points(10.0 / 3), "3.33");
  EXPECT_EQ(format_points(100), "100");
  EXPECT_EQ(format_points(-0.0001), "0");
  EXPECT_EQ(format_points(std::nan("")), "?");
}

TEST(OverallSpeed, OneCaseIsItselfAndSeveralAreTheGeometricMean) {
  ExerciseResult exercise;
  EXPECT_FALSE(overall_speed(exercise));
  exercise.speed = {{.name = "a", .ratio = 0.1, .low = 0.07, .high = 0.3}};
  EXPECT_EQ(overall_speed(exercise)->ratio, 0.1);
  exercise.speed.push_back({.name = "b", .ratio = 0.4, .low = 0.07, .high = 0.3});
  EXPECT_NEAR(overall_speed(exercise)->ratio, 0.2, 1e-12);
}

TEST(OverallSpeed, LeavesOutWhatWasNotMeasured) {
  ExerciseResult exercise;
  exercise.speed = {{.name = "noisy", .ratio = 0.1, .low = 0.1, .high = 0.1, .measured = false},
                    {.name = "nan", .ratio = std::nan(""), .low = 1, .high = 1},
                    {.name = "zero", .ratio = 0, .low = 0, .high = 0}};
  EXPECT_FALSE(overall_speed(exercise));
}

TEST(Json, IsTheGoldenText) { EXPECT_EQ(to_json(std::vector{sample()}), kGolden); }

TEST(Json, RoundTripKeepsEveryField) {
  const ParsedResults parsed = from_json(kGolden);
  EXPECT_EQ(parsed.problem, "");
  ASSERT_EQ(parsed.submissions.size(), 1u);
  EXPECT_EQ(to_json(parsed.submissions), kGolden);
  const SpeedResult& speed = parsed.submissions[0].modules[0].exercises[0].speed[0];
  EXPECT_FALSE(speed.settled);
  EXPECT_EQ(speed.steps.size(), 2u);
  EXPECT_EQ(parsed.submissions[0].receipt.seed, "0x2a");
}

TEST(Json, EveryFiniteNumberReturnsExactly) {
  SubmissionResult submission = sample();
  for (const double value : {0.1, 1.0 / 3, 1e300, 5e-324, -2.0, 9007199254740993.0, 0.0}) {
    submission.score = value;
    EXPECT_EQ(from_json(to_json(submission)).submissions.at(0).score, value);
  }
}

TEST(Json, NotANumberAndInfinityBecomeNull) {
  SubmissionResult submission = sample();
  submission.modules[0].exercises[0].speed[0].ratio = std::nan("");
  submission.receipt.seconds = std::numeric_limits<double>::infinity();
  const std::string text = to_json(submission, -1);
  EXPECT_NE(text.find(R"("speed":{"ratio":null)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("seconds":null)"), std::string::npos) << text;
  const ParsedResults parsed = from_json(text);
  ASSERT_EQ(parsed.problem, "");
  EXPECT_TRUE(std::isnan(parsed.submissions[0].modules[0].exercises[0].speed[0].ratio));
  EXPECT_TRUE(std::isnan(parsed.submissions[0].receipt.seconds));
}

TEST(Json, HostileBytesNeitherThrowNorStay) {
  SubmissionResult submission = sample();
  submission.submission = std::string("\xff\xfe\x80 caf\xc3\xa9 \xed\xa0\x80 \x1b[2J \"\\ ") + '\0' + "end";
  submission.notes = {"\xc3"};
  const ParsedResults parsed = from_json(to_json(submission));
  ASSERT_EQ(parsed.problem, "");
  EXPECT_NE(parsed.submissions[0].submission.find("caf\xc3\xa9"), std::string::npos);
  EXPECT_NE(parsed.submissions[0].submission.find(std::string("\0end", 4)), std::string::npos);
  EXPECT_EQ(parsed.submissions[0].submission.find('\xff'), std::string::npos);
  EXPECT_EQ(parsed.submissions[0].notes.at(0), "\xef\xbf\xbd");
}

TEST(Json, WrongInputIsAProblemThatNamesThePlace) {
  const auto problem = [](std::string text, const std::string& from, const std::string& to) {
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    const ParsedResults parsed = from_json(text);
    EXPECT_TRUE(parsed.submissions.empty());
    return parsed.problem;
  };
  EXPECT_NE(problem("{", "", "").find("not JSON"), std::string::npos);
  EXPECT_NE(problem("7", "", "").find("array of submissions"), std::string::npos);
  EXPECT_NE(problem(kGolden, R"("verdict": "pass")", R"("verdict": "great")").find("\"great\" is not a verdict"),
            std::string::npos);
  EXPECT_NE(problem(kGolden, R"("max": 30)", R"("max": "30")").find("/0/modules/0/exercises/1/max"), std::string::npos);
  EXPECT_NE(problem(kGolden, R"("passed": 14)", R"("passed": -1)").find("count of tests"), std::string::npos);
  EXPECT_NE(problem(kGolden, R"("passed": 14)", R"("passed": 1.5)").find("count of tests"), std::string::npos);
  EXPECT_NE(problem(kGolden, R"("modules")", R"("module")").find("\"modules\" is missing"), std::string::npos);
}

TEST(Json, ASchemaOfTheDesignAloneIsEnough) {
  const ParsedResults parsed = from_json(
      R"([{"submission": "s01", "score": 31.5, "max": 40, "verdict": "fail", "extra": 1,
           "modules": [{"id": "01_tensor", "score": 31.5, "max": 40,
             "exercises": [{"id": "matmul", "verdict": "slow", "points": 7.5, "max": 10,
               "tests": {"passed": 14, "failed": 0}, "speed": {"ratio": 0.31, "low": 0.29, "high": 0.33}}]}]}])");
  EXPECT_EQ(parsed.problem, "");
  ASSERT_EQ(parsed.submissions.size(), 1u);
  EXPECT_EQ(parsed.submissions[0].modules[0].exercises[0].passed, 14);
}

TEST(Audience, AStudentSeesHiddenTestsByNameOnlyAndNoSeed) {
  const SubmissionResult seen = seen_by(Audience::student, sample());
  const TestFailure& failure = seen.modules[0].exercises[0].failures[0];
  EXPECT_EQ(failure.name, "matmul.zero_k");
  EXPECT_TRUE(failure.hidden);
  const std::string text = to_json(seen);
  EXPECT_EQ(text.find("expected 0, got nan"), std::string::npos);
  EXPECT_EQ(text.find("0x2a"), std::string::npos);
  EXPECT_NE(text.find("matmul.cpp:3"), std::string::npos) << "the compiler's words on their own file stay";
}

TEST(Audience, AStudentSeesPlaceAndKindOfAFindingUnderAHiddenTest) {
  SubmissionResult result = sample();
  ExerciseResult& exercise = result.modules[0].exercises[0];
  exercise.findings.push_back(exercise.findings[0]);
  exercise.findings[1].hidden = false;
  const SubmissionResult seen = seen_by(Audience::student, result);
  const auto& findings = seen.modules[0].exercises[0].findings;
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].what, "signed integer overflow") << "no value of a hidden input";
  EXPECT_EQ(findings[0].text, "");
  EXPECT_EQ(findings[0].line, 12);
  EXPECT_EQ(findings[1].what, exercise.findings[1].what) << "of a visible test all is told";
  EXPECT_EQ(findings[1].text, exercise.findings[1].text);
  EXPECT_EQ(seen.modules[0].exercises[0].sanitizers, "address, undefined; thread could not run");
}

TEST(Findings, KindHoldsNoValue) {
  const auto kind = [](const char* what) { return kind_of({.what = what}); };
  EXPECT_EQ(kind("heap-buffer-overflow: READ of size 4"), "heap-buffer-overflow");
  EXPECT_EQ(kind("index -17 out of bounds for type 'int32_t [4]'"), "index N out of bounds for type 'int32_t [N]'");
  EXPECT_EQ(kind("-1.5e+10 is outside the range"), "N is outside the range");
  EXPECT_EQ(kind("shift exponent 40 is too large for 32-bit type 'int'"),
            "shift exponent N is too large for N-bit type 'int'");
  EXPECT_EQ(kind(""), "");
}

TEST(Audience, AStudentDoesNotReadTheJudgesOwnWordsInATest) {
  SubmissionResult result = sample();
  result.modules[0].exercises[1].failures.push_back({"matmul.by_hand", "judge", "cannot map the arena", false});
  EXPECT_EQ(to_json(seen_by(Audience::student, result)).find("arena"), std::string::npos);
}

TEST(Audience, AStudentDoesNotReadTheJudgesOwnWords) {
  SubmissionResult result = sample();
  result.modules[0].exercises[1].verdict = Verdict::judge_error;
  result.modules[0].exercises[1].detail = "oracle: cannot open secret.bin";
  const std::string text = to_json(seen_by(Audience::student, result));
  EXPECT_EQ(text.find("secret.bin"), std::string::npos);
  EXPECT_NE(text.find("not your fault"), std::string::npos);
  EXPECT_EQ(to_json(seen_by(Audience::instructor, result)), to_json(result));
}

}  // namespace
}  // namespace kiln::grader
