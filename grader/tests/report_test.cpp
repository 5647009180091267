// Report files: pages that are well formed whatever students write, what each audience sees, and safe names.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "grader/report/class_report.hpp"
#include "grader/report/files.hpp"
#include "grader/report/html.hpp"
#include "grader/report/submission_report.hpp"
#include "grader/tests/sample_class.hpp"

namespace kiln::grader {
namespace {

namespace fs = std::filesystem;
using testing::kHostile;
using testing::sample_class;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Every opened element is closed in order, and no '<' stands for itself. Returns what is wrong, "" where nothing is.
std::string unbalanced(const std::string& html) {
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "an element without end";
    const std::string tag = html.substr(at + 1, end - at - 1);
    if (tag.starts_with('!') || tag.starts_with("meta") || tag.ends_with('/')) continue;
    const std::string name = tag.substr(tag.starts_with('/'), tag.find_first_of(" \n") - tag.starts_with('/'));
    if (!tag.starts_with('/')) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : "<" + open.back() + ">");
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

/// The values of all attributes with this name.
std::vector<std::string> attributes(const std::string& html, const std::string& name) {
  std::vector<std::string> values;
  const std::string key = " " + name + "=\"";
  for (std::size_t at = html.find(key); at != std::string::npos; at = html.find(key, at + 1)) {
    const std::size_t from = at + key.size();
    values.push_back(html.substr(from, html.find('"', from) - from));
  }
  return values;
}

TEST(Html, EscapesForContentAndAttributes) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape_html("a\x1b\n\xff"), "a\\x1b\n\\xff");
}

TEST(Html, TheCheckerItselfFindsWhatIsWrong) {
  EXPECT_EQ(unbalanced("<p><b>x</b></p>"), "");
  EXPECT_NE(unbalanced("<p><b>x</p></b>"), "");
  EXPECT_NE(unbalanced("<p>x"), "");
  EXPECT_NE(unbalanced("<p>a < b</p>"), "");
}

TEST(Html, EveryPageIsBalancedAndSelfContained) {
  for (const SubmissionResult& submission : sample_class()) {
    for (const Audience audience : {Audience::instructor, Audience::student}) {
      const std::string html = html_report(submission, audience);
      EXPECT_EQ(unbalanced(html), "") << submission.submission;
      EXPECT_FALSE(contains(html, "<script")) << submission.submission;
      EXPECT_FALSE(contains(html, "http://") || contains(html, "https://") || contains(html, "url("));
      EXPECT_TRUE(contains(html, "default-src 'none'"));
      for (const char* from_elsewhere : {"src", "onload", "onclick"})
        EXPECT_TRUE(attributes(html, from_elsewhere).empty()) << from_elsewhere;
    }
  }
}

TEST(Html, LinksWithinThePageLeadSomewhereAndIdsAreUnique) {
  const std::string html = html_report(sample_class()[2], Audience::instructor);
  std::set<std::string> ids;
  for (const std::string& id : attributes(html, "id")) EXPECT_TRUE(ids.insert(id).second) << id;
  const auto links = attributes(html, "href");
  EXPECT_EQ(links.size(), 4u);
  for (const std::string& link : links) EXPECT_TRUE(ids.contains(link.substr(1))) << link;
}

TEST(Html, InstructorsSeeAllAndStudentsNamesOnly) {
  const SubmissionResult wrong = sample_class()[2];
  for (const bool html : {true, false}) {
    const auto report = [&](Audience audience) {
      return html ? html_report(wrong, audience) : markdown_report(wrong, audience);
    };
    const std::string instructor = report(Audience::instructor), student = report(Audience::student);
    EXPECT_TRUE(contains(instructor, "secret shape"));
    EXPECT_TRUE(contains(instructor, "0x5eedc0ffee"));
    EXPECT_FALSE(contains(student, "secret shape"));
    EXPECT_FALSE(contains(student, "0x5eedc0ffee"));
    EXPECT_TRUE(contains(student, "reduce.empty_axis"));
    EXPECT_TRUE(contains(student, "expected nan, got 4.25"));
    EXPECT_TRUE(contains(student, "kiln hint reduce"));
  }
}

TEST(Html, FindingsAreToldToBothAndHiddenValuesToTheInstructorAlone) {
  SubmissionResult result = sample_class()[0];
  ExerciseResult& fill = result.modules[0].exercises[0];
  fill.sanitizers = "address, undefined";
  fill.findings = {{"address", "heap-buffer-overflow: READ of size 4", "fill.cpp", 12, "peek", "the <report>\n"},
                   {"undefined", "shift exponent 77 is too large", "fill.cpp", 14, "", "secret report\n", true}};
  for (const bool html : {true, false}) {
    const auto report = [&](Audience audience) {
      return html ? html_report(result, audience) : markdown_report(result, audience);
    };
    const std::string instructor = report(Audience::instructor), student = report(Audience::student);
    for (const std::string& text : {instructor, student}) {
      EXPECT_TRUE(contains(text, "fill.cpp:12 in peek: heap-buffer-overflow: READ of size 4 (address sanitizer)"));
      EXPECT_TRUE(contains(text, html ? "the &lt;report&gt;" : "the <report>"));
      EXPECT_TRUE(contains(text, "Sanitizers (address, undefined): 2 findings"));
    }
    EXPECT_TRUE(contains(instructor, "shift exponent 77"));
    EXPECT_TRUE(contains(instructor, "secret report"));
    EXPECT_FALSE(contains(student, "77 is too large"));
    EXPECT_TRUE(contains(student, "fill.cpp:14: shift exponent N is too large"));
    EXPECT_FALSE(contains(student, "secret report"));
  }
}

TEST(Html, OurOwnFaultIsNoZero) {
  const std::string html = html_report(sample_class()[7], Audience::student);
  EXPECT_TRUE(contains(html, "This score is not final."));
  EXPECT_TRUE(contains(html, "? / 6"));
  EXPECT_FALSE(contains(html, "the oracle of copy could not be loaded"));
}

TEST(Html, ReceiptAndNotesAreThere) {
  const std::string html = html_report(sample_class()[6], Audience::instructor);
  for (const char* part : {"g++ 12.2.0", "-march=x86-64-v3", "AMD EPYC 9R14", "bubblewrap", "Notes on the files"})
    EXPECT_TRUE(contains(html, part)) << part;
}

TEST(Chart, ShowsIntervalStepsAndReferenceWithAnAlternative) {
  const std::string svg = speed_chart(testing::measured("n", 0.5, 1.5));
  EXPECT_EQ(unbalanced(svg), "");
  EXPECT_TRUE(contains(svg, "role=\"img\" aria-label=\"0.50x the reference&#39;s speed"));
  EXPECT_TRUE(contains(svg, "step reached")) << "0.3x is reached";
  EXPECT_TRUE(contains(svg, "0.80x: 4 p"));
  EXPECT_TRUE(contains(svg, "reference 1x"));
  EXPECT_TRUE(contains(svg, "class=\"range\""));
}

TEST(Chart, StaysInsideItsFrame) {
  for (const double ratio : {0.001, 0.3, 1.0, 40.0}) {
    const std::string svg = speed_chart(testing::measured("n", ratio, 0));
    for (const char* name : {"x", "x1", "x2", "cx"})
      for (const std::string& value : attributes(svg, name)) {
        EXPECT_GE(std::stod(value), 0) << name << " at ratio " << ratio;
        EXPECT_LE(std::stod(value), 540) << name << " at ratio " << ratio;
      }
  }
}

TEST(Chart, LabelsOfCloseStepsTakeRowsOfTheirOwn) {
  SpeedResult speed = testing::measured("n", 0.5, 0);
  speed.steps = {{0.2, 1}, {0.86, 2}, {0.88, 3}, {0.9, 4}};
  const std::string svg = speed_chart(speed);
  const auto row = [&](const std::string& text) {
    const std::size_t y = svg.rfind("y=\"", svg.find(">" + text));
    return std::stod(svg.substr(y + 3));
  };
  EXPECT_EQ(row("0.20x"), row("0.86x"));
  EXPECT_LT(row("0.86x"), row("0.88x"));
  EXPECT_LT(row("0.88x"), row("0.90x"));
  const std::string frame = attributes(svg, "viewBox").at(0);
  EXPECT_LT(row("0.90x"), std::stod(frame.substr(frame.rfind(' '))));
}

TEST(Chart, IsEmptyWhereNothingWasMeasured) {
  SpeedResult speed = testing::measured("n", 0.5, 1.5);
  speed.measured = false;
  EXPECT_EQ(speed_chart(speed), "");
  speed = testing::measured("n", std::nan(""), 0);
  EXPECT_EQ(speed_chart(speed), "");
}

TEST(Markdown, StrangersCanNeitherOpenHtmlNorCloseTheirFence) {
  SubmissionResult result = sample_class()[6];
  result.modules[0].exercises[0].detail = "before\n````\n<img src=x>\n# heading";
  const std::string text = markdown_report(result, Audience::instructor);
  EXPECT_TRUE(contains(text, "\n`````text\nbefore\n````\n")) << "a longer fence around a fence";
  EXPECT_TRUE(contains(text, "\\<script\\>")) << "escaped where it stands in running text";
  EXPECT_FALSE(contains(text.substr(0, text.find('\n')), "[x]("));
  for (const unsigned char c : text) ASSERT_TRUE(c >= 0x20 || c == '\n') << "control byte " << int(c);
}

TEST(Markdown, ReadsWellAsPlainText) {
  const std::string text = markdown_report(sample_class()[2], Audience::student);
  EXPECT_TRUE(contains(text, "\n## 01_tensor\n"));
  EXPECT_TRUE(contains(text, "| reduce | fail | 3 / 8 | 10 of 12 |  |\n"));
  EXPECT_TRUE(contains(text, "- failed reduce.max_keeps_nan\n"));
  EXPECT_TRUE(contains(text, "- compiler: g++ 12.2.0\n"));
  SubmissionResult result = sample_class()[2];
  result.notes = {"# _emphasis_ __init__"};
  EXPECT_TRUE(contains(markdown_report(result, Audience::student), "- \\# \\_emphasis\\_ \\_\\_init\\_\\_\n"));
}

TEST(Index, ListsEachOnceAndLinksToBothCopies) {
  const auto all = sample_class();
  std::vector<std::string> names;
  for (const auto& submission : all) names.push_back(submission.submission);
  const auto files = distinct_file_names(names);
  const std::string html = html_index(all, files);
  EXPECT_EQ(unbalanced(html), "");
  const auto links = attributes(html, "href");
  EXPECT_EQ(links.size(), 3 * all.size());
  EXPECT_EQ(links[0], "instructor/s01-full.html");
  EXPECT_EQ(links[1], "student/s01-full.html");
  EXPECT_TRUE(contains(html, "the archive is damaged"));
  EXPECT_TRUE(contains(html, "median score 22.5"));
  EXPECT_EQ(unbalanced(html_index({}, {})), "");
  EXPECT_EQ(unbalanced(html_index(std::vector{all[8]}, std::vector{files[8]})), "") << "no column at all";
}

TEST(FileNames, KeepSafeOnesAndTellChangedOnesApart) {
  EXPECT_EQ(safe_file_name("s01-full.zip"), "s01-full.zip");
  for (const std::string& name :
       {std::string(), std::string(".."), std::string("."), std::string("../../etc/passwd"), std::string("-rf"),
        std::string("a/b"), std::string(300, 'a'), kHostile, std::string("a\0b", 3)}) {
    const std::string safe = safe_file_name(name);
    EXPECT_FALSE(safe.empty());
    EXPECT_LE(safe.size(), 80u);
    EXPECT_NE(safe[0], '.');
    EXPECT_NE(safe[0], '-') << safe;
    EXPECT_EQ(safe.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
              std::string::npos)
        << safe;
  }
  EXPECT_NE(safe_file_name("a/b"), safe_file_name("a:b"));
  EXPECT_NE(safe_file_name(std::string(90, 'x') + "1"), safe_file_name(std::string(90, 'x') + "2"));
}

TEST(FileNames, AreDistinctAlsoWhereCaseIsIgnored) {
  const std::vector<std::string> names{"s", "s", "S", "index", "s-2"};
  EXPECT_EQ(distinct_file_names(names), (std::vector<std::string>{"s", "s-2", "S-3", "index-2", "s-2-2"}));
}

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "kiln-report-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  fs::path folder_;
};

TEST_F(Files, AClassIsWrittenWholeAndEveryLinkLeadsToAFile) {
  const auto all = sample_class();
  const WrittenReports written = write_reports(folder_, all);
  EXPECT_TRUE(written.problems.empty());
  for (const std::string& link : attributes(read(written.index), "href"))
    EXPECT_TRUE(fs::is_regular_file(folder_ / link)) << link;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "student")) {
    EXPECT_FALSE(contains(read(entry.path()), "0x5eedc0ffee")) << entry.path();
    EXPECT_FALSE(contains(read(entry.path()), "secret shape")) << entry.path();
  }
}

TEST_F(Files, OneThatCannotBeWrittenDoesNotStopTheOthers) {
  const auto all = sample_class();
  fs::create_directories(folder_ / "instructor" / "s01-full.html" / "in the way");
  const WrittenReports written = write_reports(folder_, all);
  EXPECT_EQ(written.problems.size(), 1u);
  EXPECT_TRUE(fs::is_regular_file(folder_ / "student" / "s01-full.html"));
  EXPECT_TRUE(fs::is_regular_file(written.index));
}

}  // namespace
}  // namespace kiln::grader
