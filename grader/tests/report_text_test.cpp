// Text for terminals: escaping, widths, wrapping, the colour policy, the shared words.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <utility>

#include "grader/report/terminal.hpp"
#include "grader/report/text.hpp"
#include "grader/report/words.hpp"
#include "grader/tests/sample_class.hpp"

namespace kiln::grader {
namespace {

const Terminal kPipe{.unicode = true};
const Terminal kColour{.tty = true, .live = true, .colour = true, .unicode = true, .width = 120};

TEST(Text, SpellsOutWhatDrivesATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(printable(std::string_view("a\0b\x7f", 4)), "a\\x00b\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u{9b}31m")
      << "the one-byte CSI of C1";
  EXPECT_EQ(printable("gpj.\xe2\x80\xae"
                      "exe"),
            "gpj.\\u{202e}exe");
  EXPECT_EQ(printable("a\xe2\x80\x8b"
                      "b"),
            "a\\u{200b}b")
      << "zero width";
  EXPECT_EQ(printable("a\xe2\x80\xa8"
                      "b"),
            "a\\u{2028}b")
      << "line separator";
}

TEST(Text, SpellsOutBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xc0\x9b"), "\\xc0\\x9b") << "overlong escape";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("caf\xc3"), "caf\\xc3") << "cut off";
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80") << "beyond Unicode";
}

TEST(Text, KeepsWhatIsPlainlyVisible) {
  EXPECT_EQ(printable("Zoë 東京 ✓ \\ \""), "Zoë 東京 ✓ \\ \"");
  EXPECT_EQ(printable("a\n\tb", {.keep_lines = true}), "a\n    b");
  EXPECT_EQ(printable("Zoë", {.ascii = true}), "Zo\\u{eb}");
  EXPECT_EQ(printable(""), "");
}

TEST(Text, WidthsCountColumns) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("Zoë"), 3);
  EXPECT_EQ(display_width("e\xcc\x81"), 1) << "a combining accent takes no column";
  EXPECT_EQ(display_width("東京"), 4);
  EXPECT_EQ(pad("東京", 6), "東京  ");
  EXPECT_EQ(pad("7.5", 5, Align::right), "  7.5");
  EXPECT_EQ(pad("abc", 2), "abc");
}

TEST(Text, FitsWithoutCuttingACharacter) {
  EXPECT_EQ(fit("abcdef", 6), "abcdef");
  EXPECT_EQ(fit("abcdef", 5), "abcd…");
  EXPECT_EQ(fit("abcdef", 5, true), "abcd~");
  EXPECT_EQ(fit("東京都", 4), "東…") << "half a wide character does not fit";
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Text, WrapsAtSpacesAndKeepsIndentation) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap("the quick fox", 9), (Lines{"the quick", "fox"}));
  EXPECT_EQ(wrap("a\n\nb", 9), (Lines{"a", "", "b"}));
  EXPECT_EQ(wrap("  indented words go on", 12), (Lines{"  indented", "  words go", "  on"}));
  EXPECT_EQ(wrap("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
  EXPECT_EQ(wrap("東京都", 1), (Lines{"東", "京", "都"})) << "a character wider than the room still moves on";
  EXPECT_EQ(wrap("", 5), (Lines{""}));
}

TEST(Text, ClipSaysWhatIsLeftOut) {
  EXPECT_EQ(clip("a\nb", 2, 100), "a\nb");
  EXPECT_EQ(clip("a\nb\nc\nd", 2, 100), "a\nb\n[2 more lines, 3 bytes, left out]");
  EXPECT_EQ(clip("ééé", 9, 3), "é\n[1 more line, 4 bytes, left out]");
}

Environment person() { return {.tty = true, .window_columns = 100, .term = "xterm", .locale = "en_US.UTF-8"}; }

TEST(TerminalPolicy, ColoursForAPersonAndNotForAPipe) {
  EXPECT_TRUE(terminal_for(person()).colour);
  Environment pipe = person();
  pipe.tty = false;
  EXPECT_FALSE(terminal_for(pipe).colour);
  EXPECT_FALSE(terminal_for(pipe).live);
  EXPECT_EQ(terminal_for(pipe).width, 0) << "a pipe gets whole lines";
}

TEST(TerminalPolicy, NoColorWinsOverForceAndForceOverPipe) {
  Environment environment = person();
  environment.no_color = "1";
  EXPECT_FALSE(terminal_for(environment).colour);
  EXPECT_TRUE(terminal_for(environment).live) << "NO_COLOR is about colour alone";
  environment.clicolor_force = "1";
  EXPECT_FALSE(terminal_for(environment).colour);
  environment.no_color = "";
  environment.tty = false;
  EXPECT_TRUE(terminal_for(environment).colour);
  environment.clicolor_force = "0";
  EXPECT_FALSE(terminal_for(environment).colour);
}

TEST(TerminalPolicy, DumbTerminalsGetPlainLines) {
  for (const char* term : {"dumb", ""}) {
    Environment environment = person();
    environment.term = term;
    EXPECT_FALSE(terminal_for(environment).colour);
    EXPECT_FALSE(terminal_for(environment).live);
  }
}

TEST(TerminalPolicy, WidthFromWindowThenColumnsThenEighty) {
  Environment environment = person();
  EXPECT_EQ(terminal_for(environment).width, 100);
  environment.window_columns = 0;
  environment.columns = "132";
  EXPECT_EQ(terminal_for(environment).width, 132);
  for (const char* bad : {"", "wide", "12x", "-5"}) {
    environment.columns = bad;
    EXPECT_EQ(terminal_for(environment).width, 80) << bad;
  }
  environment.window_columns = 3;
  EXPECT_EQ(terminal_for(environment).width, 40);
}

TEST(TerminalPolicy, UnicodeByLocale) {
  Environment environment = person();
  for (const auto& [locale, unicode] : {std::pair{"C.utf8", true}, {"de_DE.UTF-8", true}, {"C", false}, {"", false}}) {
    environment.locale = locale;
    EXPECT_EQ(terminal_for(environment).unicode, unicode) << locale;
  }
}

TEST(TerminalPaint, PaintsOnlyWithColour) {
  EXPECT_EQ(kPipe.paint(Style::bad, "x"), "x");
  EXPECT_EQ(kColour.paint(Style::bad, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(kColour.paint(Style::plain, "x"), "x");
}

TEST(Words, EveryVerdictHasAMarkOfItsOwnOneColumnWide) {
  for (const bool unicode : {false, true}) {
    std::set<std::string> marks;
    for (const Verdict verdict : kVerdictsBySeriousness) {
      const std::string mark(mark_of(verdict, unicode));
      EXPECT_EQ(display_width(mark), 1) << mark;
      EXPECT_TRUE(marks.insert(mark).second) << mark << " is used twice";
      EXPECT_EQ(unicode || printable(mark, {.ascii = true}) == mark, true) << mark;
      EXPECT_FALSE(meaning_of(verdict).empty());
      EXPECT_EQ(next_steps({.id = "x", .verdict = verdict}).empty(), verdict == Verdict::pass);
    }
  }
}

TEST(Words, RatiosAndSecondsKeepTwoFigures) {
  EXPECT_EQ(format_ratio(0.314), "0.31x");
  EXPECT_EQ(format_ratio(1), "1.00x");
  EXPECT_EQ(format_ratio(0.0123), "0.012x");
  EXPECT_EQ(format_ratio(12.34), "12.3x");
  EXPECT_EQ(format_ratio(1234), "1234x");
  EXPECT_EQ(format_ratio(std::nan("")), "?");
  EXPECT_EQ(format_seconds(0.00155), "1.55 ms");
  EXPECT_EQ(format_seconds(3.5e-5), "35 us");
}

TEST(Words, SpeedSentenceNamesStepReachedAndNext) {
  SpeedResult speed = testing::measured("n", 0.5, 1.5);
  EXPECT_EQ(speed_sentence(speed),
            "0.50x the reference's speed (95 % interval 0.48x to 0.53x), 1.5 of 4 points. Reached the step at 0.30x. "
            "The next step is 0.80x for 4 points.");
  speed.settled = false;
  EXPECT_NE(speed_sentence(speed).find("the higher step was given"), std::string::npos);
  speed.measured = false;
  speed.note = "the reference drifted";
  EXPECT_EQ(speed_sentence(speed), "not measured: the reference drifted; measure again on an idle machine");
}

}  // namespace
}  // namespace kiln::grader
