// The policy's file and its moments: what a good file means, that mistakes are told where they stand, and what clocks
// that are put forward and back make of a due date.
#include <gtest/gtest.h>

#include "grader/book/policy.hpp"
#include "grader/book/student_of.hpp"

namespace kiln::grader {
namespace {

Policy policy_of(std::string_view text) {
  const auto policy = parse_policy(text, "p.toml");
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error());
  return policy ? *policy : Policy{};
}

std::string error_of(std::string_view text) {
  const auto policy = parse_policy(text, "p.toml");
  return policy ? "no error" : policy.error();
}

UnixSeconds at(std::string_view iso) {
  const auto moment = unix_time(iso);
  EXPECT_TRUE(moment.has_value()) << iso;
  return moment.value_or(-1);
}

/// The moment of a due date in Helsinki, as UTC; or the error.
std::string due_in_helsinki(const std::string& when) {
  const auto policy = parse_policy("time_zone = \"Europe/Helsinki\"\n[due]\n01_tensor = " + when + "\n", "p.toml");
  return policy ? iso_time(policy->due.at("01_tensor")) : policy.error();
}

TEST(Moments, go_to_text_and_back) {
  EXPECT_EQ(iso_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_time(1795211940), "2026-11-20T21:59:00Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59Z");
  for (const UnixSeconds moment :
       {UnixSeconds{0}, UnixSeconds{-86'401}, UnixSeconds{951'782'400}, UnixSeconds{4'102'444'799}})
    EXPECT_EQ(at(iso_time(moment)), moment);
  EXPECT_EQ(iso_time(INT64_MAX), "9999-12-31T23:59:59Z");
  EXPECT_EQ(iso_time(INT64_MIN), "0000-01-01T00:00:00Z");
}

TEST(Moments, know_offsets) {
  EXPECT_EQ(at("2026-11-20T23:59:00+02:00"), at("2026-11-20T21:59:00Z"));
  EXPECT_EQ(at("2026-11-20 16:29-05:30"), at("2026-11-20T21:59:00Z"));
  EXPECT_EQ(at("2024-02-29T00:00:00Z"), at("2024-02-28T23:59:59Z") + 1);
}

TEST(Moments, what_is_no_moment_is_none) {
  for (const char* text :
       {"", "2026-11-20", "2026-11-20T21:59:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T21:60:00Z", "2026-11-20T21:59:60Z", "2026-11-20T21:59:00Zz", "2026-11-20T21:59:00+2",
        "2026-11-20T21:59:00+02:00 ", "-026-11-20T21:59:00Z", " 2026-11-20T21:59:00Z", "2026-11-20T21:59:00+02:60",
        "2026-11-20T21:59:-1Z", "1795211940"})
    EXPECT_EQ(unix_time(text), std::nullopt) << text;
}

TEST(Moments, local_times_are_the_zones) {
  const auto local = unix_time("2026-11-20 23:59", "Europe/Helsinki");
  ASSERT_TRUE(local.has_value());
  EXPECT_EQ(iso_time(*local), "2026-11-20T21:59:00Z");
  EXPECT_EQ(zone_time(*local, "Europe/Helsinki"), "2026-11-20 23:59:00 EET");
  EXPECT_EQ(zone_time(*local, "America/New_York"), "2026-11-20 16:59:00 EST");
  const auto given = unix_time("2026-11-20T23:59:00Z", "Europe/Helsinki");
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(iso_time(*given), "2026-11-20T23:59:00Z") << "an offset goes before the zone";
  EXPECT_FALSE(unix_time("tomorrow", "Europe/Helsinki").has_value());
}

TEST(Policy, reads_every_key) {
  const Policy policy = policy_of(R"(
time_zone = "Europe/Helsinki"
student_of = '^([a-z0-9]+)_'
counted = "best"
[late]
grace_minutes = 15
free_days = 3
penalty_per_day = 0.1
max_penalty = 0.5
max_days = 7
[due]
01_tensor = 2026-11-20T23:59:00
"02_activations" = 2026-12-04T23:59:00+01:00
[[extension]]
student = "s07"
module = "01_tensor"
due = 2026-11-27T23:59:00
reason = "ill"
)");
  EXPECT_EQ(policy.time_zone, "Europe/Helsinki");
  EXPECT_EQ(policy.student_of, "^([a-z0-9]+)_");
  EXPECT_EQ(policy.counted, Counted::best);
  EXPECT_EQ(policy.grace_minutes, 15);
  EXPECT_EQ(policy.free_late_days, 3);
  EXPECT_EQ(policy.penalty_per_day, 0.1);
  EXPECT_EQ(policy.max_penalty, 0.5);
  EXPECT_EQ(policy.max_late_days, 7);
  EXPECT_EQ(iso_time(policy.due.at("01_tensor")), "2026-11-20T21:59:00Z");
  EXPECT_EQ(iso_time(policy.due.at("02_activations")), "2026-12-04T22:59:00Z");
  ASSERT_EQ(policy.extensions.size(), 1u);
  EXPECT_EQ(policy.extensions[0].student, "s07");
  EXPECT_EQ(iso_time(policy.extensions[0].due), "2026-11-27T21:59:00Z");
  EXPECT_EQ(policy.extensions[0].reason, "ill");
}

TEST(Policy, an_empty_file_takes_nothing_from_anybody) {
  const Policy policy = policy_of("");
  EXPECT_EQ(policy.time_zone, "UTC");
  EXPECT_EQ(policy.counted, Counted::latest);
  EXPECT_EQ(policy.penalty_per_day, 0);
  EXPECT_EQ(policy.max_late_days, std::nullopt);
}

TEST(Policy, the_zone_counts_wherever_it_stands) {
  EXPECT_EQ(due_in_helsinki("2026-07-01T12:00:00"), "2026-07-01T09:00:00Z") << "summer";
  EXPECT_EQ(due_in_helsinki("2026-12-01T12:00:00"), "2026-12-01T10:00:00Z") << "winter";
  EXPECT_EQ(due_in_helsinki("2037-07-01T12:00:00"), "2037-07-01T09:00:00Z") << "the last year that is told";
}

TEST(Policy, the_hour_that_spring_skips_is_an_error_and_its_edges_are_none) {
  EXPECT_EQ(
      due_in_helsinki("2026-03-29T03:30:00"),
      "p.toml:3:13: due.01_tensor must exist: clocks in Europe/Helsinki are put forward from 2026-03-29T03:00:00 to "
      "2026-03-29T04:00:00 and never show 2026-03-29T03:30:00; write a time before or after\n");
  EXPECT_EQ(due_in_helsinki("2026-03-29T02:59:59"), "2026-03-29T00:59:59Z");
  EXPECT_NE(due_in_helsinki("2026-03-29T03:00:00"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(due_in_helsinki("2026-03-29T04:00:00"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(due_in_helsinki("2026-03-29T03:30:00+02:00"), "2026-03-29T01:30:00Z") << "an offset leaves no doubt";
}

TEST(Policy, the_hour_that_autumn_repeats_is_the_later_one) {
  EXPECT_EQ(due_in_helsinki("2026-10-25T02:59:59"), "2026-10-24T23:59:59Z");
  EXPECT_EQ(due_in_helsinki("2026-10-25T03:00:00"), "2026-10-25T01:00:00Z");
  EXPECT_EQ(due_in_helsinki("2026-10-25T03:30:00"), "2026-10-25T01:30:00Z");
  EXPECT_EQ(due_in_helsinki("2026-10-25T04:00:00"), "2026-10-25T02:00:00Z");
}

TEST(Policy, mistakes_are_told_with_line_and_what_is_expected) {
  EXPECT_EQ(error_of("timezone = \"UTC\"\n"), "p.toml:1:1: timezone is not a known key: did you mean \"time_zone\"?\n");
  EXPECT_EQ(error_of("[late]\npenalty_perday = 0.1\n"),
            "p.toml:2:1: late.penalty_perday is not a known key: did you mean \"penalty_per_day\"?\n");
  EXPECT_EQ(error_of("[late]\npenalty_per_day = 10\n"),
            "p.toml:2:19: late.penalty_per_day must be a number from 0 to 1, found 10\n");
  EXPECT_EQ(error_of("[late]\npenalty_per_day = nan\n").substr(0, 62),
            "p.toml:2:19: late.penalty_per_day must be a number from 0 to 1");
  EXPECT_EQ(error_of("[late]\nmax_days = -1\n"),
            "p.toml:2:12: late.max_days must be a whole number from 0 to 3650, found -1\n");
  EXPECT_EQ(error_of("counted = \"last\"\n"),
            "p.toml:1:11: counted must be \"latest\", \"best\" or \"latest_on_time\", found \"last\"\n");
  EXPECT_EQ(
      error_of("[due]\n01_tensor = 2026-11-20\n"),
      "p.toml:2:13: due.01_tensor must be a date and time without quotes, such as 2026-11-20T23:59:00, found a date "
      "or time\n");
  EXPECT_EQ(error_of("[due]\n01_tensor = \"2026-11-20T23:59:00\"\n"),
            "p.toml:2:13: due.01_tensor must be a date and time without quotes, such as 2026-11-20T23:59:00, found "
            "\"2026-11-20T23:59:00\"\n");
  EXPECT_EQ(error_of("[due]\n01_tensor = 2126-11-20T23:59:00\n"),
            "p.toml:2:13: due.01_tensor must be in a year from 1970 to 2037\n");
  EXPECT_EQ(error_of("[due]\nTensor = 2026-11-20T23:59:00\n"),
            "p.toml:2:1: due.Tensor must be a module's id, two digits, '_' and a name in small letters\n");
  EXPECT_EQ(error_of("counted = \n").substr(0, 39), "p.toml:1:11: the file must be valid TOM");
}

TEST(Policy, a_wrong_zone_is_named_with_the_nearest_and_hides_no_other_mistake) {
  EXPECT_EQ(error_of("time_zone = \"Europe/Helsinky\"\n[due]\n01_tensor = 2026-11-20T23:59:00\ncounted = 1\n"),
            "p.toml:1:13: time_zone must be an IANA time zone such as \"Europe/Helsinki\" or \"UTC\": did you mean "
            "\"Europe/Helsinki\"?, found \"Europe/Helsinky\"\n"
            "p.toml:4:1: due.counted must be a module's id, two digits, '_' and a name in small letters\n"
            "p.toml:4:11: due.counted must be a date and time without quotes, such as 2026-11-20T23:59:00, found 1\n");
  EXPECT_NE(error_of("time_zone = \"../../etc/passwd\"\n"), "no error");
}

TEST(Policy, an_extension_extends_something) {
  const std::string head =
      "[due]\n01_tensor = 2026-11-20T23:59:00\n[[extension]]\nstudent = \"s1\"\nreason = \"ill\"\n";
  EXPECT_EQ(
      error_of(head + "module = \"02_more\"\ndue = 2026-11-27T23:59:00\n"),
      "p.toml:6:10: extension of \"s1\": module must have a due moment under [due], or there is nothing to extend, "
      "found \"02_more\"\n");
  EXPECT_EQ(
      error_of(head + "module = \"01_tensor\"\ndue = 2026-11-20T23:59:00\n"),
      "p.toml:7:7: extension of \"s1\": due must be later than the module's own, found 2026-11-20 23:59:00 UTC\n");
  EXPECT_EQ(error_of(head + "module = \"01_tensor\"\n"),
            "p.toml:3:1: extension of \"s1\": due must be a date and time without quotes, such as 2026-11-20T23:59:00, "
            "found nothing\n");
}

TEST(Policy, names_of_modules_are_checked_against_the_course) {
  Policy policy;
  policy.due = {{"01_tensor", 1}, {"02_activatoins", 1}, {"42_life", 1}};
  EXPECT_EQ(
      check_policy(policy, {"01_tensor", "02_activations"}),
      (std::vector<std::string>{
          "[due] names the module \"02_activatoins\", which the course does not have: did you mean "
          "\"02_activations\"?",
          "[due] names the module \"42_life\", which the course does not have; it has: 01_tensor, 02_activations"}));
}

TEST(StudentOf, the_first_group_is_the_id_and_what_does_not_match_is_its_own) {
  const StudentOf student_of("^([a-z0-9]+)_");
  EXPECT_EQ(student_of("s07_late_123"), "s07");
  EXPECT_EQ(student_of("S07"), "S07");
  EXPECT_EQ(student_of("\xff_1"), "\xff_1");
  EXPECT_EQ(StudentOf("x(y*)")("xzz"), "xzz") << "an empty group names nobody";
  EXPECT_EQ(StudentOf("")("s07_1"), "s07_1");
}

TEST(StudentOf, patterns_are_checked_when_they_are_given) {
  EXPECT_EQ(error_of("student_of = '('\n").substr(0, 57), "p.toml:1:14: student_of must be a regular expression: mis");
  EXPECT_EQ(error_of("student_of = '^s[0-9]+'\n"),
            "p.toml:1:14: student_of must have a group in parentheses around the student's id, such as ^([a-z0-9]+)_, "
            "found \"^s[0-9]+\"\n");
}

TEST(StudentOf, no_name_makes_matching_slow_or_deep) {
  const std::string name(1 << 20, 'a');
  EXPECT_EQ(StudentOf("^((a+)+)+b")(name), name);
  EXPECT_EQ(StudentOf("^(a*)*$")(name).size(), name.size());
}

}  // namespace
}  // namespace kiln::grader
