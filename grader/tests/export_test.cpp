// Exports: points that add up, secrets that stay, text that no reader runs, and files that are those in golden_exports.
// After a change that is meant to change them:
//   KILN_UPDATE_GOLDEN=1 build/grader/tests/grader-export-test --gtest_filter='Golden.*' && git diff
#include <csv.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "grader/export/cells.hpp"
#include "grader/export/formats.hpp"
#include "grader/tests/export_class.hpp"

namespace kiln::grader {
namespace {

using testing::export_class;
using testing::kAuthor;
using testing::kFormula;
using testing::kSecret;
using testing::kSeed;
using Json = nlohmann::json;
using Table = std::vector<std::vector<std::string>>;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The lines of a CSV file, read by libcsv.
Table read_table(const std::string& text) {
  struct Reading {
    Table table;
    std::vector<std::string> line;
  } reading;
  csv_parser parser;
  csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
  const auto cell = [](void* data, std::size_t size, void* to) {
    static_cast<Reading*>(to)->line.emplace_back(static_cast<const char*>(data), size);
  };
  const auto end = [](int, void* to) {
    auto& all = *static_cast<Reading*>(to);
    all.table.push_back(std::exchange(all.line, {}));
  };
  EXPECT_EQ(csv_parse(&parser, text.data(), text.size(), cell, end, &reading), text.size());
  csv_fini(&parser, cell, end, &reading);
  csv_free(&parser);
  return reading.table;
}

/// The cells of the column `name`, the header left out.
std::vector<std::string> column(const Table& table, const std::string& name) {
  const auto place = std::ranges::find(table.at(0), name) - table[0].begin();
  std::vector<std::string> cells;
  for (std::size_t i = 1; i < table.size(); ++i) cells.push_back(table[i].at(static_cast<std::size_t>(place)));
  return cells;
}

double number_of(const std::string& cell) { return cell.empty() ? 0 : std::stod(cell); }

Roster canvas_roster() {
  const auto of = [](std::string id, std::string name, std::string number) {
    return Student{id,
                   name,
                   "",
                   "",
                   {{"Student", name},
                    {"ID", number},
                    {"SIS User ID", "u" + number},
                    {"SIS Login ID", id},
                    {"Section", "Kiln 101, spring"},
                    {"Tensors (4711)", "3"}}};
  };
  return {{of("s01", "Lovelace, Ada", "17"), of("s02", "Boole, George", "18"), of("s03", "Nobody", "19"),
           of("s04", "Unlucky", "20")},
          {}};
}

std::string text_of(ExportFormat format, const ExportOptions& options = {}, const Roster& roster = {}) {
  const Exported exported = export_grades(format, export_class(), roster, options);
  std::string text;
  for (const ExportFile& file : exported.files) text += file.text;
  return text;
}

// ---- cells

TEST(Cells, TextThatASpreadsheetWouldRunIsPrefixed) {
  const std::pair<std::string, std::string> cases[] = {{kFormula, "'" + kFormula},
                                                       {"+1", "'+1"},
                                                       {"-2+3", "'-2+3"},
                                                       {"@A1", "'@A1"},
                                                       {"\t=1", "'\t'=1"},
                                                       {"\r1", "'\r1"},
                                                       {"\n1", "'\n1"},
                                                       {"  =1", "'  =1"},
                                                       {"\xc2\xa0=1", "'\xc2\xa0=1"},
                                                       {"\xe2\x80\x8b=1", "'\xe2\x80\x8b=1"},
                                                       {"\xef\xbb\xbf=1", "'\xef\xbb\xbf=1"},
                                                       {"\xef\xbc\x9d"
                                                        "1",
                                                        "'\xef\xbc\x9d"
                                                        "1"},
                                                       {"\xef\xbc\x8b", "'\xef\xbc\x8b"},
                                                       {"\xef\xbc\x8d", "'\xef\xbc\x8d"},
                                                       {"\xef\xbc\xa0", "'\xef\xbc\xa0"},
                                                       {"\xef\xb9\xa6"
                                                        "1",
                                                        "'\xef\xb9\xa6"
                                                        "1"},
                                                       {"a;=1", "a;'=1"},
                                                       {"a\n +1", "a\n' +1"},
                                                       {"\x01=1", "'\xef\xbf\xbd=1"},
                                                       {std::string("\0=1", 3), "'\xef\xbf\xbd=1"}};
  for (const auto& [raw, safe] : cases) EXPECT_EQ(safe_text(raw), safe) << raw;
}

TEST(Cells, OtherTextStaysAsItIs) {
  for (const std::string text :
       {"", "a", "a=b", "1-2", "mail@host", "Zo\xc3\xab", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac", "a, b",
        "two\nlines", "'quoted'", " x", "a; b"})
    EXPECT_EQ(safe_text(text), text);
}

TEST(Cells, OnlyWellFormedCharactersStay) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(clean_text("\xc0\xaf"), bad + bad);                      // overlong
  EXPECT_EQ(clean_text("\xed\xa0\x80"), bad + bad + bad);            // surrogate
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80"), bad + bad + bad + bad);  // past the last character
  EXPECT_EQ(clean_text("\xe2\x82"), bad + bad);                      // cut short
  EXPECT_EQ(clean_text("\xef\xbf\xbe"), bad);                        // no character
  EXPECT_EQ(clean_text("a\x7f\x1b\tb\r\n"), "a" + bad + bad + "\tb\r\n");
  EXPECT_EQ(clean_text("\xf4\x8f\xbf\xbd\xed\x9f\xbf"), "\xf4\x8f\xbf\xbd\xed\x9f\xbf");
}

TEST(Cells, RowsReadBack) {
  Row row;
  row.text("a \"b\", c\r\nd").number(-7.5).number(1.0 / 3).blank().text("").number(0.1 + 0.2).number(NAN).text("1");
  EXPECT_EQ(row.line(), "\"a \"\"b\"\", c\r\nd\",-7.5,0.333333,,,0.3,,\"1\"\r\n");
  EXPECT_EQ(read_table(row.line()), (Table{{"a \"b\", c\r\nd", "-7.5", "0.333333", "", "", "0.3", "", "1"}}));
}

// ---- what is chosen

TEST(Chosen, OneModuleAndOneStudentWithTheirSums) {
  const Grades one = chosen(export_class(), {.module = "01_tensor", .student = "s02"});
  ASSERT_EQ(one.students.size(), 1u);
  ASSERT_EQ(one.students[0].modules.size(), 1u);
  EXPECT_EQ(one.modules.size(), 1u);
  EXPECT_EQ(one.students[0].points, one.students[0].modules[0].points);
  EXPECT_EQ(one.students[0].max, 28);
  EXPECT_TRUE(one.pending.empty());
  // A submission that nothing was taken from is of no module, and must not get lost.
  EXPECT_EQ(chosen(export_class(), {.module = "02_activations"}).pending.size(), 1u);
}

/// What no student may read: of hidden tests, of the judge's own trouble, and of people.
const std::string kSecrets[] = {kSeed, kSecret, kAuthor, "index 77", "the oracle is gone", "sandbox could"};

TEST(Chosen, StudentsSeeNoSecretInAnyFormat) {
  for (const FormatInfo& format : export_formats()) {
    const std::string text = text_of(format.format, {.audience = Audience::student});
    for (const std::string& secret : kSecrets)
      EXPECT_FALSE(contains(text, secret)) << format.name << " shows " << secret;
  }
  // The check itself can fail: instructors see them all.
  const std::string text = text_of(ExportFormat::json);
  for (const std::string& secret : kSecrets) EXPECT_TRUE(contains(text, secret)) << secret;
}

// ---- gradescope

std::map<std::string, Json> results_by_student(const ExportOptions& options = {}) {
  std::map<std::string, Json> results;
  for (const ExportFile& file : export_grades(ExportFormat::gradescope, export_class(), {}, options).files) {
    Json json = Json::parse(file.text);
    const std::string id = json["extra_data"]["student"];
    results[id] = std::move(json);
  }
  return results;
}

TEST(Gradescope, EntriesAddUpToTheScoreAndTheScoreIsTheGrade) {
  for (const std::string module : {"", "01_tensor"}) {
    const Grades grades = chosen(export_class(), {.module = module});
    const auto results = results_by_student({.module = module});
    for (const StudentGrade& student : grades.students) {
      const auto found = results.find(clean_text(student.id));
      if (found == results.end()) continue;
      double sum = 0;
      for (const Json& test : found->second["tests"]) sum += test.value("score", 0.0);
      EXPECT_NEAR(sum, found->second["score"].get<double>(), 1e-6) << student.id;
      EXPECT_NEAR(sum, student.points, 1e-5) << student.id;
    }
    EXPECT_TRUE(results.contains("s02") && results.contains(kFormula));
    EXPECT_FALSE(results.contains("s03")) << "nothing was handed in";
  }
}

TEST(Gradescope, EvenAnInstructorsExportHoldsNoSecret) {
  const std::string text = text_of(ExportFormat::gradescope, {.audience = Audience::instructor});
  for (const std::string& secret : kSecrets) EXPECT_FALSE(contains(text, secret)) << secret;
}

TEST(Gradescope, HiddenTestsHaveAVisibilityOfTheirOwn) {
  for (const std::string& visibility : gradescope_visibilities()) {
    const Json wrong = results_by_student(
        {.module = "01_tensor", .visibility = "after_due_date", .hidden_visibility = visibility})["s02"];
    EXPECT_EQ(wrong["visibility"], "after_due_date");
    EXPECT_EQ(wrong["stdout_visibility"], "hidden");
    int hidden = 0;
    for (const Json& test : wrong["tests"]) {
      const bool of_hidden = test["tags"].back() == "hidden";
      hidden += of_hidden;
      EXPECT_EQ(test["visibility"], of_hidden ? visibility : "after_due_date") << test;
      EXPECT_EQ(contains(test.dump(), "reduce.empty_axis"), of_hidden && test["number"] == "1.6") << test;
    }
    EXPECT_EQ(hidden, 4) << "one an exercise, whether or not one failed";
  }
}

TEST(Gradescope, OurFaultHasNoScoreAndWrongKernelsNoRank) {
  const auto results = results_by_student({.module = "01_tensor"});
  const Json copy =
      *std::ranges::find(results.at("s04")["tests"], "copy", [](const Json& test) { return test["name"]; });
  EXPECT_FALSE(copy.contains("score") || copy.contains("status"));
  EXPECT_TRUE(contains(results.at("s04")["output"], "not final"));
  EXPECT_FALSE(results.at("s04").contains("leaderboard"));
  EXPECT_EQ(results.at("s01")["leaderboard"], Json::parse(R"([{"name": "matmul", "value": 1.02, "order": "desc"}])"));
  EXPECT_FALSE(results_by_student({.leaderboard = false}).at("s01").contains("leaderboard"));
  // Two cases of one exercise: their geometric mean.
  const Json both = results_by_student().at("s01")["leaderboard"];
  ASSERT_EQ(both.size(), 2u);
  EXPECT_NEAR(both[1]["value"].get<double>(), std::sqrt(0.31 * 0.62), 1e-6);
}

TEST(Gradescope, PartialPointsOfAJudgesFaultStayInTheSum) {
  Grades grades = export_class();
  ModuleGrade& grade = grades.students[3].modules[0];
  grade.counted->result.exercises[1].points = 1.5;
  grade.points += 1.5;
  const Json results =
      Json::parse(export_grades(ExportFormat::gradescope, grades, {}, {.student = "s04"}).files.at(0).text);
  EXPECT_EQ(results["score"], grade.points);
}

TEST(Gradescope, EveryStudentHasAFolderThatIsAName) {
  const Exported exported = export_grades(ExportFormat::gradescope, export_class(), {}, {});
  std::set<std::string> paths;
  for (const ExportFile& file : exported.files) {
    EXPECT_TRUE(paths.insert(file.path).second) << file.path;
    EXPECT_TRUE(file.path.ends_with("/results.json"));
    EXPECT_EQ(file.path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"),
              std::string::npos);
    EXPECT_EQ(std::ranges::count(file.path, '/'), 1);
  }
  EXPECT_EQ(exported.files.size(), export_class().students.size() - 1);
  EXPECT_EQ(export_grades(ExportFormat::gradescope, export_class(), {}, {.student = "s01"}).files.at(0).path, "");
}

// ---- canvas

TEST(Canvas, ItsOwnExportAsRosterComesBackWithTheGrades) {
  const Exported exported = export_grades(ExportFormat::canvas, export_class(), canvas_roster(), {});
  const Table table = read_table(exported.files.at(0).text);
  EXPECT_EQ(table.at(0), (std::vector<std::string>{"Student", "ID", "SIS User ID", "SIS Login ID", "Section",
                                                   "Tensors (4711)", "02_activations"}));
  EXPECT_EQ(table.at(1), (std::vector<std::string>{"    Points Possible", "", "", "", "", "28", "20"}));
  EXPECT_EQ(table.at(2),
            (std::vector<std::string>{"Lovelace, Ada", "17", "u17", "s01", "Kiln 101, spring", "28", "17.1"}));
  EXPECT_EQ(table.at(3).back(), "15");
  EXPECT_EQ(table.at(4).at(5), "") << "nothing handed in is no zero";
  EXPECT_EQ(table.at(5).at(5), "") << "the judge's fault is no zero";
  EXPECT_TRUE(contains(exported.notes.at(0), "s04")) << "and is told";
}

TEST(Canvas, OptionsNameAssignmentsAndCountMissingAsZero) {
  const ExportOptions options{.missing_as_zero = true, .assignments = {{"01_tensor", "Homework 1 (99)"}}};
  const Table table = read_table(text_of(ExportFormat::canvas, options, canvas_roster()));
  EXPECT_EQ(table.at(0).at(5), "Homework 1 (99)");
  EXPECT_EQ(table.at(4).at(5), "0");
  EXPECT_EQ(table.at(5).at(5), "") << "the judge's fault is still no zero";
}

TEST(Canvas, WhoIsNotOnTheRosterIsLeftOutAndTold) {
  const Exported exported = export_grades(ExportFormat::canvas, export_class(), {}, {});
  EXPECT_EQ(read_table(exported.files.at(0).text).size(), 2 + export_class().students.size() - 1);
  EXPECT_FALSE(contains(exported.files.at(0).text, "guest"));
  EXPECT_TRUE(
      std::ranges::any_of(exported.notes, [](const std::string& note) { return contains(note, "guest is left out"); }));
  // An id that had to be changed finds nobody.
  EXPECT_TRUE(std::ranges::any_of(exported.notes, [](const std::string& note) { return contains(note, kFormula); }));
}

TEST(Canvas, OfAPlainRosterTheIdIsTheLogin) {
  const Table table = read_table(text_of(ExportFormat::canvas));
  EXPECT_EQ(table.at(2), (std::vector<std::string>{"Ada Lovelace", "", "", "s01", "red", "28", "17.1"}));
}

// ---- csv

TEST(Csv, PointsAddUpToEachStudents) {
  for (const std::string module : {"", "01_tensor", "02_activations"}) {
    const Grades grades = chosen(export_class(), {.module = module});
    const Table table = read_table(text_of(ExportFormat::csv, {.module = module}));
    const auto ids = column(table, "student"), points = column(table, "points"), max = column(table, "max");
    for (const StudentGrade& student : grades.students) {
      double sum = 0, most = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] != safe_text(student.id)) continue;
        sum += number_of(points[i]);
        most += number_of(max[i]);
      }
      EXPECT_NEAR(sum, student.points, 1e-5) << student.id;
      EXPECT_NEAR(most, student.max, 1e-5) << student.id;
    }
    for (const auto& line : table) EXPECT_EQ(line.size(), table[0].size());
  }
}

TEST(Csv, WideHasOneLineAStudentAndNoZeroWhereNothingIsKnown) {
  const Table table = read_table(text_of(ExportFormat::csv, {.wide = true}));
  EXPECT_EQ(table.size(), 1 + export_class().students.size());
  for (const auto& line : table) EXPECT_EQ(line.size(), table[0].size());
  EXPECT_EQ(column(table, "01_tensor/reduce").at(1), "6.5") << "the newest override";
  EXPECT_EQ(column(table, "01_tensor penalty").at(1), "2.8");
  EXPECT_EQ(column(table, "02_activations set by hand").at(1), "15");
  EXPECT_EQ(column(table, "01_tensor").at(2), "") << "nothing handed in";
  EXPECT_EQ(column(table, "01_tensor").at(3), "") << "the judge failed";
  EXPECT_EQ(column(table, "01_tensor/copy").at(3), "");
}

// ---- junit

TEST(Junit, CountsAgreeWithTheCases) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(text_of(ExportFormat::junit).c_str()));
  std::map<std::string, int> all, counted;
  for (const pugi::xml_node suite : document.child("testsuites").children("testsuite")) {
    std::map<std::string, int> found;
    for (const pugi::xml_node test : suite.children("testcase")) {
      ++found["tests"];
      found["failures"] += test.child("failure") ? 1 : 0;
      found["errors"] += test.child("error") ? 1 : 0;
      found["skipped"] += test.child("skipped") ? 1 : 0;
    }
    for (const auto& [name, count] : found) {
      EXPECT_EQ(suite.attribute(name.c_str()).as_int(-1), count) << suite.attribute("name").value() << " " << name;
      all[name] += count;
    }
  }
  for (const char* name : {"tests", "failures", "errors"})
    EXPECT_EQ(document.child("testsuites").attribute(name).as_int(-1), all[name]) << name;
  EXPECT_EQ(all["errors"], 2) << "one exercise and one pending submission, our fault";
}

TEST(Junit, VerdictsAreFailuresErrorsOrSkipped) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(text_of(ExportFormat::junit, {.module = "01_tensor", .student = "s04"}).c_str()));
  const auto of = [&](const char* exercise, const char* kind) {
    return document.child("testsuites")
        .child("testsuite")
        .find_child_by_attribute("testcase", "name", exercise)
        .child(kind);
  };
  EXPECT_FALSE(of("fill", "failure") || of("fill", "error") || of("fill", "skipped"));
  EXPECT_STREQ(of("copy", "error").attribute("type").value(), "judge_error");
  EXPECT_STREQ(of("reduce", "skipped").attribute("type").value(), "not_attempted");
  EXPECT_STREQ(of("matmul", "failure").attribute("type").value(), "crash");
}

TEST(Junit, NoCharacterThatXmlForbids) {
  Grades grades = export_class();
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  every += "\xef\xbf\xbe\xef\xbf\xbf\xf0\x9f\xbf\xbe";
  grades.students[0].id = grades.students[0].name = every;
  grades.students[0].modules[0].counted->result.exercises[0] =
      testing::with(testing::passed("fill", 4, 9), Verdict::fail, 0, 1, every);
  const std::string text = export_grades(ExportFormat::junit, grades, {}, {}).files.at(0).text;
  EXPECT_EQ(clean_text(text), text);
  EXPECT_TRUE(pugi::xml_document().load_string(text.c_str()));
}

// ---- json

TEST(GradesJson, ReadsBackWhole) {
  Grades grades = export_class();
  // What is not UTF-8 cannot come back.
  std::erase_if(grades.students, [](const StudentGrade& student) {
    return clean_text(student.id) != student.id && student.id[0] == '\xff';
  });
  const std::string text = export_json(grades).files.at(0).text;
  const auto read = read_grades(text);
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(export_json(*read).files.at(0).text, text);
  EXPECT_EQ(read->students.at(1).modules[0].overrides.at(1).student, "s02");
  EXPECT_EQ(read->students.at(1).modules[0].counted->handed_in, grades.students[1].modules[0].counted->handed_in);
  EXPECT_EQ(read->students.at(0).modules[1].counted->result.exercises.at(1).speed.at(0).samples.size(), 24u);
}

TEST(GradesJson, WhatIsNoExportIsSaidWithItsPlace) {
  const std::string good = text_of(ExportFormat::json);
  const auto problem = [](std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    const auto read = read_grades(text.replace(at, from.size(), to));
    return read.has_value() ? std::string() : read.error();
  };
  EXPECT_TRUE(contains(problem(good, "\"version\": 1", "\"version\": 2"), "version 1"));
  EXPECT_TRUE(contains(problem(good, "\"attempts\":1", "\"attempts\":\"x\""), "/students/0/modules/0/attempts"));
  EXPECT_TRUE(contains(problem(good, "\"handed_in\":\"2026", "\"handed_in\":\"x"), "expected a moment"));
  EXPECT_TRUE(contains(problem(good, "\"verdict\":\"pass\"", "\"verdict\":\"pas\""), "pas"));
  EXPECT_FALSE(read_grades("").has_value());
  EXPECT_FALSE(read_grades("[]").has_value());
}

// ---- golden files

/// What lies in golden_exports: every format over the whole class.
std::map<std::string, std::string> golden_texts() {
  const Grades grades = export_class();
  std::map<std::string, std::string> texts;
  const auto add = [&](const std::string& name, ExportFormat format, const ExportOptions& options) {
    texts[name] = export_grades(format, grades, canvas_roster(), options).files.at(0).text;
  };
  add("grades.json", ExportFormat::json, {});
  add("grades.csv", ExportFormat::csv, {});
  add("wide.csv", ExportFormat::csv, {.wide = true});
  add("canvas.csv", ExportFormat::canvas, {});
  add("junit.xml", ExportFormat::junit, {.audience = Audience::student});
  for (const std::string id : {"s01", "s02", "s04"})
    add("gradescope/" + id + "/results.json", ExportFormat::gradescope, {.student = id});
  add("gradescope/hostile/results.json", ExportFormat::gradescope, {.student = testing::hostile_names().at(13)});
  return texts;
}

TEST(Golden, EveryFormatIsByteForByteWhatItWas) {
  const std::filesystem::path folder = std::filesystem::path(KILN_SOURCE_ROOT) / "grader/tests/golden_exports";
  const auto texts = golden_texts();
  if (std::getenv("KILN_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::remove_all(folder);
    for (const auto& [name, text] : texts) {
      std::filesystem::create_directories((folder / name).parent_path());
      std::ofstream(folder / name, std::ios::binary) << text;
    }
  }
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) there.insert(entry.path().lexically_relative(folder).string());
  for (const auto& [name, text] : texts) {
    EXPECT_EQ(there.erase(name), 1u) << name << " is missing";
    std::ifstream file(folder / name, std::ios::binary);
    std::ostringstream golden;
    golden << file.rdbuf();
    EXPECT_TRUE(golden.str() == text) << name << " differs; where that is meant, this file's head says how to renew it";
  }
  for (const std::string& name : there) ADD_FAILURE() << name << " is nobody's";
}

}  // namespace
}  // namespace kiln::grader
