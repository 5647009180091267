// Grades: whose an attempt is, which one counts, what lateness and overrides make of its points; each case is one that
// a wrong version would get wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "grader/book/grades.hpp"
#include "grader/book/late.hpp"

namespace kiln::grader {
namespace {

using Lines = std::vector<std::string>;

constexpr UnixSeconds kDay = 86'400, kDue = 1'000'000'000;

/// A class of two modules, 01 of 20 points and 02 of 10, both due at kDue, 10 % a day.
struct Class {
  GradeInputs in;

  Class() {
    in.modules = {{"01_a", "A", 20}, {"02_b", "B", 10}};
    in.policy.due = {{"01_a", kDue}, {"02_b", kDue}};
    in.policy.penalty_per_day = 0.1;
  }
  Class& student(const std::string& id, const std::string& group = "") {
    in.roster.students.push_back({.id = id, .name = "", .group = group, .email = "", .columns = {}});
    return *this;
  }
  /// One exercise, "ex", has `points` of the module's; the rest is "rest", at 0.
  Class& attempt(const std::string& submission, const std::string& module, UnixSeconds at, double points,
                 int number = 1) {
    Attempt attempt{.submission = submission, .number = number, .handed_in = at};
    attempt.result.id = module;
    attempt.result.score = points;
    attempt.result.exercises = {{.id = "ex", .verdict = Verdict::fail, .points = points, .max = points},
                                {.id = "rest", .verdict = Verdict::fail, .points = 0, .max = 1}};
    in.attempts.push_back(attempt);
    in.attempt_modules.push_back(module);
    return *this;
  }
  Class& override(std::int64_t id, const std::string& student, const std::string& exercise, double points,
                  UnixSeconds at, const std::string& module = "01_a") {
    in.overrides.push_back({id, student, module, exercise, points, "Ada", "regraded", at});
    return *this;
  }
  Class& extension(const std::string& student, UnixSeconds due) {
    in.policy.extensions.push_back({student, "01_a", due, "ill"});
    return *this;
  }
};

const StudentGrade& student_in(const Grades& grades, const std::string& id) {
  static const StudentGrade kNobody{.id = "nobody", .modules = std::vector<ModuleGrade>(2)};
  const auto found = std::ranges::find(grades.students, id, &StudentGrade::id);
  EXPECT_NE(found, grades.students.end()) << id;
  return found == grades.students.end() ? kNobody : *found;
}

/// The first module's grade of a student.
ModuleGrade grade_of(const Class& c, const std::string& id = "s1", std::size_t module = 0) {
  return student_in(compute_grades(c.in), id).modules.at(module);
}

// ---- late days

TEST(LateDays, begin_a_second_after_due_and_grace) {
  Policy policy;
  policy.grace_minutes = 15;
  const UnixSeconds end = kDue + 15 * 60;
  EXPECT_EQ(late_days(policy, kDue, kDue - kDay), 0);
  EXPECT_EQ(late_days(policy, kDue, kDue), 0);
  EXPECT_EQ(late_days(policy, kDue, kDue + 1), 0);
  EXPECT_EQ(late_days(policy, kDue, end), 0);
  EXPECT_EQ(late_days(policy, kDue, end + 1), 1);
  EXPECT_EQ(late_days(policy, kDue, end + kDay), 1);
  EXPECT_EQ(late_days(policy, kDue, end + kDay + 1), 2);
  EXPECT_EQ(late_days(policy, std::nullopt, end + kDay), 0) << "without a due moment nothing is late";
  EXPECT_EQ(late_days(policy, kDue, UnixSeconds{1} << 60), INT32_MAX);
}

TEST(LateDays, are_24_hours_whatever_the_clocks_do) {
  // The night of 2026-10-25 has 25 hours in Helsinki: the same time of day on the next date is 25 hours later.
  const auto due = unix_time("2026-10-24T23:59:00", "Europe/Helsinki");
  const auto next = unix_time("2026-10-25T23:59:00", "Europe/Helsinki");
  ASSERT_TRUE(due && next);
  EXPECT_EQ(late_days({}, *due, *due + kDay), 1);
  EXPECT_EQ(late_days({}, *due, *next), 2);
  // And that of 2026-03-29 has 23.
  const auto spring = unix_time("2026-03-28T23:59:00", "Europe/Helsinki");
  const auto after = unix_time("2026-03-29T23:59:00", "Europe/Helsinki");
  ASSERT_TRUE(spring && after);
  EXPECT_EQ(late_days({}, *spring, *after + 3600), 1);
}

TEST(Late, a_penalty_is_a_share_of_the_modules_points_and_never_more_than_there_are) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue + 1 + kDay, 15);
  ModuleGrade grade = grade_of(c);
  EXPECT_EQ(grade.late_days, 2);
  EXPECT_DOUBLE_EQ(grade.penalty, 4) << "of 20, not of 15";
  EXPECT_DOUBLE_EQ(grade.points, 11);
  EXPECT_EQ(grade.judged, 15);
  EXPECT_EQ(grade.overridden, 15);
  EXPECT_EQ(grade.notes, Lines{"2 days late, 10 % a day: 4 points taken"});

  c.in.attempts[0].handed_in = kDue + 9 * kDay;
  grade = grade_of(c);
  EXPECT_EQ(grade.points, 0);
  EXPECT_EQ(grade.penalty, 15);

  c.in.policy.max_penalty = 0.25;
  grade = grade_of(c);
  EXPECT_EQ(grade.points, 10);
  EXPECT_EQ(grade.notes, Lines{"9 days late, 10 % a day and 25 % at most: 5 points taken"});
}

TEST(Late, after_the_last_day_that_is_accepted_nothing_is_left) {
  Class c;
  c.in.policy.max_late_days = 2;
  c.in.policy.free_late_days = 9;
  c.student("s1").attempt("s1", "01_a", kDue + 2 * kDay, 15);
  EXPECT_EQ(grade_of(c).points, 15);
  c.in.attempts[0].handed_in += 1;
  const ModuleGrade grade = grade_of(c);
  EXPECT_EQ(grade.points, 0);
  EXPECT_EQ(grade.judged, 15) << "what it would have been worth stays to be seen";
  EXPECT_EQ(grade.free_late_days, 0) << "free days are not spent in vain";
  EXPECT_EQ(grade.notes, Lines{"3 days late, and 2 at most are accepted: it counts nothing"});
}

TEST(Late, an_attempt_that_comes_too_late_takes_nothing_away_from_an_earlier_one) {
  Class c;
  c.in.policy.max_late_days = 2;
  c.student("s1").attempt("s1", "01_a", kDue, 12).attempt("s1", "01_a", kDue + 5 * kDay, 20, 2);
  const ModuleGrade grade = grade_of(c);
  EXPECT_EQ(grade.points, 12);
  EXPECT_EQ(grade.attempts, 2);
}

TEST(Late, without_a_due_moment_nothing_is) {
  Class c;
  c.in.policy.due.erase("01_a");
  c.student("s1").attempt("s1", "01_a", kDue + 100 * kDay, 15);
  EXPECT_EQ(grade_of(c).points, 15);
  EXPECT_EQ(grade_of(c).due, std::nullopt);
}

// ---- free late days

TEST(FreeDays, go_to_what_was_handed_in_first_and_not_to_the_first_module) {
  Class c;
  c.in.policy.free_late_days = 3;
  c.in.policy.due["02_b"] = kDue - 10 * kDay;
  c.student("s1").attempt("s1", "01_a", kDue + 2 * kDay, 20).attempt("s1", "02_b", kDue - 8 * kDay, 10);
  const StudentGrade student = student_in(compute_grades(c.in), "s1");
  EXPECT_EQ(student.modules[1].free_late_days, 2);
  EXPECT_EQ(student.modules[1].points, 10);
  EXPECT_EQ(student.modules[0].free_late_days, 1);
  EXPECT_DOUBLE_EQ(student.modules[0].points, 18);
  EXPECT_EQ(student.modules[0].notes, Lines{"2 days late, 1 of them free, 10 % a day: 2 points taken"});
  EXPECT_EQ(student.modules[1].notes, Lines{"2 days late, covered by free late days"});
  EXPECT_DOUBLE_EQ(student.points, 28);
  EXPECT_DOUBLE_EQ(student.max, 30);
}

TEST(FreeDays, are_spent_on_attempts_that_count_alone) {
  Class c;
  c.in.policy.free_late_days = 1;
  // The first late attempt at 01 is replaced; its day is still there for 02, which is handed in before the one that
  // counts.
  c.student("s1")
      .attempt("s1", "01_a", kDue + 10, 5)
      .attempt("s1", "02_b", kDue + 20, 10)
      .attempt("s1", "01_a", kDue + 30, 20, 2);
  const StudentGrade student = student_in(compute_grades(c.in), "s1");
  EXPECT_EQ(student.modules[1].free_late_days, 1);
  EXPECT_EQ(student.modules[0].free_late_days, 0);
  EXPECT_DOUBLE_EQ(student.modules[0].points, 18);
}

TEST(FreeDays, are_each_students_own) {
  Class c;
  c.in.policy.free_late_days = 1;
  c.student("s1", "g").student("s2", "g").attempt("g", "01_a", kDue + 10, 20).attempt("s2", "02_b", kDue - 1, 10);
  EXPECT_EQ(grade_of(c, "s1").points, 20);
  EXPECT_EQ(grade_of(c, "s2").points, 20);
}

// ---- which attempt counts

TEST(Counted, latest_is_by_the_moment_of_handing_in) {
  Class c;
  // In the book's order the later attempt comes first.
  c.student("s1").attempt("s1", "01_a", kDue - 5, 3, 2).attempt("s1", "01_a", kDue - 10, 18, 1);
  const ModuleGrade grade = grade_of(c);
  EXPECT_EQ(grade.points, 3);
  ASSERT_TRUE(grade.counted.has_value());
  EXPECT_EQ(grade.counted->number, 2);
  EXPECT_EQ(grade.notes, Lines{"attempt 2 of 2 counts (latest)"});
}

TEST(Counted, best_weighs_the_penalty) {
  Class c;
  c.in.policy.counted = Counted::best;
  c.student("s1").attempt("s1", "01_a", kDue, 16).attempt("s1", "01_a", kDue + 1, 17, 2);
  EXPECT_EQ(grade_of(c).points, 16) << "17 less 2 is less than 16";
  c.in.attempts[1].result.score = 19;
  EXPECT_DOUBLE_EQ(grade_of(c).points, 17);
  c.in.attempts[1].result.score = 18;
  EXPECT_EQ(grade_of(c).counted->number, 2) << "of equals the latest";
}

TEST(Counted, best_weighs_free_days_where_they_are_left_and_spends_none_for_nothing) {
  Class c;
  c.in.policy.counted = Counted::best;
  c.in.policy.free_late_days = 1;
  c.student("s1").attempt("s1", "01_a", kDue, 16).attempt("s1", "01_a", kDue + 1, 17, 2);
  EXPECT_EQ(grade_of(c).points, 17);
  EXPECT_EQ(grade_of(c).free_late_days, 1);
  c.in.attempts[1].result.score = 16;
  EXPECT_EQ(grade_of(c).counted->number, 1);
  EXPECT_EQ(grade_of(c).free_late_days, 0);
}

TEST(Counted, latest_on_time_prefers_what_was_in_time) {
  Class c;
  c.in.policy.counted = Counted::latest_on_time;
  c.student("s1")
      .attempt("s1", "01_a", kDue - 9, 10)
      .attempt("s1", "01_a", kDue, 8, 2)
      .attempt("s1", "01_a", kDue + 1, 20, 3);
  EXPECT_EQ(grade_of(c).points, 8);
  c.in.attempts[0].handed_in = kDue + 2;
  c.in.attempts[1].handed_in = kDue + 3;
  EXPECT_EQ(grade_of(c).counted->number, 2) << "where all are late, the latest";
}

// ---- groups

TEST(Groups, a_submission_counts_for_every_member_by_whichever_name) {
  Class c;
  c.student("s1", "g1").student("s2", "g1").student("s3", "g2").student("s4");
  c.attempt("g1", "01_a", kDue - 10, 11).attempt("s2", "01_a", kDue - 5, 13).attempt("s3", "01_a", kDue, 7);
  EXPECT_EQ(grade_of(c, "s1").points, 13);
  EXPECT_EQ(grade_of(c, "s2").points, 13);
  EXPECT_EQ(grade_of(c, "s3").points, 7);
  EXPECT_EQ(grade_of(c, "s4").points, 0);
  EXPECT_EQ(grade_of(c, "s1").attempts, 2);
  EXPECT_EQ(grade_of(c, "s1").notes, (Lines{"handed in as s2", "attempt 2 of 2 counts (latest)"}));
}

TEST(Groups, whoever_changes_groups_takes_what_was_handed_in_under_their_own_id) {
  Class c;
  c.student("s1", "g1").student("s2", "g1").student("s3", "g2");
  c.attempt("g1", "01_a", kDue - 10, 11).attempt("s2", "01_a", kDue - 5, 13);
  c.in.roster.students[1].group = "g2";
  EXPECT_EQ(grade_of(c, "s1").points, 11);
  EXPECT_EQ(grade_of(c, "s2").points, 13);
  EXPECT_EQ(grade_of(c, "s3").points, 13);
}

TEST(Groups, an_id_goes_before_a_group_of_that_name) {
  Class c;
  c.student("s1", "s2").student("s2").attempt("s2", "01_a", kDue, 9);
  EXPECT_EQ(grade_of(c, "s2").points, 9);
  EXPECT_EQ(grade_of(c, "s1").points, 0);
}

// ---- extensions

TEST(Extensions, are_a_students_or_a_groups_and_the_latest_counts) {
  Class c;
  c.student("s1", "g").student("s2", "g").student("s3");
  c.attempt("g", "01_a", kDue + 3 * kDay, 20).attempt("s3", "01_a", kDue + 3 * kDay, 20);
  c.extension("g", kDue + 2 * kDay).extension("s1", kDue + 3 * kDay);
  EXPECT_EQ(grade_of(c, "s1").late_days, 0);
  EXPECT_EQ(grade_of(c, "s2").late_days, 1);
  EXPECT_EQ(grade_of(c, "s3").late_days, 3);
  EXPECT_EQ(grade_of(c, "s1").due, kDue + 3 * kDay);
  EXPECT_EQ(grade_of(c, "s1").notes, (Lines{"handed in as g", "due 2001-09-12 01:46:40 UTC by extension: ill"}));
}

TEST(Extensions, never_make_a_due_moment_earlier_and_are_of_one_module) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 20).attempt("s1", "02_b", kDue + 1, 10).extension("s1", kDue - kDay);
  EXPECT_EQ(grade_of(c).late_days, 0);
  EXPECT_EQ(grade_of(c, "s1", 1).late_days, 1);
}

TEST(Extensions, of_nobody_are_told) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 20).extension("s9", kDue + kDay);
  EXPECT_EQ(compute_grades(c.in).problems,
            Lines{"the policy extends 01_a for s9, whom neither roster nor submissions name"});
}

// ---- overrides

TEST(Overrides, of_exercises_and_of_the_module_replace_the_judges_points_and_the_last_by_time_counts) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 10).override(7, "s1", "rest", 3, 200).override(8, "s1", "rest", 1, 100);
  ModuleGrade grade = grade_of(c);
  EXPECT_EQ(grade.judged, 10);
  EXPECT_EQ(grade.overridden, 13);
  EXPECT_EQ(grade.points, 13);
  ASSERT_EQ(grade.overrides.size(), 2u);
  EXPECT_EQ(grade.overrides[0].id, 8) << "by time";
  EXPECT_EQ(grade.notes, (Lines{"override 8: rest 1 points in place of 0, by Ada: regraded (replaced by a later one)",
                                "override 7: rest 3 points in place of 0, by Ada: regraded"}));

  c.override(9, "s1", "", 17, 150);
  grade = grade_of(c);
  EXPECT_EQ(grade.points, 17) << "the module's goes before its exercises', whenever they were made";
  EXPECT_EQ(grade.notes.back(),
            "override 7: rest 3 points in place of 0, by Ada: regraded (without effect beside override 9 of the whole "
            "module)");
}

TEST(Overrides, at_the_same_moment_the_one_entered_last_counts) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 10).override(4, "s1", "", 12, 100).override(3, "s1", "", 11, 100);
  EXPECT_EQ(grade_of(c).points, 12);
}

TEST(Overrides, lateness_is_taken_from_what_they_give) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue + 1, 10).override(1, "s1", "", 20, 1);
  EXPECT_EQ(grade_of(c).points, 18);
  EXPECT_EQ(grade_of(c).overridden, 20);
}

TEST(Overrides, give_points_where_nothing_was_handed_in) {
  Class c;
  c.student("s1").override(1, "s1", "ex", 4, 1).override(2, "s1", "", 6, 1, "02_b");
  const Grades grades = compute_grades(c.in);
  EXPECT_EQ(grades.students[0].modules[0].points, 4);
  EXPECT_EQ(grades.students[0].modules[1].points, 6);
  EXPECT_EQ(grades.students[0].modules[0].counted, std::nullopt);
  EXPECT_EQ(grades.problems, Lines{"s1: nothing was handed in; 10 points"});
}

TEST(Overrides, of_an_exercise_that_is_gone_add_nothing) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 10).override(1, "s1", "gone", 4, 1);
  EXPECT_EQ(grade_of(c).points, 10);
  EXPECT_NE(grade_of(c).notes.back().find("without effect: the module has no such exercise"), std::string::npos);
}

TEST(Overrides, of_a_group_are_every_members) {
  Class c;
  c.student("s1", "g").student("s2", "g").student("s3").override(1, "g", "", 5, 1).override(2, "s2", "", 8, 2);
  EXPECT_EQ(grade_of(c, "s1").points, 5);
  EXPECT_EQ(grade_of(c, "s2").points, 8);
  EXPECT_EQ(grade_of(c, "s3").points, 0);
}

TEST(Overrides, of_nobody_or_of_no_module_are_told) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 1).override(1, "s9", "", 5, 1).override(2, "s1", "", 5, 1, "99_z");
  EXPECT_EQ(compute_grades(c.in).problems, (Lines{"override 1 is of s9, whom neither roster nor submissions name",
                                                  "override 2 of s1 is of 99_z, which is not graded"}));
}

// ---- students, strangers, pending

TEST(Students, stand_by_id_and_strangers_after_them) {
  Class c;
  c.student("s2").student("s1").attempt("a_stranger", "01_a", kDue, 5).attempt("s2", "01_a", kDue, 6);
  c.in.roster.problems = {"r.csv:4: the id \"s2\" is on line 2 already; the line is left out"};
  const Grades grades = compute_grades(c.in);
  ASSERT_EQ(grades.students.size(), 3u);
  EXPECT_EQ(grades.students[0].id, "s1");
  EXPECT_EQ(grades.students[1].id, "s2");
  EXPECT_EQ(grades.students[2].id, "a_stranger");
  EXPECT_FALSE(grades.students[2].on_roster);
  EXPECT_EQ(grades.students[2].points, 5) << "nothing that was handed in is lost";
  EXPECT_EQ(grades.students[0].max, 30);
  EXPECT_EQ(
      grades.problems,
      (Lines{"r.csv:4: the id \"s2\" is on line 2 already; the line is left out",
             "a_stranger: handed in, but the roster has no student or group of that id; add it, or mend student_of",
             "s1: nothing was handed in; 0 points"}));
}

TEST(Students, are_found_in_names_by_the_policys_pattern) {
  Class c;
  c.in.policy.student_of = "^([a-z0-9]+)_";
  c.student("s1").attempt("s1_monday", "01_a", kDue - 9, 5).attempt("s1_friday", "01_a", kDue, 6);
  c.attempt("s7_x", "01_a", kDue, 1).attempt("s7_y", "02_b", kDue, 2);
  const Grades grades = compute_grades(c.in);
  ASSERT_EQ(grades.students.size(), 2u);
  EXPECT_EQ(grades.students[0].modules[0].attempts, 2);
  EXPECT_EQ(grades.students[0].points, 6);
  EXPECT_EQ(grades.students[1].points, 3) << "a stranger's submissions are one stranger's";
  EXPECT_EQ(grades.problems, Lines{"s7 (submission s7_x, s7_y): handed in, but the roster has no student or group of "
                                   "that id; add it, or mend student_of"});
}

TEST(Students, are_all_submissions_where_there_is_no_roster) {
  Class c;
  c.attempt("b", "01_a", kDue, 5).attempt("a", "01_a", kDue + 1, 6);
  const Grades grades = compute_grades(c.in);
  ASSERT_EQ(grades.students.size(), 2u);
  EXPECT_EQ(grades.students[0].id, "a");
  EXPECT_TRUE(grades.students[0].on_roster);
  EXPECT_EQ(grades.students[0].points, 4);
  EXPECT_EQ(grades.problems, Lines{});
}

TEST(Pending, is_listed_noted_and_no_absence) {
  Class c;
  c.student("s1").student("s2").student("s3");
  c.in.pending = {
      {"s2", "01_a", "no memory", true}, {"s1", "", "no files of the module", false}, {"zz", "01_a", "x", true}};
  const Grades grades = compute_grades(c.in);
  ASSERT_EQ(grades.pending.size(), 3u);
  EXPECT_EQ(grades.pending[0].submission, "s1");
  EXPECT_EQ(student_in(grades, "s2").modules[0].notes,
            Lines{"s2 has no grade yet, by the judge's own fault: no memory"});
  EXPECT_TRUE(student_in(grades, "s2").modules[0].pending);
  EXPECT_FALSE(student_in(grades, "s3").modules[0].pending);
  EXPECT_FALSE(student_in(grades, "zz").on_roster);
  EXPECT_EQ(grades.problems.back(), "s3: nothing was handed in; 0 points");
  EXPECT_EQ(grades.problems.size(), 2u);
}

TEST(Grades, attempts_at_what_is_not_graded_are_told) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, 5).attempt("s1", "09_z", kDue, 5);
  EXPECT_EQ(compute_grades(c.in).problems, Lines{"1 attempt at 09_z, which is not graded"});
}

TEST(Grades, do_not_depend_on_the_order_of_what_they_are_made_of) {
  Class c;
  c.in.policy.free_late_days = 1;
  c.student("s1", "g").student("s2", "g").student("s3");
  for (int i = 0; i < 4; ++i)
    c.attempt("s" + std::to_string(i), i % 2 ? "01_a" : "02_b", kDue + 7, 5 + i).override(i, "s1", "ex", i, 5);
  const auto told = [](const Grades& grades) {
    std::string text;
    for (const StudentGrade& student : grades.students)
      for (const ModuleGrade& module : student.modules) {
        text += student.id + module.module + std::to_string(module.points) + std::to_string(module.free_late_days);
        for (const std::string& note : module.notes) text += note;
      }
    for (const std::string& problem : grades.problems) text += problem;
    return text;
  };
  const std::string once = told(compute_grades(c.in));
  std::ranges::reverse(c.in.attempts);
  std::ranges::reverse(c.in.attempt_modules);
  std::ranges::reverse(c.in.overrides);
  EXPECT_EQ(told(compute_grades(c.in)), once);
}

TEST(Grades, a_score_that_is_no_number_is_none) {
  Class c;
  c.student("s1").attempt("s1", "01_a", kDue, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(grade_of(c).points, 0);
  EXPECT_EQ(grade_of(c).judged, 0);
}

}  // namespace
}  // namespace kiln::grader
