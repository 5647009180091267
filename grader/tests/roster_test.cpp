// The roster: every form of CSV that spreadsheets and learning platforms write, and that no line is lost in silence.
#include <gtest/gtest.h>

#include "grader/book/roster.hpp"

namespace kiln::grader {
namespace {

using Lines = std::vector<std::string>;

Roster roster_of(std::string_view text) {
  auto roster = parse_roster(text, "r.csv");
  EXPECT_TRUE(roster.has_value()) << (roster ? "" : roster.error());
  return roster ? *roster : Roster{};
}

std::string error_of(std::string_view text) {
  const auto roster = parse_roster(text, "r.csv");
  return roster ? "no error" : roster.error();
}

Lines ids_of(const Roster& roster) {
  Lines ids;
  for (const Student& student : roster.students) ids.push_back(student.id);
  return ids;
}

TEST(Roster, reads_all_columns_in_the_order_of_the_file) {
  const Roster roster = roster_of("id,name,group,email,Section\ns02,Bo,g1,bo@x.org,B\ns01,An,,,A\n");
  ASSERT_EQ(ids_of(roster), (Lines{"s02", "s01"}));
  EXPECT_EQ(roster.students[0].name, "Bo");
  EXPECT_EQ(roster.students[0].group, "g1");
  EXPECT_EQ(roster.students[0].email, "bo@x.org");
  EXPECT_EQ(roster.students[0].columns, (std::map<std::string, std::string>{{"Section", "B"}}));
  EXPECT_EQ(roster.students[1].group, "");
  EXPECT_EQ(roster.problems, Lines{});
}

TEST(Roster, forms_of_csv_read_alike) {
  for (const char* text :
       {"id,name\ns1,An\ns2,Bo\n", "id,name\r\ns1,An\r\ns2,Bo\r\n", "id,name\rs1,An\rs2,Bo",
        "\xef\xbb\xbfid,name\ns1,An\ns2,Bo", "\xef\xbb\xbf\"id\",\"name\"\n\"s1\",An\n\n\n s2 , Bo \n",
        "id;name\ns1;An\ns2;Bo\n", "id\tname\ns1\tAn\ns2\tBo\n", "id,name,,\ns1,An,,\ns2,Bo,,\n",
        "NAME,ID\nAn,s1\nBo,\" s2 \"\n"}) {
    const Roster roster = roster_of(text);
    EXPECT_EQ(ids_of(roster), (Lines{"s1", "s2"})) << text;
    ASSERT_EQ(roster.students.size(), 2u) << text;
    EXPECT_EQ(roster.students[1].name, "Bo") << text;
    EXPECT_EQ(roster.problems, Lines{}) << text;
  }
}

TEST(Roster, quotes_hold_commas_quotes_and_line_breaks_and_lines_are_counted_through_them) {
  const Roster roster = roster_of("id,name\ns1,\"Doe, \"\"J\"\"\nJane\"\ns1,again\n");
  ASSERT_EQ(ids_of(roster), Lines{"s1"});
  EXPECT_EQ(roster.students[0].name, "Doe, \"J\" Jane");
  EXPECT_EQ(roster.problems, Lines{"r.csv:4: the id \"s1\" is on line 2 already; the line is left out"});
}

TEST(Roster, a_gradebook_of_canvas_is_a_roster_and_keeps_what_canvas_wants_back) {
  const Roster roster = roster_of(
      "Student,ID,SIS User ID,SIS Login ID,Section\n"
      "    Points Possible,,,,\n"
      "\"Doe, Jane\",4711,U9,jdoe,A\n");
  ASSERT_EQ(ids_of(roster), Lines{"jdoe"});
  EXPECT_EQ(roster.students[0].name, "Doe, Jane");
  EXPECT_EQ(roster.students[0].columns.at("ID"), "4711");
  EXPECT_EQ(roster.students[0].columns.at("SIS Login ID"), "jdoe");
  EXPECT_EQ(roster.students[0].columns.at("Student"), "Doe, Jane");
  EXPECT_EQ(roster.problems, Lines{}) << "the line of maxima is no student";
}

TEST(Roster, a_plain_id_goes_before_the_platforms) {
  const Roster roster = roster_of("ID,SIS Login ID,id\n1,login,s1\n");
  EXPECT_EQ(ids_of(roster), Lines{"s1"});
  EXPECT_EQ(ids_of(roster_of("student,name\ns1,An\n")), Lines{"s1"});
}

TEST(Roster, a_bad_line_costs_itself_alone_and_is_named) {
  const Roster roster = roster_of(
      "id,name,group\n"
      "s1,An,g\n"
      ",Nobody,g\n"
      "s2\n"
      "s3,Doe, Jane,g\n"
      "s4,The \"Rock\" J,g\n"
      "\"s5\"x,An,g\n"
      "s1,Other,g\n"
      "s6,Fine,\n");
  EXPECT_EQ(ids_of(roster), (Lines{"s1", "s6"}));
  const std::string quote =
      "a quote stands in the middle of a field; put the whole field in quotes, and write each quote inside it twice; "
      "the line is left out";
  EXPECT_EQ(roster.problems,
            (Lines{"r.csv:3: has no id; the line is left out",
                   "r.csv:4: must have 3 fields as the header has, found 1; the line is left out",
                   "r.csv:5: must have 3 fields as the header has, found 4; the line is left out", "r.csv:6: " + quote,
                   "r.csv:7: " + quote, "r.csv:8: the id \"s1\" is on line 2 already; the line is left out"}));
  EXPECT_EQ(roster.students[0].name, "An") << "the first line of an id counts";
}

TEST(Roster, hostile_cells_name_nobody_and_drive_no_terminal) {
  const std::string escape = "\x1b[2J", nothing(1, '\0'), huge(2'000'000, 'x');
  const Roster roster = roster_of("id,name\n" + escape + ",A\ns" + nothing + "2,B\n" + huge +
                                  ",C\n\xff,D\n\"s\n5\",E\ns6,F" + escape + "\ns7," + huge + "\ns8,\xe9t\xc3\xa9\n");
  EXPECT_EQ(ids_of(roster), (Lines{"s6", "s7", "s8"}));
  EXPECT_EQ(roster.problems.size(), 8u);
  for (const std::string& problem : roster.problems) {
    EXPECT_EQ(problem.find('\x1b'), std::string::npos);
    EXPECT_EQ(problem.find('\0'), std::string::npos);
    EXPECT_LT(problem.size(), 400u);
  }
  EXPECT_EQ(roster.students[0].name, "F [2J");
  EXPECT_EQ(roster.students[1].name.size(), 1000u);
  EXPECT_EQ(roster.students[2].name, "\xef\xbf\xbdt\xc3\xa9");
}

TEST(Roster, a_group_named_as_a_student_is_reported) {
  const Roster roster = roster_of("id,group\ns1,s2\ns2,\n");
  ASSERT_EQ(roster.problems.size(), 1u);
  EXPECT_NE(roster.problems[0].find("r.csv:2: the group \"s2\" of \"s1\" is also the id of a student"),
            std::string::npos);
}

TEST(Roster, what_is_no_roster_is_an_error_that_says_why) {
  EXPECT_EQ(error_of(""), "r.csv: is empty; a roster has a header line: id, name, group, email");
  EXPECT_EQ(error_of("\n\r\n"), "r.csv: is empty; a roster has a header line: id, name, group, email");
  EXPECT_EQ(error_of("s1,An\ns2,Bo\n"),
            "r.csv:1: the header must name a column \"id\" (or \"student\", \"SIS Login ID\"), found \"s1,An\"");
  EXPECT_EQ(error_of("id,name,name\n"), "r.csv:1: the header names the column \"name\" twice");
  EXPECT_EQ(error_of("id,name\n"), "r.csv: names no student");
  EXPECT_EQ(error_of("id\n\"\"\n"), "r.csv: names no student; r.csv:2: has no id; the line is left out");
  EXPECT_EQ(error_of("\xff\xfei\0d\0"), "r.csv: it is in UTF-16; save it as \"CSV UTF-8\"");
}

TEST(Roster, a_quote_that_is_never_closed_swallows_nobody) {
  EXPECT_EQ(error_of("id,name\ns1,An\ns2,\"Bo\ns3,Cy\ns4,Di\n"), "r.csv: line 3: a quote is opened and never closed");
}

}  // namespace
}  // namespace kiln::grader
