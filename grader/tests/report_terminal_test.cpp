// What a person watches: progress, tables, explanations; golden texts, and nothing of a stranger drives the terminal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <thread>

#include "grader/report/explain.hpp"
#include "grader/report/progress.hpp"
#include "grader/report/table.hpp"
#include "grader/report/text.hpp"
#include "grader/tests/sample_class.hpp"

namespace kiln::grader {
namespace {

using testing::kHostile;
using testing::sample_class;

const Terminal kPipe{.unicode = true};
const Terminal kColour{.tty = true, .live = true, .colour = true, .unicode = true, .width = 120};

/// Nothing that a terminal would act upon, but line breaks and, where `colour`, the painting of our own.
void expect_harmless(const std::string& text, bool colour = false) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (colour && c == 0x1b) {
      const std::size_t end = text.find_first_not_of("0123456789;", i + 2);
      ASSERT_TRUE(text[i + 1] == '[' && text[end] == 'm') << "an escape sequence that is no colour, at byte " << i;
      continue;
    }
    ASSERT_TRUE(c >= 0x20 || c == '\n') << "control byte " << int(c) << " at " << i << " of:\n" << text;
    ASSERT_NE(c, 0x7f);
  }
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << "right-to-left override";
  EXPECT_EQ(text.find('\xff'), std::string::npos) << "not UTF-8";
}

TEST(ProgressBar, IsSilentInAPipeUnlessAsked) {
  EXPECT_EQ(progress_mode(kPipe, false), ProgressMode::off);
  EXPECT_EQ(progress_mode(kPipe, true), ProgressMode::lines);
  EXPECT_EQ(progress_mode(kColour, false), ProgressMode::live);
  EXPECT_EQ(progress_mode({.tty = true}, false), ProgressMode::lines);
  std::ostringstream out;
  {
    Progress progress(out, kPipe, ProgressMode::off, 1);
    progress.start("a");
    progress.message("m");
    progress.finish("a", Verdict::pass);
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBar, WritesOneLineAnEvent) {
  std::ostringstream out;
  double now = 0;
  Progress progress(out, kPipe, ProgressMode::lines, 2, [&] { return now; });
  progress.start("s01");
  now = 65;
  progress.finish("s01", Verdict::slow, "31.5/40");
  progress.finish(kHostile, Verdict::pass);
  EXPECT_EQ(out.str().substr(0, 33), "[1/2] s01: slow 31.5/40 (1:05)\n[2");
  expect_harmless(out.str());
}

TEST(ProgressBar, RedrawsInPlaceAndClearsItsLine) {
  std::ostringstream out;
  double now = 0;
  Terminal terminal = kColour;
  terminal.colour = false;
  {
    Progress progress(out, terminal, ProgressMode::live, 4, [&] { return now; });
    progress.start("s01");
    progress.start("s02");
    now = 10;
    progress.finish("s01", Verdict::pass);
    const std::string last = out.str().substr(out.str().rfind('\r'));
    EXPECT_NE(last.find(" 1/4 done, 1 running, 2 left, 0:10 elapsed, about 0:30 to go  s02"), std::string::npos)
        << last;
    EXPECT_EQ(out.str().find('\n'), std::string::npos) << "a live bar never scrolls";
    progress.message("note");
    EXPECT_NE(out.str().find("\r\x1b[Knote\n\r\x1b[K"), std::string::npos) << "a message stands above the bar";
  }
  EXPECT_EQ(out.str().substr(out.str().size() - 4), "\r\x1b[K") << "the line is clean at the end";
}

TEST(ProgressBar, NeverReachesTheLastColumn) {
  std::ostringstream out;
  Terminal terminal = kColour;
  terminal.colour = false;
  terminal.width = 50;
  Progress progress(out, terminal, ProgressMode::live, 3, [] { return 0.0; });
  progress.start(std::string(200, 'x'));
  EXPECT_EQ(display_width(out.str().substr(out.str().rfind("\x1b[K") + 3)), 49);
}

TEST(ProgressBar, DrawsNothingAfterItIsClosed) {
  std::ostringstream out;
  Progress progress(out, kColour, ProgressMode::live, 1, [] { return 0.0; });
  progress.start("a");
  progress.close();
  const std::string before = out.str();
  progress.tick();
  progress.finish("a", Verdict::pass);
  EXPECT_EQ(out.str(), before);
}

TEST(ProgressBar, CountsEveryEventOfManyThreads) {
  std::ostringstream out;
  Progress progress(out, kPipe, ProgressMode::lines, 400, [] { return 0.0; });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&progress, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string name = std::to_string(t) + "." + std::to_string(i);
        progress.start(name);
        progress.finish(name, Verdict::pass);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 400);
  EXPECT_NE(text.find("[400/400]"), std::string::npos);
}

TEST(ProgressBar, DurationsReadAsAClock) {
  EXPECT_EQ(format_duration(7.9), "0:07");
  EXPECT_EQ(format_duration(3723), "1:02:03");
  EXPECT_EQ(format_duration(-1), "0:00");
  EXPECT_EQ(format_duration(std::nan("")), "0:00");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ClassTable, IsTheGoldenText) {
  const auto all = sample_class();
  const std::vector<SubmissionResult> three{all[0], all[1], all[3]};
  EXPECT_EQ(class_table(three, {}),
            "submission    score  verdict  fill  copy  reduce  matmul  speed\n"
            "---------------------------------------------------------------\n"
            "s01-full      28/28  pass     + 4   + 6   + 8     +  10   1.02x\n"
            "s02-slow    25.5/28  slow     + 4   + 6   + 8     ~ 7.5   0.31x\n"
            "s04-half      12/28  timeout  + 4   + 6   - 0     T   2\n"
            "\n"
            "3 submissions: + 1 pass, ~ 1 slow, T 1 timeout\n"
            "marks: - not attempted\n");
}

TEST(ClassTable, ColumnsStayAlignedBehindWideAndHostileNames) {
  const std::string text = class_table(sample_class(), kPipe);
  expect_harmless(text);
  const auto lines = lines_of(text);
  const auto columns_before = [](const std::string& line, const std::string& what) {
    return display_width(line.substr(0, line.find(what)));
  };
  const int verdict = columns_before(lines[0], "verdict");
  EXPECT_EQ(columns_before(lines[2], "pass"), verdict);
  EXPECT_EQ(columns_before(lines[7], "crash"), verdict) << "behind a name with wide characters";
  EXPECT_EQ(columns_before(lines[8], "violation"), verdict) << "behind a hostile name";
}

TEST(ClassTable, ListsWhatWasNotTakenInAndWhatIsOurFault) {
  const std::string text = class_table(sample_class(), kPipe);
  EXPECT_NE(text.find("not taken in\ns09-broken.zip: the archive is damaged"), std::string::npos) << text;
  EXPECT_NE(text.find("1 not fully judged because the grader itself failed"), std::string::npos);
  EXPECT_NE(text.find("? ?"), std::string::npos) << "points that our fault hides are no zero";
}

TEST(ClassTable, GivesWayToANarrowTerminal) {
  for (const int width : {110, 80, 60, 40}) {
    Terminal terminal = kColour;
    terminal.colour = false;
    terminal.width = width;
    for (const std::string& line : lines_of(class_table(sample_class(), terminal)))
      EXPECT_LE(display_width(line), width) << "width " << width << ": " << line;
  }
  Terminal eighty = kPipe;
  eighty.width = 80;
  const std::string text = class_table(sample_class(), eighty);
  EXPECT_NE(text.find("1 fill, 2 copy, 3 reduce, 4 matmul"), std::string::npos) << text;
}

TEST(ClassTable, SeveralModulesGetAColumnEach) {
  SubmissionResult both = sample_class()[1];
  both.modules.push_back({"02_activations", 0, 0, {testing::passed("relu", 5, 3)}});
  add_up(both);
  const std::string text = class_table(std::vector{both, sample_class()[0]}, {});
  EXPECT_EQ(lines_of(text)[0], "submission    score  verdict  01_tensor  02_activations");
  EXPECT_EQ(lines_of(text)[2], "s02-slow    30.5/33  slow     ~ 25.5     + 5");
  EXPECT_EQ(lines_of(text)[3], "s01-full      28/28  pass     +   28");
}

TEST(ClassTable, OfNobody) { EXPECT_NE(class_table({}, kPipe).find("0 submissions\n"), std::string::npos); }

TEST(ClassTable, PaintsOnlyColours) { expect_harmless(class_table(sample_class(), kColour), true); }

TEST(ModuleTable, IsTheGoldenText) {
  EXPECT_EQ(module_table(sample_class()[2].modules[0], {}),
            "   01_tensor  verdict  points  tests  speed\n"
            "------------------------------------------------------------\n"
            "+  fill       pass        4/4    9/9\n"
            "+  copy       pass        6/6  11/11\n"
            "x  reduce     fail        3/8  10/12\n"
            "+  matmul     pass      10/10  14/14  0.93x (0.89x to 0.98x)\n"
            "   total                23/28\n");
}

TEST(Explain, GivesTheFailedTestItsMessageAndTheNextStep) {
  const std::string text = explain(testing::failed_reduce(), kPipe);
  EXPECT_NE(text.find("reduce: fail, 3 of 8 points, 10 of 12 tests passed"), std::string::npos) << text;
  EXPECT_NE(text.find("      out[1]: expected nan, got 4.25\n"), std::string::npos) << "the message keeps its lines";
  EXPECT_NE(text.find("kiln check reduce "), std::string::npos);
  EXPECT_NE(text.find("kiln hint reduce "), std::string::npos);
}

TEST(Explain, NamesHiddenTestsAndNoMore) {
  const std::string text = explain(testing::failed_reduce(), kPipe);
  EXPECT_NE(text.find("reduce.empty_axis"), std::string::npos);
  EXPECT_EQ(text.find("secret shape"), std::string::npos);
  EXPECT_EQ(text.find("out_of_bounds"), std::string::npos);
}

TEST(Explain, NamesTheLineThatASanitizerFoundAlsoWhereAllPasses) {
  ExerciseResult fill = testing::passed("fill", 4, 9);
  fill.sanitizers = "address, undefined";
  fill.findings = {{"address", "heap-buffer-overflow: READ of size 4", "fill.cpp", 12, "peek", "peeks\x1b[2J\n"},
                   {"undefined", "shift exponent 77 is too large", "fill.cpp", 14, "", "secret report\n", true}};
  const std::string text = explain(ModuleResult{"01_tensor", 4, 4, {fill}}, kPipe);
  EXPECT_NE(text.find("fill.cpp:12 in peek: heap-buffer-overflow: READ of size 4 (address sanitizer)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("fill.cpp:14: shift exponent N is too large (undefined sanitizer, under a hidden test)"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("secret report"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Explain, NothingOfAStrangerDrivesTheTerminal) {
  for (const SubmissionResult& submission : sample_class())
    for (const ModuleResult& module : submission.modules) {
      expect_harmless(explain(module, kPipe));
      expect_harmless(explain(module, kColour), true);
    }
}

TEST(Explain, ManyFailuresAreCountedNotPrinted) {
  ExerciseResult exercise{.id = "x", .verdict = Verdict::fail, .max = 1, .failed = 50};
  for (int i = 0; i < 50; ++i) exercise.failures.push_back({"x." + std::to_string(i), "fail", "wrong", i < 10});
  const std::string text = explain(exercise, kPipe);
  EXPECT_NE(text.find("and 45 more failed tests"), std::string::npos) << text;
  EXPECT_NE(text.find("x.10\n"), std::string::npos) << "visible ones come first";
  EXPECT_EQ(text.find("x.0\n"), std::string::npos);
}

TEST(Explain, ACommandStaysOnItsLine) {
  const std::string command = "alone: kiln check x --test " + std::string(100, 'n') + " --seed 0x1 --case 0";
  ExerciseResult exercise{.id = "x", .verdict = Verdict::fail, .max = 1, .failed = 1};
  std::string words = "many";
  for (int i = 0; i < 40; ++i) words += " words";
  exercise.failures.push_back({"x.n", "fail", words + "\n" + command, false});
  const std::string text = explain(exercise, kPipe);
  EXPECT_NE(text.find("    " + command + "\n"), std::string::npos) << text;
  EXPECT_EQ(text.find(words), std::string::npos) << "all else is wrapped";
}

TEST(Explain, AFloodOfOutputIsClipped) {
  ExerciseResult exercise{.id = "x", .verdict = Verdict::compile_error, .max = 1, .detail = std::string(1 << 20, 'e')};
  EXPECT_LT(explain(exercise, kPipe).size(), 8000u);
}

TEST(Explain, FullMarksAreSaidSo) {
  EXPECT_NE(explain(sample_class()[0].modules[0], kPipe).find("Full marks"), std::string::npos);
}

}  // namespace
}  // namespace kiln::grader
